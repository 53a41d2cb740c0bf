"""How gunicorn serves the application: ``gunicorn -c python:jobbing_api.serving``.

Hides the server's settings. Unsafe settings of ours stop it before it opens a port,
with one clear line and exit code 2. ``WEB_CONCURRENCY`` sets the number of processes.
"""

from __future__ import annotations

import sys
from typing import Any

from jobbing_api import settings, telemetry

wsgi_app = "jobbing_api.app:create_app()"
worker_class = "gthread"
#: A request waits for the database most of its time.
threads = 8
#: Longer than the longest statement may take, so that a slow answer is still a 503.
timeout = 40
graceful_timeout = 30
keepalive = 5
#: Ours is one line a request, and says nothing while all is well.
loglevel = "warning"
accesslog = None


def on_starting(_server: Any) -> None:
    """Refuse to start rather than have every process fail one by one."""
    try:
        settings.from_environment()
    except settings.UnsafeSettings as unsafe:
        sys.stderr.write(f"{unsafe}\n")
        raise SystemExit(2) from None


def child_exit(_server: Any, worker: Any) -> None:
    """The live figures of a process end with it."""
    telemetry.forget_process(worker.pid)
