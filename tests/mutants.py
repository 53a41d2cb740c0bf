"""Rules taken out one at a time, to see whether a test misses them.

``python -m tests.mutants [--only WORDS] [--after RULE]``. Each mutant changes one line of
``offers/`` or ``notifications/`` in a copy of the tree and runs the tests that ought to fail.
A mutant that survives is a rule nobody would miss: it is named, and the command ends with 1,
unless the list says why nobody could (``survives``).

Written by hand, a rule each: all mutations of these rooms (mutmut makes some three thousand)
would run for a day, because what they do shows in the database only.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import queue
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
_LISTED = Path(__file__).with_suffix(".toml")


class Mutant(NamedTuple):
    """One rule, where it stands, what stands there without it, and who should miss it."""

    rule: str
    file: str
    before: str
    after: str
    tests: list[str]
    #: Why it changes nothing that a test could see, if it does not.
    survives: str = ""


def _copy(into: Path) -> Path:
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    for name in filter(None, tracked):
        if (ROOT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, into / name)
    return into


def _survives(tree: Path, mutant: Mutant) -> bool:
    source = tree / "jobbing_api" / f"{mutant.file}.py"
    as_it_is = source.read_text("utf-8")
    if as_it_is.count(mutant.before) != 1:
        found = as_it_is.count(mutant.before)
        raise SystemExit(f"{mutant.rule}: stands {found} times in {mutant.file}.py, not once")
    source.write_text(as_it_is.replace(mutant.before, mutant.after), "utf-8")
    try:
        tests = [f"tests/integration/{name}.py" for name in mutant.tests]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
            check=False,
            cwd=tree,
            capture_output=True,
            text=True,
        )
    finally:
        source.write_text(as_it_is, "utf-8")
    if done.returncode not in (0, 1):
        raise SystemExit(f"{mutant.rule}: the tests did not run\n{done.stdout[-2000:]}")
    return done.returncode == 0


def listed() -> list[Mutant]:
    """The mutants there are."""
    return [Mutant(**one) for one in tomllib.loads(_LISTED.read_text("utf-8"))["mutants"]]


def astray() -> list[str]:
    """Mutants that cannot be made, because what they change stands there no more."""
    return [
        f"{one.rule}: not once in {one.file}.py"
        for one in listed()
        if (ROOT / f"jobbing_api/{one.file}.py").read_text("utf-8").count(one.before) != 1
    ]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """From the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--only", default="", help="rules in whose name these words stand")
    parser.add_argument("--after", default="", help="go on after this rule")
    parser.add_argument("--at-once", type=int, default=2, help="how many trees to change")
    asked = parser.parse_args()
    wanted = listed()
    if asked.after:
        wanted = wanted[[one.rule for one in wanted].index(asked.after) + 1 :]
    wanted = [one for one in wanted if asked.only in one.rule]
    survivors = []
    with tempfile.TemporaryDirectory(prefix="jobbing-mutants-") as folder:
        Path(folder).chmod(0o755)
        trees: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for number in range(asked.at_once):
            trees.put(_copy(Path(folder) / str(number)))

        def tried(mutant: Mutant) -> tuple[Mutant, bool, float]:
            tree = trees.get()
            began_s = time.monotonic()
            try:
                return mutant, _survives(tree, mutant), time.monotonic() - began_s
            finally:
                trees.put(tree)

        with concurrent.futures.ThreadPoolExecutor(asked.at_once) as pool:
            for number, (mutant, survived, took_s) in enumerate(pool.map(tried, wanted), 1):
                told = "SURVIVED" if survived else "killed"
                _say(f"{number}/{len(wanted)} {told} in {took_s:.0f} s: {mutant.rule}")
                if survived and mutant.survives:
                    _say(f"    as it may: {mutant.survives}")
                elif survived:
                    survivors.append(mutant.rule)
    _say(f"{len(wanted) - len(survivors)} of {len(wanted)} were missed by a test.")
    for rule in survivors:
        _say(f"survived: {rule}")
    return bool(survivors)


if __name__ == "__main__":
    sys.exit(main())
