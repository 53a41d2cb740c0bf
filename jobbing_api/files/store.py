"""Where the bytes of files lie: a folder or any S3; the only importer of fsspec.

Hides: which of the two it is, how an object is never seen half written, and the errors of
either. Knows objects by the id of their row and a size, and nothing else of them. S3's
endpoint, region and keys are looked for where every tool of Amazon's looks for them:
``AWS_ENDPOINT_URL``, ``AWS_ACCESS_KEY_ID`` and so on, a profile, or the machine's own role.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import fsspec
import structlog

from jobbing_api import errors

_log = structlog.get_logger(__name__)

#: How long an S3 is waited for, and how often it is asked: under half a minute in all. A
#: write must end well before the lease of whoever writes.
_CONNECT_S, _READ_S, _TRIES = 3, 10, 2

_S3 = {
    "use_listings_cache": False,
    "config_kwargs": {
        "connect_timeout": _CONNECT_S,
        "read_timeout": _READ_S,
        # s3fs tries again itself; both together would try for minutes.
        "retries": {"total_max_attempts": 1, "mode": "standard"},
        # Whatever speaks S3 understands a path; a bucket's own host name it may not have.
        "s3": {"addressing_style": "path"},
    },
}


class Missing(Exception):
    """There is no such object."""


class Away(errors.Unavailable):
    """The store does not take or give what it should; ``reason`` is for our own eyes."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Place:
    """A file system of fsspec's, the path in it under which all is, and whether it is ours
    to make whole on a disk."""

    files: Any
    root: str
    disk: bool

    @property
    def home(self) -> str:
        """What is there if anything can be: the folder, or the bucket."""
        return self.root if self.disk else self.root.partition("/")[0]


_url: str | None = None
_opened: tuple[int, _Place] | None = None
_opening = threading.Lock()


def connect(url: str) -> None:
    """Name the store: ``file:///folder`` or ``s3://bucket/prefix``. Touched on first use."""
    global _url, _opened
    with _opening:
        _url, _opened = url, None


def _place() -> _Place:
    global _opened
    with _opening:
        assert _url is not None, "files.connect() runs before any use"
        # A process that was forked off has no use for its parent's connections.
        if _opened is None or _opened[0] != os.getpid():
            _opened = (os.getpid(), _open(_url))
        return _opened[1]


def _open(url: str) -> _Place:
    disk = url.startswith("file:")
    options: dict[str, Any] = {"auto_mkdir": True} if disk else _S3
    files, root = fsspec.core.url_to_fs(url, skip_instance_cache=True, **options)
    if disk:
        files.makedirs(root, exist_ok=True)
    else:
        files.retries = _TRIES
    return _Place(files, root.rstrip("/"), disk)


def _folder(place: _Place, file_id: uuid.UUID) -> str:
    # The end of an id is random: no folder of a disk grows beyond a 256th of all.
    return f"{place.root}/{file_id.hex[-2:]}/{file_id}"


def write(file_id: uuid.UUID, size: str, content: bytes) -> None:
    """Keep an object, in place of an earlier one; whole or not at all.

    Raises Unavailable where it cannot be kept.
    """
    with _asked():
        place = _place()
        path = f"{_folder(place, file_id)}/{size}"
        if not place.disk:
            # An S3 shows an object once all of it is there.
            place.files.pipe_file(path, content)
            return
        half = f"{path}.{uuid.uuid4().hex}"
        with place.files.open(half, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        place.files.mv(half, path)


def read(file_id: uuid.UUID, size: str) -> bytes:
    """The bytes of an object. Raises Missing, or Unavailable."""
    with _asked():
        place = _place()
        try:
            return bytes(place.files.cat_file(f"{_folder(place, file_id)}/{size}"))
        except FileNotFoundError:
            raise Missing from None


def remove(file_id: uuid.UUID) -> None:
    """Remove all objects under an id, half-written ones included; there need be none.

    Raises Unavailable.
    """
    with _asked():
        place = _place()
        try:
            place.files.rm(_folder(place, file_id), recursive=True)
        except FileNotFoundError:
            # Nothing is in a folder that is not mounted just now, nor in a bucket that was
            # renamed: only where there is a store is what is not in it gone.
            if not place.files.exists(place.home):
                raise


def ids() -> Iterator[uuid.UUID]:
    """The ids under which there are objects, in no order. Raises Unavailable."""
    with _asked():
        place = _place()
        for shelf in _listed(place, place.root):
            for folder in _listed(place, shelf):
                try:
                    yield uuid.UUID(folder.rstrip("/").rsplit("/", 1)[-1])
                except ValueError:
                    # Somebody else's; what is not ours is left alone.
                    continue


def _listed(place: _Place, path: str) -> list[str]:
    try:
        return [str(one) for one in place.files.ls(path, detail=False)]
    except FileNotFoundError:
        return []
    except NotADirectoryError:
        return []


def trouble() -> str | None:
    """Why an object could not be written, read and removed just now; None if it could."""
    probe, content = uuid.uuid4(), b"probe"
    try:
        write(probe, "probe", content)
        if read(probe, "probe") != content:
            return "what was written is not what is read"
        remove(probe)
    except Missing:
        return "what was written is not there"
    except Away as away:
        return away.reason
    return None


@contextmanager
def _asked() -> Iterator[None]:
    """Say in our words what a disk or somebody's S3 answered."""
    try:
        yield
    except Missing:
        raise
    except Exception as error:
        # Of an S3 these are the errors of three libraries and of whatever speaks it.
        away = Away()
        away.reason = getattr(error, "strerror", None) or type(error).__name__
        _log.warning("files.away", error=type(error).__name__, reason=away.reason)
        raise away from error
