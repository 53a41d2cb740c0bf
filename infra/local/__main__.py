"""The commands behind the Makefile: set up, start, play the stories, stop, remove.

Hides: which of it belongs to which command, and what an interruption in the middle means.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from infra.local import console
from infra.local.console import Trouble, say, tell
from infra.local.stack import APPLICATION, Stack, Town

#: What ``flask jobbing play`` knows, which cannot be asked before it is installed.
STORIES = ("gutter", "garden", "backup", "all")

_ROOT = Path(__file__).resolve().parents[2]


class Interrupted(KeyboardInterrupt):
    """Somebody pressed Ctrl-C, closed the terminal, or asked us to end."""


def setup(stack: Stack, options: argparse.Namespace) -> int:
    """Install what is missing: system packages, and the Python packages in .venv."""
    with stack.alone():
        stack.set_up(browser=options.all)
        if options.all:
            stack.build_client()
            stack.sweep()
    return 0


def up(stack: Stack, options: argparse.Namespace) -> int:
    """Start everything in the background and return when it serves."""
    started = _start(stack, options)
    say()
    tell(f"Jobbing is {'up' if started else 'up already'} at {stack.url}")
    _show_the_way(stack, options)
    say("make down stops it.")
    return 0


def down(stack: Stack, options: argparse.Namespace) -> int:
    """Stop everything of this clone."""
    with stack.alone():
        say("Jobbing is down." if stack.stop() else "Nothing was running.")
    return 0


def run(stack: Stack, options: argparse.Namespace) -> int:
    """Start everything, play the stories, and serve until Ctrl-C."""
    started = _start(stack, options)
    try:
        played = _play(stack, options)
        say()
        if played:
            say("Not all was played to its end: what is said above tells why.")
        tell(f"Jobbing is serving at {stack.url}")
        _show_the_way(stack, options)
        say("Ctrl-C stops it." if started else "Ctrl-C ends this; make down stops Jobbing.")
        try:
            while stack.keeper.running():
                time.sleep(1)
        except Interrupted:
            say()
            return played
        say("Jobbing was stopped by another command.")
        return 1
    finally:
        _end(stack, started)


def demo(stack: Stack, options: argparse.Namespace) -> int:
    """Start everything and play the stories; 0 only when all of it happened."""
    started = _start(stack, options)
    try:
        played = _play(stack, options)
        say()
        if played:
            say("It did not go through: what is said above tells where it stopped.")
        else:
            say("All of it happened.")
        return played
    finally:
        _end(stack, started)


def clean(stack: Stack, options: argparse.Namespace) -> int:
    """Stop everything and remove what was made here: .local, .venv, the app's packages and its
    build, and the tools' caches."""
    with stack.alone():
        stack.clean()
    say(
        "Removed: servers and their data, .local, .venv, node_modules, the built app, caches. "
        "Packages of apt stay installed."
    )
    return 0


def status(stack: Stack, options: argparse.Namespace) -> int:
    """Tell what runs; 0 only when everything does."""
    states = stack.keeper.states() if stack.keeper.running() else {}
    if not states:
        tell("Jobbing is down.")
        return 1
    for name, (state, pid) in states.items():
        tell(f"{name:10} {state.lower():10} {f'process {pid}' if pid else ''}".rstrip())
    ready = stack.up()
    tell(f"\n{stack.url} {'is ready' if ready else 'is not ready'}")
    tell(f"Logs: {stack.local / 'log'}")
    return 0 if ready and all(states[name][0] == "RUNNING" for name in APPLICATION) else 1


def shell(stack: Stack, options: argparse.Namespace) -> int:
    """Open a shell in which Jobbing's own commands work, such as: flask jobbing --help."""
    if not stack.keeper.running():
        raise Trouble("Nothing is running: make up starts it.")
    program = os.environ.get("SHELL") or "/bin/sh"
    environment = stack.environment()
    environment["PATH"] = f"{_ROOT / '.venv' / 'bin'}:{environment.get('PATH', '/usr/bin:/bin')}"
    say("A shell with Jobbing's settings: flask jobbing --help shows its commands. exit leaves.")
    os.chdir(_ROOT)
    os.execvpe(program, [program], environment)  # noqa: S606 - the user's own shell.


def client(stack: Stack, options: argparse.Namespace) -> int:
    """Serve the app from its sources, each change at once, with what make up started behind it."""
    if not stack.keeper.running():
        raise Trouble("The app needs the server: make up starts it.")
    with stack.alone():
        stack.client.install(os.environ)
    environment = stack.client.environment(os.environ) | {"JOBBING_URL": str(stack.url)}
    command = stack.client.npm("run", "dev")
    os.chdir(_ROOT / "mobile_client")
    os.execvpe(command[0], command, environment)  # noqa: S606 - it takes the terminal over.


def _start(stack: Stack, options: argparse.Namespace) -> bool:
    with stack.alone():
        stack.set_up()
        return stack.start(_town(options), options.port)


def _end(stack: Stack, started: bool) -> None:
    """Stop what this command started, and only that."""
    if started:
        with stack.alone():
            stack.stop()
        say("Stopped.")
    else:
        say("Jobbing stays up, as it was before: make down stops it.")


def _play(stack: Stack, options: argparse.Namespace) -> int:
    """Play the stories before the reader's eyes; 0 only when all of it happened."""
    where = ("--base-url", str(stack.url), "--place", _town(options).place)
    process = subprocess.Popen(
        stack.flask("play", "--story", options.story, *where),
        stdin=subprocess.DEVNULL,
        env=stack.environment(),
        cwd=_ROOT,
    )
    return 1 if console.wait(process) else 0


def _show_the_way(stack: Stack, options: argparse.Namespace) -> None:
    town = _town(options)
    for where, what in (
        (str(stack.url), "the app, on your phone's size of screen"),
        (f"{stack.url}/docs", "what the API offers, to try in the browser"),
        (stack.phones_url, "what each phone received"),
        (str(stack.local / "mail"), "the mails that would have been sent"),
        ("make shell", "a shell in which Jobbing's own commands work"),
    ):
        tell(f"  {where:34}  {what}")
    signing_in = stack.sign_in(town)
    if signing_in:
        tell(f"\n{signing_in}\n")


def _town(options: argparse.Namespace) -> Town:
    return Town(place=options.place, providers=options.providers, seed=options.seed)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _story(text: str) -> str:
    if text not in STORIES:
        raise argparse.ArgumentTypeError(f"{text} is no story: say {', '.join(STORIES)}")
    return text


def _port(text: str) -> int:
    number = _count(text)
    if not 1 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: say one from 1 to 65535")
    return number


_VERBS: dict[str, Callable[[Stack, argparse.Namespace], int]] = {
    verb.__name__: verb for verb in (setup, up, down, run, demo, clean, status, shell, client)
}
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m infra.local", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    given = os.environ
    for name, verb in _VERBS.items():
        one = verbs.add_parser(name, help=verb.__doc__, description=verb.__doc__)
        if name == "setup":
            one.add_argument(
                "--all",
                action="store_true",
                help="also the app, and what only tests use: a browser, servers in the place of "
                "DATABASE_URL and REDIS_URL",
            )
        if name not in ("up", "run", "demo"):
            continue
        # make hands over what was written behind it, as in make run PLACE=Nantes, this way.
        place, port = given.get("PLACE") or "Lyon", given.get("PORT") or None
        providers, seed = given.get("PROVIDERS") or "2000", given.get("SEED") or "1"
        one.add_argument("--place", default=place, help="a real town (PLACE; Lyon)")
        one.add_argument("--providers", default=providers, type=_count, help="PROVIDERS; 2000")
        one.add_argument("--seed", default=seed, type=_count, help="of the dice (SEED; 1)")
        one.add_argument("--port", default=port, type=_port, help="of the web server (PORT)")
        if name != "up":
            story, told = given.get("STORY") or "all", "gutter, garden, backup (STORY; all)"
            one.add_argument("--story", default=story, type=_story, help=told)
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """Run one command; the exit code is 0, 1 for trouble, 2 for wrong usage, 130 interrupted."""
    options = _options(words)
    environ = {} if getattr(options, "all", False) else dict(os.environ)

    def interrupt(number: int, frame: object) -> None:
        # An impatient second Ctrl-C must not disturb the putting away that follows the first.
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(number)

    for number in _SIGNALS:
        signal.signal(number, interrupt)
    try:
        return _VERBS[options.verb](Stack(_ROOT, environ), options)
    except Trouble as trouble:
        say(f"\n{trouble}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted.")
        return 130
    except PermissionError as problem:
        say(
            f"\nNot allowed: {problem.filename}. If an earlier run was root's, "
            "sudo make clean removes what it left."
        )
        return 1
    except OSError as problem:
        say(f"\n{problem.strerror or problem}{f': {problem.filename}' if problem.filename else ''}")
        return 1
    except Exception as problem:
        # A stranger is owed words; the trace is for whoever reads the report.
        log = _ROOT / ".local" / "log" / "trouble.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(traceback.format_exc())
        say(f"\nSomething nobody thought of: {problem!r}. Please report it with {log}.")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
