"""Keeping the search index: fill it, prove it, and take the baselines it is made by.

Hides: that triggers keep every row true at the end of each transaction that changes one
of its sources. What is here is for the rest: an index made anew, a check that it equals
its sources, and the few numbers that are taken now and then rather than at every change.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Row, Uuid, bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from jobbing_api import errors, markets, providers
from jobbing_api.database import Instant
from jobbing_api.matching import bounds, models

#: The urgency whose rules figures are counted by.
_TYPICAL_URGENCY = "scheduled"

#: A mean of ratings moves the prior once it has moved so far, in stars: every row of
#: the category is derived anew then.
_MEAN_MOVES = 0.02

#: So much better than somebody new, per mille of standing, is good: a few in a hundred are.
_BETTER_BY = 45

#: Providers in one statement.
_BATCH = 10_000

_DERIVE = text("SELECT search_index_derive(:ids, :as_of)").bindparams(
    bindparam("ids", type_=ARRAY(Uuid())), bindparam("as_of", type_=Instant)
)
_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(hashtext('jobbing.search_index'), 0)")
_FILL = text(
    """
    INSERT INTO search_index
    SELECT r.* FROM search_rows(:ids, array_fill(:as_of, ARRAY[cardinality(:ids)])) AS r
    ORDER BY r.category_id, r.band, r.lon
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid())), bindparam("as_of", type_=Instant))


def rebuild(
    session: Session, *, now: datetime, tell: Callable[[int, int], None] | None = None
) -> int:
    """Take the baselines and make the whole index anew, in this transaction; returns the
    providers looked at.

    Whoever changes a source meanwhile waits for it. ``tell`` hears of progress: how many
    of how many. Rows of one place and category end up side by side, which is what makes
    reading them cheap.
    """
    session.flush()
    session.execute(_TAKE_TURNS)
    for key, values in _moved(session, now).items():
        _write(session, key, values, now)
    session.execute(delete(models.Indexed))
    session.execute(delete(models.due))
    provider = providers.models.Provider
    ids = session.scalars(
        select(provider.account_id).order_by(func.ST_GeoHash(provider.base))
    ).all()
    for first in range(0, len(ids), _BATCH):
        session.execute(_FILL, {"ids": ids[first : first + _BATCH], "as_of": now})
        if tell is not None:
            tell(min(first + _BATCH, len(ids)), len(ids))
    # Rows came in no order of theirs, which leaves the pages of an index half empty.
    session.execute(text("REINDEX TABLE search_index"))
    # A search planned for an empty table goes by the wrong index, whatever else is right.
    session.execute(text("ANALYZE search_index"))
    session.execute(_BEST_OF_ALL)
    session.expire_all()
    return len(ids)


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One row that is not what its sources say: missing, left over or different."""

    provider_id: uuid.UUID
    category_id: int
    what: str


_KEYS = """
    SELECT p.account_id AS provider_id, s.category_id
    FROM providers p
    JOIN accounts a ON a.id = p.account_id AND a.suspended_at IS NULL AND a.erased_at IS NULL
    JOIN skills s ON s.provider_id = p.account_id
"""
_CHECK_KEYS = text(
    f"""
    (SELECT provider_id, category_id, 'missing' AS what
     FROM ({_KEYS} EXCEPT SELECT provider_id, category_id FROM search_index) AS missing)
    UNION ALL
    (SELECT provider_id, category_id, 'left over'
     FROM (SELECT provider_id, category_id FROM search_index EXCEPT {_KEYS}) AS left_over)
    ORDER BY 1, 2
    LIMIT :at_most
    """  # noqa: S608  # _KEYS is a constant of this module
)
#: The next providers, each with the instant as of which a row was derived.
_NEXT = text(
    """
    SELECT DISTINCT provider_id, figures_at FROM search_index
    WHERE provider_id > :after
      AND (CAST(:ids AS uuid[]) IS NULL OR provider_id = ANY(CAST(:ids AS uuid[])))
    ORDER BY provider_id, figures_at
    LIMIT :batch
    """
)
# Rows are compared byte for byte: a box has no other order.
_CHECK_ROWS = text(
    """
    SELECT i.provider_id, i.category_id
    FROM search_rows(:ids, :instants) AS expected
    JOIN search_index i ON i.provider_id = expected.provider_id
        AND i.category_id = expected.category_id AND i.figures_at = expected.figures_at
    WHERE expected *<> i
    ORDER BY 1, 2
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid())), bindparam("instants", type_=ARRAY(Instant)))

#: What comes before every id.
_FIRST = uuid.UUID(int=0)


def check(
    session: Session,
    *,
    at_most: int = 100,
    provider_ids: Sequence[uuid.UUID] | None = None,
    tell: Callable[[int], None] | None = None,
) -> list[Difference]:
    """Where the index differs from its sources; empty when it equals them.

    Compares every row, or the contents of these providers' only. ``tell`` hears of
    progress: how many providers more were compared.
    """
    session.flush()
    found = [
        Difference(provider_id=row.provider_id, category_id=row.category_id, what=row.what)
        for row in session.execute(_CHECK_KEYS, {"at_most": at_most})
    ]
    ids = None if provider_ids is None else list(provider_ids)
    after = _FIRST
    while len(found) < at_most:
        wanted = session.execute(_NEXT, {"after": after, "ids": ids, "batch": _BATCH}).all()
        if not wanted:
            break
        if len(wanted) == _BATCH and wanted[0].provider_id != wanted[-1].provider_id:
            # Of the last there may be more: next time.
            wanted = [one for one in wanted if one.provider_id != wanted[-1].provider_id]
        after = wanted[-1].provider_id
        asked = {
            "ids": [one.provider_id for one in wanted],
            "instants": [one.figures_at for one in wanted],
        }
        found += [
            Difference(provider_id=row.provider_id, category_id=row.category_id, what="different")
            for row in session.execute(_CHECK_ROWS, asked)
        ]
        if tell is not None:
            tell(len({one.provider_id for one in wanted}))
    found.sort(key=lambda one: (one.provider_id, one.category_id))
    return found[:at_most]


_LAPSED = text(
    "SELECT DISTINCT provider_id FROM search_index"
    " WHERE figures_until <= :now AND figures_until > '-infinity' LIMIT :limit"
)


def renew_lapsed(session: Session, *, now: datetime, limit: int) -> int:
    """Derive anew the rows of at most ``limit`` providers whose figures or days hold no
    longer because time passed; returns how many providers. A search counts those from the
    record meanwhile: as exact, and slower."""
    ids = session.scalars(_LAPSED, {"now": now, "limit": limit}).all()
    if ids:
        session.execute(_DERIVE, {"ids": list(ids), "as_of": now})
    return len(ids)


_BEST = """
    UPDATE baselines b SET best_standing = coalesce(best.standing, 0)
    FROM (SELECT k.market_id, k.category_id, max(i.standing) AS standing
          FROM baselines k
          LEFT JOIN search_index i ON i.market_id = k.market_id AND i.category_id = k.category_id
          GROUP BY k.market_id, k.category_id) AS best
    WHERE b.market_id = best.market_id AND b.category_id = best.category_id"""
_BEST_OF_ALL = text(_BEST)
_BEST_OF_ONE = text(
    _BEST.replace(
        "GROUP BY", "WHERE k.market_id = :market_id AND k.category_id = :category_id GROUP BY"
    )
)


def take_baselines(session: Session, *, now: datetime) -> int:
    """Take the mean of ratings and the rules of every market's categories; returns how
    many had moved. The rows made by those are derived anew in this transaction: for a
    large market, take those that are due one by one.

    Run twice, the second finds nothing to do.
    """
    due = baselines_due(session, now=now)
    for market_id, category_id in due:
        take_baseline(session, market_id, category_id, now=now)
    return len(due)


_Key = tuple[uuid.UUID, int]


def baselines_due(session: Session, *, now: datetime) -> list[_Key]:
    """The markets and categories whose baseline is not there or no longer good enough."""
    return list(_moved(session, now))


def take_baseline(
    session: Session, market_id: uuid.UUID, category_id: int, *, now: datetime
) -> None:
    """Take one baseline and derive the category's rows anew in this transaction."""
    session.flush()
    key = (market_id, category_id)
    mean = session.scalar(
        select(func.avg(_Entry.stars)).where(
            _Entry.market_id == market_id,
            _Entry.category_id == category_id,
            _Entry.kind == "rated",
            _Entry.at <= now,
        )
    )
    values = _values(session, key, mean, now)
    if values is None:
        return
    _write(session, key, values, now)
    _derive_category(session, market_id, category_id, now)
    session.expire_all()


_Entry = providers.models.RecordEntry


def _moved(session: Session, now: datetime) -> dict[_Key, dict[str, Any]]:
    means: dict[_Key, float] = {
        (row.market_id, row.category_id): row.mean
        for row in session.execute(
            select(_Entry.market_id, _Entry.category_id, func.avg(_Entry.stars).label("mean"))
            .where(_Entry.kind == "rated", _Entry.at <= now)
            .group_by(_Entry.market_id, _Entry.category_id)
        )
    }
    taken = {
        (row.market_id, row.category_id): row for row in session.scalars(select(models.Baseline))
    }
    found = {}
    for market_id in session.scalars(select(markets.models.Market.id)).all():
        for category_id in session.scalars(select(markets.models.Category.id)).all():
            key = (market_id, category_id)
            values = _values(session, key, means.get(key), now)
            if values is not None and not _stands(taken.get(key), values):
                found[key] = values
    return found


def _write(session: Session, key: _Key, values: dict[str, Any], now: datetime) -> None:
    session.execute(
        insert(models.Baseline)
        .values(market_id=key[0], category_id=key[1], taken_at=now, **values)
        .on_conflict_do_update(
            index_elements=["market_id", "category_id"], set_={"taken_at": now, **values}
        )
    )


def _values(session: Session, key: _Key, mean: Any, now: datetime) -> dict[str, Any] | None:
    """What a baseline says; None for a market whose rules are still to come."""
    try:
        rules = markets.policy_in_force(
            session, market_id=key[0], category_id=key[1], urgency=_TYPICAL_URGENCY, now=now
        )
    except errors.NotFound:
        return None
    values = {
        "rating_mean": None if mean is None else float(mean),
        "rating_half_life_days": rules.rating_half_life_days,
        "rating_prior_stars": float(rules.rating_prior_stars),
        "rating_prior_weight": float(rules.rating_prior_weight),
        "rating_floor": float(rules.rating_floor),
        "rating_ceiling": float(rules.rating_ceiling),
        "reliability_good": float(rules.reliability_prior[0]),
        "reliability_bad": float(rules.reliability_prior[1]),
        "reliability_days": rules.reliability_days,
        "responsiveness_good": float(rules.responsiveness_prior[0]),
        "responsiveness_bad": float(rules.responsiveness_prior[1]),
        "responsiveness_days": rules.responsiveness_days,
    }
    # Nobody is known to be below the best before all rows are derived.
    return values | {"good_above": _good_above(values), "best_standing": 1000}


def _good_above(baseline: Mapping[str, Any]) -> int:
    """By how much somebody good is better than somebody new, as a standing, per mille."""
    mean = baseline["rating_mean"]
    stars = baseline["rating_prior_stars"] if mean is None else mean
    span = baseline["rating_ceiling"] - baseline["rating_floor"]
    new: dict[str, float] = {
        "rating": min(1.0, max(0.0, (stars - baseline["rating_floor"]) / span))
    }
    for name in ("reliability", "responsiveness"):
        good, bad = baseline[f"{name}_good"], baseline[f"{name}_bad"]
        new[name] = good / (good + bad)
    at_first = sum(share * new[name] for name, share in bounds.STANDING.items())
    return min(1000, math.ceil(_BETTER_BY + 1000 * at_first))


def _stands(taken: models.Baseline | None, values: dict[str, Any]) -> bool:
    """Whether a baseline is still good enough; rules must be equal, the mean near."""
    if taken is None:
        return False
    # What is good follows from the mean, what is best from the rows.
    moving = {"rating_mean", "good_above", "best_standing"}
    rules = {name: value for name, value in values.items() if name not in moving}
    if {name: getattr(taken, name) for name in rules} != rules:
        return False
    old: float | None = taken.rating_mean
    new: float | None = values["rating_mean"]
    if old is None or new is None:
        return old is new
    return abs(old - new) < _MEAN_MOVES


def _derive_category(
    session: Session, market_id: uuid.UUID, category_id: int, now: datetime
) -> None:
    # By everybody's lock, before anybody is looked up: whoever is new meanwhile is judged
    # by the new baseline too, and a search sees the old one with the old rows or the new
    # one with the new.
    session.execute(_TAKE_TURNS)
    provider, skill = providers.models.Provider, providers.models.Skill
    ids = session.scalars(
        select(provider.account_id)
        .join(skill, skill.provider_id == provider.account_id)
        .where(provider.market_id == market_id, skill.category_id == category_id)
        .order_by(provider.account_id)
    ).all()
    for first in range(0, len(ids), _BATCH):
        session.execute(_DERIVE, {"ids": ids[first : first + _BATCH], "as_of": now})
    session.execute(_BEST_OF_ONE, {"market_id": market_id, "category_id": category_id})


def sizes(session: Session) -> Sequence[Row[Any]]:
    """The index's table and each of its indexes, in bytes."""
    return session.execute(
        text(
            "SELECT 'search_index' AS name, pg_table_size('search_index') AS bytes"
            " UNION ALL SELECT indexrelname::text, pg_relation_size(indexrelid)"
            " FROM pg_stat_user_indexes WHERE relname = 'search_index' ORDER BY 1"
        )
    ).all()
