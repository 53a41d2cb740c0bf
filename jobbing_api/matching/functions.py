"""Functions of ours in the database: how one is told, and how they come there.

Hides: that processes of two versions run beside each other while one replaces the other.
The names of functions end with a mark of their texts, so that each finds its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

#: To plan takes longer than to run: one plan for all parameters.
ONE_PLAN = """
        SET plan_cache_mode = force_generic_plan"""
#: And by the indexes even where a table was empty, or never counted, when it was made.
SETTINGS = f"""{ONE_PLAN}
        SET enable_seqscan = off
        SET enable_bitmapscan = off"""

#: A parameter in a text.
PARAMETER = re.compile(r"(?<!:):([a-z][a-z_0-9]*)")


def definition(
    name: str, types: Mapping[str, str], returns: str, body: str, settings: str = ""
) -> str:
    """A function as PostgreSQL is told it; ``:name`` is a parameter, or a variable."""

    def named(found: re.Match[str]) -> str:
        if found[1] in types:
            return f"p_{found[1]}"
        assert f"v_{found[1]} " in body, found[1]
        return f"v_{found[1]}"

    told = ", ".join(f"p_{one} {type_}" for one, type_ in types.items())
    return f"""CREATE FUNCTION {name} ({told}) RETURNS {returns}
        LANGUAGE plpgsql STABLE PARALLEL SAFE{settings} AS $$
        #variable_conflict use_column
        {PARAMETER.sub(named, body)} $$"""


#: Makes functions by name; all their names end with the mark it is given.
Make = Callable[[str], Mapping[str, str]]


def mark(make: Make) -> str:
    """What the names of these functions end with, which changes with their texts."""
    return hashlib.sha256("".join(make("").values()).encode()).hexdigest()[:10]


def install(session: Session, make: Make) -> None:
    """Put the functions into the database, if they are not there. Those of the version
    before stay, for processes that are still running it; older ones go."""
    there = session.execute(
        text(
            "SELECT proname, right(proname, 10) AS mark FROM pg_proc"
            " WHERE proname ~ '^search_[a-z]+_[0-9a-f]{10}$' ORDER BY oid DESC"
        )
    ).all()
    marks = list(dict.fromkeys(row.mark for row in there))
    ours = mark(make)
    if ours in marks:
        return
    for row in there:
        if row.mark in marks[1:]:
            session.execute(text(f"DROP FUNCTION {row.proname}"))
    for function in make(ours).values():
        session.connection().exec_driver_sql(function)


def installed(session: Session, name: str) -> bool:
    """Whether there is a function of this name."""
    return bool(
        session.scalar(
            text("SELECT EXISTS (SELECT FROM pg_proc WHERE proname = :name)"), {"name": name}
        )
    )
