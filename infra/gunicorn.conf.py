# ruff: noqa: N999 - gunicorn looks for a file of this name.
"""How gunicorn serves the application, on a laptop and in the image alike.

Hides: processes and threads, how long a request may take to finish when we are told to stop, and
the bookkeeping that metrics of several processes need.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from prometheus_client import multiprocess

from jobbing_api import firebase, settings

bind = os.environ.get("BIND", "0.0.0.0:8000")

# A request waits for the database most of its time: threads share a process while it does.
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))

# Seconds. A process that has not given a sign of life for `timeout` is replaced; one that is told
# to stop may finish its requests for `graceful_timeout`.
timeout = 30
graceful_timeout = 10
keepalive = 5

# The application logs each request itself, with its id; gunicorn only says what went wrong.
accesslog = None
errorlog = "-"
loglevel = "warning"

# Nobody steers it by a socket in a home directory, which the image does not even have.
control_socket_disable = True

# The sign of life is a file's time stamp, which must not wait for a busy disk.
_memory = Path("/dev/shm")  # noqa: S108 - gunicorn makes the file private.
worker_tmp_dir = str(_memory) if _memory.is_dir() else None

# The application is put together once, before the processes part: half the memory, and an error in
# it is said once. It connects to nothing until a request comes, so they share no connection.
preload_app = True

_metrics = os.environ.get("PROMETHEUS_MULTIPROC_DIR")

# This file is read before the application is, and again at each reload, which replaces every
# process: both are moments to refuse unsafe settings and to begin with no figures of the dead.
try:
    firebase.service_account(settings.from_environment())
except settings.UnsafeSettings as unsafe:
    sys.stderr.write(f"{unsafe}\n")
    sys.exit(2)
if _metrics:
    shutil.rmtree(_metrics, ignore_errors=True)
    Path(_metrics).mkdir(parents=True, exist_ok=True)


def child_exit(server: Any, worker: Any) -> None:
    """Take a dead process out of the gauges that count the living."""
    if _metrics:
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def when_ready(server: Any) -> None:
    """Set what was put together apart from garbage collection, before the processes part.

    Collecting would write to every page of it, in each process a copy; and each process would go
    through it all once more as it ends, when it is to end soon.
    """
    gc.collect()
    gc.freeze()
