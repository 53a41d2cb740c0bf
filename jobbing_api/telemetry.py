"""Logs, metrics and traces of a process; set up by entry points only.

Hides: structlog's processors, how lines of other libraries get the same shape,
where Prometheus keeps its numbers when several web processes share one port, and how spans
leave. A trace goes by the rows, not by the queue: what is owed carries the span it came of
(``traceparent``), so that it is one trace whoever does it, and however late. In
production a line about an error names its type and where it happened, never its
message: messages of drivers quote addresses and whatever else was in the row.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol, TextIO

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    start_http_server,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from structlog.typing import EventDict, Processor

from jobbing_api.settings import Settings

#: The library's own variable: it chooses its storage by it at import, before there
#: are any settings, so this is read where the library reads it.
_MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"

#: Whatever else arrives is counted as OTHER: a label must not grow with its input.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_REQUESTS = Counter(
    "jobbing_http_requests_total",
    "HTTP requests answered, by route template.",
    ("method", "route", "status"),
)
_DURATION = Histogram(
    "jobbing_http_request_duration_seconds",
    "Time from the first byte read to the answer being ready.",
    ("method", "route"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)


_PUSHES = Counter(
    "jobbing_pushes_total",
    "Messages for phones, by what became of them and the code that says why.",
    ("outcome", "code"),
)
_PUSH_LATE = Histogram(
    "jobbing_push_late_seconds",
    "From the instant a line was due to the outcome of its message.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
_WAVES = Counter(
    "jobbing_waves_total", "Waves looked at, by whether they asked anybody.", ("asked",)
)
_FIRST_ACCEPTANCE = Histogram(
    "jobbing_first_acceptance_seconds",
    "From the beginning of a round to its acceptance.",
    ("urgency",),
    buckets=(10, 30, 60, 120, 300, 900, 3600, 4 * 3600, 24 * 3600),
)


_Attributes = Mapping[str, str | int | float]

#: Where spans go, and the provider that sends them there.
_tracing: tuple[str, TracerProvider] | None = None

_CARRIED = TraceContextTextMapPropagator()


class Collector(Protocol):
    """Something that finds out its figures when it is asked for them."""

    def collect(self) -> Iterable[Metric]: ...


def configure(settings: Settings) -> None:
    """Shape every line this process logs, ours and the libraries' alike; send spans, if
    anywhere."""
    _trace(settings)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if settings.log_format == "console":
        ending: list[Processor] = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    else:
        ending = [structlog.processors.JSONRenderer(ensure_ascii=False)]
    if not settings.development:
        ending.insert(0, _without_messages)
    elif settings.log_format == "json":
        ending.insert(0, structlog.processors.format_exc_info)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _Ours(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [one for one in root.handlers if not isinstance(one, _Ours)] + [handler]
    root.setLevel(logging.INFO)
    # One line a request is ours; the server's own would repeat it with the address.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    # A bucket's library tells every process anew where it found its keys, and a font's which
    # letters somebody's paper is written in.
    for library in ("aiobotocore", "botocore", "fontTools"):
        logging.getLogger(library).setLevel(logging.WARNING)


def _trace(settings: Settings) -> None:
    global _tracing
    if settings.traces_url is None:
        _tracing = None
    elif _tracing is None or _tracing[0] != settings.traces_url:
        provider = TracerProvider(
            resource=Resource.create({"service.name": "jobbing"}),
            sampler=ParentBasedTraceIdRatio(settings.traces_share),
        )
        exporter = OTLPSpanExporter(endpoint=settings.traces_url)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        _tracing = (settings.traces_url, provider)


@contextmanager
def span(
    name: str,
    *,
    parent: str | None = None,
    kind: trace.SpanKind = trace.SpanKind.CONSUMER,
    attributes: _Attributes | None = None,
) -> Iterator[trace.Span]:
    """One step of a trace, while the block runs; of the trace of ``parent``, or a new one.
    Nothing where no trace is kept."""
    if _tracing is None:
        yield trace.INVALID_SPAN
        return
    tracer = _tracing[1].get_tracer("jobbing")
    with tracer.start_as_current_span(
        name, context=_context(parent), kind=kind, attributes=dict(attributes or {})
    ) as begun:
        yield begun


def past_span(
    name: str,
    *,
    parent: str | None,
    began_at: datetime,
    ended_at: datetime,
    attributes: _Attributes,
) -> None:
    """One step of a trace that is over by now; of no trace, it is not kept."""
    if _tracing is None or parent is None:
        return
    begun = (
        _tracing[1]
        .get_tracer("jobbing")
        .start_span(
            name,
            context=_context(parent),
            kind=trace.SpanKind.CLIENT,
            attributes=dict(attributes),
            start_time=_nanoseconds(began_at),
        )
    )
    begun.end(_nanoseconds(ended_at))


def traceparent() -> str | None:
    """What a row says of the span it came of (W3C Trace Context); None where none is kept."""
    if _tracing is None:
        return None
    carried: dict[str, str] = {}
    _CARRIED.inject(carried)
    return carried.get("traceparent")


def _context(parent: str | None) -> Context:
    # Never of what happens to run: an empty context begins a trace of its own.
    return _CARRIED.extract({"traceparent": parent} if parent else {}, context=Context())


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1_000


class _Ours(logging.StreamHandler[TextIO]):
    """Known by its class, so that configuring twice writes no line twice."""


def _without_messages(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and frames, from the cause outwards."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = _described(error)
        event["frames"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ][-30:]
    return event


def _described(error: BaseException) -> str:
    """Types along the chain of causes, with what a database says by code."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(parts) < 8:
        name = f"{type(seen).__module__}.{type(seen).__qualname__}"
        state = getattr(seen, "sqlstate", None)
        constraint = getattr(getattr(seen, "diag", None), "constraint_name", None)
        # Constraint names are ours and follow one pattern; nothing typed by a person does.
        named = constraint if constraint and re.fullmatch(r"[a-z0-9_]+", constraint) else None
        parts.append(" ".join(filter(None, (name, state, named))))
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return " <- ".join(parts)


def count_request(*, method: str, route: str, status: int, duration_s: float) -> None:
    """Count one HTTP request under its route template (never its path)."""
    known = method if method in _METHODS else "OTHER"
    _REQUESTS.labels(known, route, str(status)).inc()
    _DURATION.labels(known, route).observe(duration_s)


def count_push(outcome: str, code: str, late_s: float) -> None:
    """Count one message by what became of it, ``late_s`` after it was due."""
    _PUSHES.labels(outcome, code).inc()
    _PUSH_LATE.observe(max(0.0, late_s))


def count_wave(asked: int) -> None:
    """Count a wave that asked so many."""
    _WAVES.labels("somebody" if asked else "nobody").inc()


def count_acceptance(urgency: str, waited_s: float) -> None:
    """Count a job that somebody took, ``waited_s`` after its round began."""
    _FIRST_ACCEPTANCE.labels(urgency).observe(max(0.0, waited_s))


def serve(port: int) -> None:
    """Tell the figures of this process on a port of its own, for one that serves nothing
    else."""
    start_http_server(port)


def exposition(*collectors: Collector) -> tuple[bytes, str]:
    """All figures of this service in Prometheus's text format, and its content type.

    Sums over all web processes when ``PROMETHEUS_MULTIPROC_DIR`` is set.
    """
    registry = CollectorRegistry()
    if os.environ.get(_MULTIPROCESS):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no annotations
    else:
        registry.register(_Default())
    for collector in collectors:
        registry.register(_Asked(collector))
    return generate_latest(registry), CONTENT_TYPE_LATEST


def forget_process(pid: int) -> None:
    """Drop the live figures of a web process that has ended."""
    if os.environ.get(_MULTIPROCESS):
        mark_process_dead(pid)  # type: ignore[no-untyped-call]  # it has no annotations


class _Default:
    """The process's own registry, so that ours can be joined with other collectors."""

    def collect(self) -> Iterable[Metric]:
        return REGISTRY.collect()


class _Asked:
    """Asks only when scraped: registering must not run a query."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        return self._collector.collect()
