"""Who is measured on PostgreSQL: ours, two usual ways to do the same, and a floor.

Hides: the rivals' statements. They are put together of the very pieces ours are made of,
so that filters and score are the same to the letter and only the way differs by which
rows are found. All run over the same table, in sessions with the same settings, prepared
once a connection, under one plan for all parameters.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from psycopg.types.numeric import Int2, Int8
from sqlalchemy import Engine, TextClause, text
from sqlalchemy.orm import Session

from benchmarks.workload import Ask
from jobbing_api import markets, matching

# Private names on purpose: a rival with filters or a score of its own would be another
# question, and a second wording of them would drift from the first.
from jobbing_api.matching import candidates, scoring

#: How many are wanted.
LIMIT = 20

#: How far the rivals look: nearly everybody's reach ends before.
CAP_M = 30_000

#: How many of the nearest an approximate rival looks at.
NEAREST = 200

Policies = Mapping[tuple[int, str], markets.Policy]


def policies_of(session: Session, asks: Iterable[Ask]) -> Policies:
    """The rules in force for each category and urgency that is asked for."""
    found: dict[tuple[int, str], markets.Policy] = {}
    for ask in asks:
        key = (ask.request.category_id, ask.urgency)
        if key not in found:
            found[key] = markets.policy_in_force(session, now=ask.now, **ask.policy_key)
    return found


class Contender(Protocol):
    """One way to answer requests, with a connection of its own."""

    name: str

    @property
    def server_pid(self) -> int:
        """The process at the other end of the connection."""

    def begin(self) -> None:
        """Whatever comes before a request and is not part of it: a transaction."""

    def answer(self, ask: Ask) -> list[uuid.UUID]:
        """The best providers, best first. This is what is timed."""

    def end(self) -> None:
        """What comes after."""

    def close(self) -> None:
        """Let go of the connection."""


class OnPostgres:
    """A contender whose ``ask`` needs a session and the policy in force."""

    def __init__(
        self,
        name: str,
        engine: Engine,
        policies: Policies,
        ask: Callable[[Session, Ask, markets.Policy], list[uuid.UUID]],
    ) -> None:
        self.name = name
        self._ask = ask
        self._policies = policies
        # One connection for good: statements are prepared once for each.
        self._connection = engine.connect()
        self._session = Session(self._connection)
        self.server_pid: int = self._session.scalar(text("SELECT pg_backend_pid()")) or 0
        # To plan takes longer than to run, for everybody here.
        self._session.execute(text("SET plan_cache_mode = force_generic_plan"))
        self._session.commit()

    def begin(self) -> None:
        """See Contender: the transaction is open before the clock runs."""
        self._session.execute(text("SELECT 1"))

    def answer(self, ask: Ask) -> list[uuid.UUID]:
        """See Contender."""
        policy = self._policies[ask.request.category_id, ask.urgency]
        return self._ask(self._session, ask, policy)

    def end(self) -> None:
        """See Contender."""
        # As the application does; after a rollback the driver would prepare all anew.
        self._session.commit()

    def counted(self, counters: TextClause) -> tuple[Any, ...]:
        """The server's counters, what this connection has read until now among them."""
        self._session.execute(text("SELECT pg_stat_force_next_flush()"))
        self._session.commit()
        row = self._session.execute(counters).one()
        self._session.commit()
        return tuple(row)

    def close(self) -> None:
        """See Contender."""
        self._session.close()
        self._connection.close()


def ours(engine: Engine, policies: Policies) -> OnPostgres:
    """``matching.rank``, as the application calls it."""
    return OnPostgres("ours", engine, policies, _ours)


def ours_smaller(engine: Engine, policies: Policies, asks: Iterable[Ask]) -> OnPostgres:
    """Ours over a smaller population, whose requests are told by the same names."""
    by_name = {ask.name: ask for ask in asks}
    return OnPostgres(
        "ours_smaller",
        engine,
        policies,
        lambda session, ask, policy: _ours(session, by_name[ask.name], policy),
    )


def dwithin_sort(engine: Engine, policies: Policies) -> OnPostgres:
    """Exact up to 30 km: everybody within them by ST_DWithin, sorted by score."""
    return OnPostgres("dwithin_sort", engine, policies, _dwithin_sort)


def knn200(engine: Engine, policies: Policies) -> OnPostgres:
    """The nearest 200 by the index, then filtered and sorted by score."""
    return OnPostgres("knn200", engine, policies, _knn200)


def floor(engine: Engine, policies: Policies) -> OnPostgres:
    """The nearest 20 by the same index: no filter, no score, no reach."""
    return OnPostgres("floor", engine, policies, _floor)


ON_POSTGRES: dict[str, Callable[[Engine, Policies], OnPostgres]] = {
    "ours": ours,
    "dwithin_sort": dwithin_sort,
    "knn200": knn200,
    "floor": floor,
}


# How each asks ----------------------------------------------------------------------------


def _ours(session: Session, ask: Ask, policy: markets.Policy) -> list[uuid.UUID]:
    ranking = matching.rank(
        session, ask.request, policy, LIMIT, now=ask.now, purpose=None, judge="best"
    )
    return [one.provider_id for one in ranking.candidates]


def _dwithin_sort(session: Session, ask: Ask, policy: markets.Policy) -> list[uuid.UUID]:
    rows = _near_on_duty if ask.urgency == "now" else _near
    return _sorted(session, ask, policy, rows())


def _knn200(session: Session, ask: Ask, policy: markets.Policy) -> list[uuid.UUID]:
    return _sorted(session, ask, policy, _nearest())


def _sorted(session: Session, ask: Ask, policy: markets.Policy, rows: str) -> list[uuid.UUID]:
    with candidates.questions(session, ask.request.market_id) as time_zone:
        asked = candidates.parameters(ask.request, policy, now=ask.now)
        asked = candidates.with_day(asked, now=ask.now, time_zone=time_zone)
        statement = _statement(tuple(policy.weights), rows)
        found = candidates.run(session, statement, asked | {"limit": Int8(LIMIT)})
    return [row.provider_id for row in found]


def _floor(session: Session, ask: Ask, policy: markets.Policy) -> list[uuid.UUID]:
    lon, lat = ask.request.place
    asked: dict[str, Any] = {
        "point": f"SRID=4326;POINT({lon!r} {lat!r})",
        "category_id": Int2(ask.request.category_id),
        "limit": Int8(LIMIT),
    }
    return [row.provider_id for row in candidates.run(session, _FLOOR, asked)]


_FLOOR = """
    SELECT i.provider_id, i.base <-> CAST(:point AS geography) AS distance_m
    FROM search_index i
    WHERE i.category_id = :category_id
    ORDER BY i.base <-> CAST(:point AS geography)
    LIMIT :limit"""

#: How densely the place is served, which decides the tier and with it how fast a score
#: falls with distance. Counted only as far as it matters.
_TIER = f"""
    density AS MATERIALIZED (
        SELECT count(*) AS eligible
        FROM (
            SELECT FROM search_index i {candidates._WAY}
            WHERE i.category_id = :category_id
              AND ST_DWithin(i.base, CAST(:point AS geography), :density_radius_m, false)
              AND base.base_m <= :density_radius_m
              AND {candidates._reach("base.base_m")} AND {candidates._UNFIT} IS NULL
            LIMIT :dense_enough
        ) AS counted
    ),
    tier AS MATERIALIZED (
        SELECT t.radius_m, t.decay_m
        FROM density, unnest(CAST(:tier_eligible AS int[]), CAST(:tier_radius_m AS float8[]),
                             CAST(:tier_decay_m AS float8[]))
             AS t (eligible_at_least, radius_m, decay_m)
        WHERE density.eligible >= t.eligible_at_least
        ORDER BY t.eligible_at_least DESC
        LIMIT 1
    )"""


def _fitting(source: str) -> str:
    """Whom of a source the filters let through, each with the way to the job."""
    return f"""
        SELECT i.*, way.base_m, way.distance_m
        FROM {source} {candidates._WAY}
        CROSS JOIN LATERAL (
            SELECT base.base_m, {candidates._FROM_POSITION} AS distance_m OFFSET 0
        ) way
        WHERE i.category_id = :category_id
          AND (:urgency <> 'now' OR i.online)
          AND {candidates._reach("base.base_m")}
          AND way.distance_m <= (SELECT radius_m FROM tier)
          AND NOT {candidates._LEFT_OUT}
          AND {candidates._MAY_BE_FREE} AND {candidates._UNFIT} IS NULL"""


_WITHIN = f"ST_DWithin(i.base, CAST(:point AS geography), {CAP_M}, false)"


@functools.cache
def _near() -> str:
    return f"{_fitting('search_index i')} AND {_WITHIN}"


@functools.cache
def _near_on_duty() -> str:
    # Those on duty have an index of their own: with it this rival is ten times faster.
    return f"{_near()} AND i.online AND i.reach_box @> CAST(:spot AS box)"


@functools.cache
def _nearest() -> str:
    return _fitting(f"""(
            SELECT i.* FROM search_index i
            WHERE i.category_id = :category_id
            ORDER BY i.base <-> CAST(:point AS geography)
            LIMIT {NEAREST}
        ) i""")


def _scored(rows: str, weights: tuple[str, ...]) -> str:
    """``rows`` with figures, slot and score; those without a slot are gone."""
    figures = candidates._FIGURE_COLUMNS
    return f"""
        SELECT v.*, {scoring.score(weights).replace("m.", "v.")} AS score
        FROM (
            SELECT m.provider_id {scoring.values(weights)}
            FROM (
                SELECT i.provider_id, i.online, i.distance_m, i.price_kind, i.amount_cents,
                       i.call_out_fee_cents, true AS inside_hours, inside.starts_at,
                       date_part('epoch', inside.starts_at - :earliest) AS starts_after_s,
                       inside.free_s, {figures}
                FROM ({rows}) i {candidates.OPEN} {candidates._FIGURES}
                WHERE inside.starts_at IS NOT NULL
                OFFSET 0
            ) m
            OFFSET 0
        ) v"""


@functools.cache
def _statement(weights: tuple[str, ...], rows: str) -> str:
    return f"""
        WITH {candidates.BLOCKED}, {candidates._BASELINE}, {_TIER}
        SELECT i.provider_id, i.score
        FROM (
            SELECT i.* FROM ({_scored(rows, weights)}) i {candidates._ORDER} OFFSET 0
        ) i
        WHERE {candidates.CAP} IS NULL
        LIMIT :limit"""


_BEYOND = text(
    "SELECT bool_or(ST_Distance(base, CAST(:point AS geography), false) > :cap_m)"
    " FROM providers WHERE account_id = ANY(:ids)"
)


def beyond_cap(session: Session, ask: Ask, ids: Sequence[uuid.UUID]) -> bool:
    """Whether one of these providers lives farther from the job than the rivals look."""
    lon, lat = ask.request.place
    asked = {"point": f"SRID=4326;POINT({lon!r} {lat!r})", "cap_m": CAP_M, "ids": list(ids)}
    return bool(session.scalar(_BEYOND, asked))


# What it cost -----------------------------------------------------------------------------


def processor_s(pid: int) -> float | None:
    """The processor seconds a process has used; None where the system does not tell."""
    try:
        with open(f"/proc/{pid}/schedstat") as file:
            return int(file.read().split()[0]) / 1e9
    except (OSError, ValueError, IndexError):
        return None
