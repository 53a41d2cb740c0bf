"""The application as it is served, with Redis asked behind the same edge beside it.

Hides: that a second route is added to the application's own, which signs in its caller
and writes its answer by the very code the real one does, and only finds the people
otherwise; and how gunicorn is started for the two of them, as in production but for the
instant, which is the recipe's, and the number of processes.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from flask import Flask, current_app

from benchmarks import places, redis_rival, rivals
from benchmarks.workload import Ask
from infra.local import console, ports, processes
from infra.local.console import Trouble
from infra.local.push_standin import identity
from jobbing_api import api, app, settings
from jobbing_api.api import candidates, view
from jobbing_api.api.blueprint import Blueprint

_ROOT = Path(__file__).parent.parent

#: Threads of a process, as the application is served everywhere.
THREADS = 8

#: Nobody is pushed to here; an address is asked for nonetheless.
_NOBODY = 9

_READY_S = 60.0
_STOP_S = 15.0


# What is served ---------------------------------------------------------------------------


def create_app() -> Flask:
    """The application under the environment's settings, at the recipe's instant, with the
    route of ``near_path`` beside its own."""
    served = app.create_app()
    served.config["CLOCK"] = places.now
    served.config["NEAREST"] = redis.Redis.from_url(served.config["SETTINGS"].redis_url)
    served.register_blueprint(blueprint, url_prefix="/benchmark")
    return served


blueprint = Blueprint("near", __name__, description="Who is near, as Redis knows them.")


@blueprint.route("/near/<int:category_id>/<float(signed=True):lon>/<float(signed=True):lat>")
class Near(view.View):
    """The rival: one question to Redis, and nothing that it would not know."""

    @blueprint.operation("list_near", answer=candidates.CandidatesAnswer)
    def get(self, *, category_id: int, lon: float, lat: float) -> Any:
        """The nearest who have the skill"""
        store: redis.Redis = current_app.config["NEAREST"]
        # The whole country under one key; the figures are those of the rival that sorts.
        hits = redis_rival.nearest(store, f"skill:{category_id}", lon, lat)
        return {
            "asked": None,
            "ranking": {
                "asked": [],
                "complete": False,
                "in_reach": len(hits),
                "ranked": len(hits),
                "fell_out": {},
                "candidates": [self._shown(*hit) for hit in hits[: rivals.LIMIT]],
                "near_misses": [],
            },
        }

    def _shown(self, member: bytes, distance_m: float) -> dict[str, Any]:
        # The contract wants every member to be there; most are not Redis's to know.
        nearness = 1 - distance_m / rivals.CAP_M
        return {
            "provider_id": member.decode(),
            "display_name": "Somebody",
            "score": nearness,
            "parts": {"proximity": {"value": nearness, "weight": 1.0}},
            "distance_m": distance_m,
            "starts_at": self.now,
            "ends_at": self.now,
            "outside_hours": False,
        }


def candidates_path(job_id: uuid.UUID) -> str:
    """Where the application tells an operator who should be asked."""
    return f"{api.BASE_PATH}/jobs/{job_id}/candidates"


def near_path(ask: Ask) -> str:
    """Where Redis is asked the same. The question is in the path, so that the rival looks
    up no job."""
    lon, lat = ask.request.place
    # The router knows no exponents; the workload's places have six digits.
    return f"/benchmark/near/{ask.request.category_id}/{lon:.6f}/{lat:.6f}"


# How it is served -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Web:
    """A web server that answers now."""

    port: int
    #: What it runs under, by which tokens for it are made.
    settings: settings.Settings


@contextlib.contextmanager
def serving(
    folder: Path, database_url: str, redis_url: str, *, web_processes: int
) -> Iterator[Web]:
    """gunicorn on a free port of 127.0.0.1 for as long as the block runs; it keeps its log
    and what else it needs in ``folder``, where one that an earlier run left is stopped
    first. Raises Trouble when it does not begin to serve."""
    folder.mkdir(parents=True, exist_ok=True)
    noted = folder / "pid"
    left = processes.read(noted)
    if left is not None:
        # The file stands in its command line, which tells it from a stranger.
        processes.stop(left, str(noted))
        noted.unlink(missing_ok=True)
    identity.service_account(folder, port=_NOBODY)
    chosen = _environment(folder, database_url, redis_url)
    port = ports.choose()
    served_by = {
        "BIND": f"127.0.0.1:{port}",
        "WEB_PROCESSES": str(web_processes),
        "WEB_THREADS": str(THREADS),
        # As in production: several processes put their figures together.
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"),
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "infra/gunicorn.conf.py"]
    command += ["-p", str(noted), f"{__name__}:create_app()"]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **chosen, **served_by},
            cwd=_ROOT,
            # A Ctrl-C is for the run that started it, which then stops it in order.
            start_new_session=True,
        )
    try:
        _wait(process, port, log)
        yield Web(port=port, settings=settings.from_environment(chosen))
    finally:
        _stop(process)


def _environment(folder: Path, database_url: str, redis_url: str) -> Mapping[str, str]:
    """The application's settings, as a laptop has them."""
    return {
        "JOBBING_ENV": "development",
        "DATABASE_URL": database_url.replace("postgresql+psycopg://", "postgresql://", 1),
        "REDIS_URL": redis_url,
        "SECRET_KEY": f"{settings.DEVELOPMENT_PREFIX}{secrets.token_urlsafe(36)}",
        "PUSH": "local",
        "PUSH_URL": f"https://127.0.0.1:{_NOBODY}",
        "FIREBASE_CREDENTIALS": str(folder / "service-account.json"),
        "LOG_FORMAT": "json",
    }


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _READY_S
    while time.monotonic() < until and process.poll() is None:
        if _ready(port):
            return
        time.sleep(0.1)
    shown = "\n".join(f"    {line}" for line in console.last_lines(log, 8))
    raise Trouble(f"The web server does not serve. The last lines of {log}:\n{shown}")


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """By its process id, and its children by it: it sees to them itself."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_S)
            return
