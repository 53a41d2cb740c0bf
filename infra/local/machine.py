"""The system packages this needs: what is missing, and how it gets installed.

Hides: where PostgreSQL, PostGIS and Redis live on each system, how apt is asked without waking
services nobody wanted, and who may ask it. Run as a program by root (``python3 -m
infra.local.machine PACKAGE...``) it is the privileged half and does nothing but install.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from infra.local import console
from infra.local.console import Trouble

#: The oldest PostgreSQL we run on.
OLDEST_POSTGRESQL = 15

_POLICY = Path("/usr/sbin/policy-rc.d")
_NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/jobbing-set-up.conf")
_OURS = "Written by Jobbing's set-up, which removes it when apt is done."
_COMPOSE = "infra/compose.yaml runs everything in containers instead (docs/operations.md)."


def postgresql_programs(major: int | None = None) -> Path | None:
    """The directory with ``initdb`` and ``postgres`` of a PostgreSQL that has PostGIS.

    The newest one that is new enough, or exactly ``major``; None when there is none.
    """
    found: dict[int, Path] = {}
    places = [*Path("/usr/lib/postgresql").glob("*/bin")]
    for prefix in ("/opt/homebrew", "/usr/local"):
        places += Path(prefix, "opt").glob("postgresql@*/bin")
    on_path = shutil.which("initdb")
    if on_path:
        places.append(Path(on_path).resolve().parent)
    for place in places:
        version = _postgresql_version(place)
        if version is not None and version not in found and _has_postgis(place, version):
            found[version] = place
    if major is not None:
        return found.get(major)
    return found[max(found)] if found else None


def _postgresql_version(programs: Path) -> int | None:
    """The major version, when it is new enough and the server itself is there."""
    if not (programs / "initdb").exists() or not (programs / "postgres").exists():
        return None
    if programs.parent.name.isdigit():
        version = int(programs.parent.name)
    else:
        said = subprocess.run(
            [programs / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        number = re.search(r"(\d+)", said)
        version = int(number.group(1)) if number else 0
    return version if version >= OLDEST_POSTGRESQL else None


def _has_postgis(programs: Path, version: int) -> bool:
    shares = [Path(f"/usr/share/postgresql/{version}")]
    if not programs.is_relative_to("/usr/lib/postgresql"):
        asked = subprocess.run(
            [programs / "pg_config", "--sharedir"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
        shares = [Path(asked)] if asked else []
    return any((share / "extension" / "postgis.control").exists() for share in shares)


def redis_program() -> Path | None:
    """The Redis server, or None."""
    found = shutil.which("redis-server", path=os.environ.get("PATH", "") + ":/usr/bin")
    return Path(found) if found else None


def browser_program() -> Path | None:
    """A Chromium that tests may drive, or None."""
    for name in ("chromium", "google-chrome"):
        found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/bin")
        if found:
            return Path(found)
    return None


def install_missing(
    *, database: bool, queue: bool, virtualenv: bool, browser: bool, log: Path
) -> None:
    """Install what is missing of PostGIS, Redis, Python's venv and Chromium; nothing when all
    is there.

    Raises Trouble with what to do where we cannot install it ourselves.
    """
    wanted: dict[str, str] = {}
    if database and postgresql_programs() is None:
        wanted["PostgreSQL with PostGIS"] = "postgis"
    if queue and redis_program() is None:
        wanted["Redis"] = "redis-server"
    if virtualenv and importlib.util.find_spec("ensurepip") is None:
        # The package for exactly this interpreter; python3-venv is the one for the default.
        wanted["Python's venv"] = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if browser and browser_program() is None:
        if _packages_chromium():
            wanted["Chromium"] = "chromium"
        else:
            console.say(
                "  No Chromium or Google Chrome here: the tests that need a browser are left out."
            )
    if not wanted:
        return
    words = ", ".join(wanted)
    if platform.system() == "Darwin":
        raise Trouble(f"Missing: {words}. Run: brew install postgis redis python@3.12")
    if shutil.which("apt-get") is None:
        raise Trouble(
            f"Missing: {words}, and this system has no apt-get. Install PostgreSQL "
            f"{OLDEST_POSTGRESQL} or newer with PostGIS 3, Redis and Python's venv with its own "
            "package manager, or set DATABASE_URL and REDIS_URL to servers you have. "
            f"Or use Docker: {_COMPOSE}"
        )
    if "Python's venv" in wanted and Path(sys.base_prefix) != Path("/usr"):
        raise Trouble(
            f"{sys.executable} has no ensurepip, and it is not the system's own Python. "
            "Name another one, for example: make run PYTHON=/usr/bin/python3"
        )
    by_hand = "sudo apt-get install " + " ".join(wanted.values()).replace(
        "postgis", f"postgresql-{OLDEST_POSTGRESQL}-postgis-3"
    )
    console.execute(
        f"Installing with apt ({words})",
        [
            *_as_root(by_hand),
            sys.executable,
            "-B",
            "-m",
            "infra.local.machine",
            *wanted.values(),
        ],
        log=log,
        advice=f"Put that right, or install them yourself ({by_hand}), then try again.",
        directory=Path(__file__).parents[2],
    )
    if (database and postgresql_programs() is None) or (queue and redis_program() is None):
        raise Trouble(f"apt went through, yet {words} cannot be found. See {log}.")


def _packages_chromium() -> bool:
    """Whether this system's apt has Chromium itself: Ubuntu's would only call for a snap."""
    if shutil.which("apt-get") is None:
        return False
    return platform.freedesktop_os_release().get("ID") != "ubuntu"


def _as_root(by_hand: str) -> list[str]:
    """The words to put before a command that must run as root."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        raise Trouble(
            "Installing packages needs root, and there is no sudo here. As root, run:\n"
            f"    {by_hand.removeprefix('sudo ')}\nthen try again as yourself."
        )
    if subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode:
        if not sys.stdin.isatty():
            raise Trouble(
                "Installing packages needs root, and sudo would ask for a password that nobody "
                f"is here to type. Run:\n    {by_hand}\nthen try again."
            )
        console.say("  Installing needs root: sudo may ask for your password.")
        if subprocess.run([sudo, "-v"], check=False).returncode:
            raise Trouble(f"sudo refused. Ask somebody who may to run:\n    {by_hand}")
    return [sudo]


# From here on: the privileged half, in a process of its own.


def install(wanted: Sequence[str]) -> None:
    """Install packages as root. ``postgis`` stands for the distribution's PostGIS package."""
    # Another clone on this machine may be doing the same at the same time.
    with Path("/run/jobbing-set-up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _apt("update", must=False)
        packages = [_postgis_package() if name == "postgis" else name for name in wanted]
        with _services_asleep():
            _apt("install", "--yes", "--no-install-recommends", *packages)
        if "redis-server" in packages and Path("/run/systemd/system").is_dir():
            # We need the program; a Redis on its usual port was not asked for.
            subprocess.run(["systemctl", "disable", "--now", "redis-server"], check=False)


def _postgis_package() -> str:
    """The PostGIS package to install: for a PostgreSQL that is there, else the newest known."""
    listed = subprocess.run(
        ["apt-cache", "search", "--names-only", "^postgresql-[0-9]+-postgis-3$"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    names = re.findall(r"^postgresql-(\d+)-postgis-3 ", listed, re.MULTILINE)
    offered = {int(number) for number in names}
    enough = {version for version in offered if version >= OLDEST_POSTGRESQL}
    if not enough:
        offers = f"has PostGIS for PostgreSQL {max(offered)}" if offered else "offers no PostGIS"
        raise Trouble(
            f"This distribution {offers}, and Jobbing needs PostgreSQL {OLDEST_POSTGRESQL} or "
            f"newer. Add PostgreSQL's own apt repository, or set DATABASE_URL. Or: {_COMPOSE}"
        )
    installed = {
        int(place.parent.parent.name)
        for place in Path("/usr/lib/postgresql").glob("*/bin/postgres")
        if place.parent.parent.name.isdigit()
    }
    return f"postgresql-{max(enough & installed or enough)}-postgis-3"


@contextlib.contextmanager
def _services_asleep() -> Iterator[None]:
    """Nothing that apt installs meanwhile creates a database cluster or starts a service."""
    made = []
    # A file of ours that an earlier set-up left when it was killed is as good as a new one.
    if not _POLICY.exists() or _OURS in _POLICY.read_text(errors="replace"):
        _POLICY.write_text(f"#!/bin/sh\n# {_OURS}\nexit 101\n")
        _POLICY.chmod(0o755)
        made.append(_POLICY)
    folders = (_NO_CLUSTER.parent.parent, _NO_CLUSTER.parent)
    new_folders = [folder for folder in folders if not folder.exists()]
    _NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    _NO_CLUSTER.write_text(f"# {_OURS}\ncreate_main_cluster = false\n")
    made.append(_NO_CLUSTER)
    try:
        yield
    finally:
        for file in made:
            file.unlink(missing_ok=True)
        for folder in reversed(new_folders):
            # Kept when a package has moved in.
            with contextlib.suppress(OSError):
                folder.rmdir()


def _apt(*words: str, must: bool = True) -> None:
    """Run apt-get, waiting for whoever else holds its locks."""
    environment = os.environ | {
        "DEBIAN_FRONTEND": "noninteractive",
        # Ubuntu would otherwise restart services that have nothing to do with us.
        "NEEDRESTART_SUSPEND": "1",
        "LC_ALL": "C.UTF-8",
    }
    for attempt in range(60):
        process = subprocess.Popen(
            ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=600", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment,
            # Out of the terminal's reach: a Ctrl-C in the middle of an unpacking would leave
            # packages half installed. apt is told below and stops between two of them.
            start_new_session=True,
        )
        locked = False
        try:
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", flush=True)
                locked = locked or "Could not get lock" in line
            status = process.wait()
        except BaseException:
            # It finishes the call of dpkg that is under way, which may take a while.
            process.send_signal(signal.SIGINT)
            print(process.communicate()[0] or "", flush=True)
            raise
        if status == 0 or not (must or locked):
            return
        if not locked:
            break
        # The locks on the package lists have no timeout of their own.
        print(f"Another program is using apt: trying again ({attempt + 1}).", flush=True)
        time.sleep(5)
    raise Trouble(f"apt-get {words[0]} ended with exit code {status}.")


def main(wanted: Sequence[str]) -> int:
    """Install ``wanted``; an interruption first lets apt come to a clean stop."""

    def interrupt(number: int, _frame: object) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        install(wanted)
    except Trouble as trouble:
        print(trouble, flush=True)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", flush=True)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
