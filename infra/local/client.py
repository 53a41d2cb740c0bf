"""The app in ``mobile_client``: its packages, and what a phone is served.

Hides: when npm has to be run, and that nothing a machine says to npm, to Node or to Vite gets
into it but the way to the registry.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.local import console, places

#: What the packages take on the disk, npm's own copies of them included, in MB.
SPACE_MB = 1400

#: The only ones of npm's settings that a machine may have of its own.
_WAY_OUT = {"registry", "proxy", "https_proxy", "noproxy", "cafile"}
_NPM = "npm_config_"

#: What would change how the packages are installed, or what is built of them.
_FOREIGN = ("NODE_ENV", "NODE_OPTIONS", "NODE_PATH")

_QUIETLY = ("--loglevel=error", "--no-progress", "--no-fund", "--no-audit", "--no-update-notifier")


class Client:
    """The app under ``directory``, made with the Node and npm of ``programs``."""

    def __init__(self, directory: Path, programs: Path, log: Path) -> None:
        self._directory = directory
        self._programs = programs
        self._log = log
        self._packages = directory / "node_modules"
        self._built = directory / "dist"

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """``environ`` for npm: with our Node, and without what a machine has set for its own."""
        kept = {name: value for name, value in environ.items() if not _foreign(name)}
        path = f"{self._programs}{os.pathsep}{environ.get('PATH', os.defpath)}"
        return kept | {"PATH": path, "NO_UPDATE_NOTIFIER": "1"}

    def npm(self, *words: str) -> list[str]:
        """The command line of npm, which says nothing of its own."""
        return [str(self._programs / "npm"), *words, *_QUIETLY]

    def install(self, environ: Mapping[str, str]) -> None:
        """Install exactly what the lock file says, unless that was done."""
        stamp, lock = self._packages / ".installed", self._lock()
        if _read(stamp) == lock:
            return
        places.require_space(self._directory, SPACE_MB, "the app's set of packages")
        console.execute(
            "Packages of the app in mobile_client/node_modules",
            # Nobody's package runs a program of its own while it is installed.
            self.npm("ci", "--include=dev", "--include=optional", "--ignore-scripts"),
            log=self._log,
            advice="Often the package registry could not be reached. Put that right and try again.",
            environment=self.environment(environ),
            directory=self._directory,
        )
        stamp.write_text(lock + "\n")

    def build(self, environ: Mapping[str, str]) -> bool:
        """Build what a browser is served, unless it was built of just these sources.

        True when it was built now: whoever serves it has to begin anew.
        """
        # Vite empties the folder first: what somebody built by hand bears no stamp.
        stamp, sources = self._built / ".sources", self._sources()
        if _read(stamp) == sources:
            return False
        self.install(environ)
        console.execute(
            "The app in mobile_client/dist",
            self.npm("run", "build"),
            log=self._log,
            advice="npm run build in mobile_client shows all of it; make clean starts over.",
            environment=self.environment(environ),
            directory=self._directory,
        )
        stamp.write_text(sources + "\n")
        return True

    def remove(self) -> None:
        """Remove what was made here."""
        for folder in (self._packages, self._built, self._directory / "public" / "map"):
            if folder.exists():
                shutil.rmtree(folder)

    def _lock(self) -> str:
        # Some packages are another one on another kind of machine.
        said = hashlib.sha256(f"{sys.platform} {platform.machine()}".encode())
        said.update((self._directory / "package-lock.json").read_bytes())
        return said.hexdigest()

    def _sources(self) -> str:
        said = hashlib.sha256(self._lock().encode())
        for file in sorted(self._files()):
            said.update(f"{file.relative_to(self._directory)}\0".encode())
            said.update(file.read_bytes())
        return said.hexdigest()

    def _files(self) -> Iterator[Path]:
        yield self._directory / "index.html"
        yield self._directory / "package.json"
        yield from self._directory.glob("*.ts")
        # Drawn by the build itself.
        drawn = self._directory / "public" / "map"
        for folder in ("src", "public", "scripts"):
            for file in (self._directory / folder).rglob("*"):
                # Types and tests are in no build; one of the types is written by it.
                beside = file.name.endswith((".d.ts", ".test.ts", ".test.tsx"))
                if file.is_file() and not beside and not file.is_relative_to(drawn):
                    yield file


def _foreign(name: str) -> bool:
    if name.lower().startswith(_NPM):
        return name.lower().removeprefix(_NPM).replace("-", "_") not in _WAY_OUT
    return name in _FOREIGN or name.startswith("VITE_")


def _read(stamp: Path) -> str:
    try:
        return stamp.read_text().strip()
    except OSError:
        return ""
