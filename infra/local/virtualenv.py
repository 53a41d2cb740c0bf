"""The Python environment in ``.venv``.

Hides: when it has to be made or brought up to date, and that only packages whose hashes are in
the lock file get in.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from infra.local import console

#: What lands in ``.venv`` beside the locked requirements.
_OWN = {"pip", "setuptools", "wheel"}


def up_to_date(directory: Path, requirements: Path) -> bool:
    """True when ``directory`` holds exactly what ``requirements`` says."""
    try:
        stamped = (directory / "requirements.sha256").read_text().strip()
    except OSError:
        return False
    # A dangling link means that the Python it was made from is gone.
    return stamped == _digest(requirements) and (directory / "bin" / "python").exists()


def make(directory: Path, requirements: Path, log: Path) -> None:
    """Make ``directory`` an environment with ``requirements``; an existing one is brought up to
    date in place, because a running service may be using it."""
    advice = "Often the package index could not be reached. Put that right and try again."
    if not _runs(directory):
        console.execute(
            "A Python environment in .venv",
            [sys.executable, "-m", "venv", "--clear", str(directory)],
            log=log,
            advice="Remove .venv and try again.",
        )
    stamp = directory / "requirements.sha256"
    stamp.unlink(missing_ok=True)
    pip = [
        str(directory / "bin" / "python"),
        "-m",
        "pip",
        "--disable-pip-version-check",
    ]
    locked = ["--require-hashes", "--no-deps", "--requirement", str(requirements)]
    console.execute(
        "Python packages in .venv",
        [*pip, "install", "--progress-bar", "off", "--no-input", *locked],
        log=log,
        advice=advice,
    )
    superfluous = _installed(pip) - _named(requirements) - _OWN
    if superfluous:
        # A package that is no longer required would hide that somebody still imports it.
        console.execute(
            "Packages no longer required",
            [*pip, "uninstall", "--yes", *sorted(superfluous)],
            log=log,
            advice=advice,
        )
    stamp.write_text(_digest(requirements) + "\n")


def _digest(requirements: Path) -> str:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return hashlib.sha256(version.encode() + requirements.read_bytes()).hexdigest()


def _runs(directory: Path) -> bool:
    """True when the environment's Python starts, is ours in version, and has pip."""
    ours = f"import sys, pip; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    try:
        asked = subprocess.run(
            [directory / "bin" / "python", "-c", ours], capture_output=True, check=False
        )
    except OSError:
        return False
    return asked.returncode == 0


def _installed(pip: list[str]) -> set[str]:
    listed = subprocess.run(
        [*pip, "list", "--format", "freeze"], capture_output=True, text=True, check=True
    ).stdout
    return {_normal(line.split("==")[0]) for line in listed.splitlines() if "==" in line}


def _named(requirements: Path) -> set[str]:
    lines = requirements.read_text().splitlines()
    return {_normal(line.split("==")[0].split("[")[0]) for line in lines if "==" in line}


def _normal(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(".", "-")
