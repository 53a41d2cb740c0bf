"""The commands that look after the search index, and the one that explains a ranking."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from jobbing_api import cli, database, markets, matching, offers, providers, queue
from jobbing_api.jobs import models as jobs_models
from jobbing_api.matching import plans
from tests import factories
from tests.conftest import Servers

Run = Callable[..., Any]


@pytest.fixture
def run(own_database: Engine, test_servers: Servers, tmp_path: Path) -> Iterator[Run]:
    """What a command says in a database of the test's own, and its exit code."""
    environ = {
        "JOBBING_ENV": "development",
        "DATABASE_URL": own_database.url.render_as_string(hide_password=False),
        "REDIS_URL": test_servers.redis.url,
        "SECRET_KEY": "development-secret-of-the-test-run-only",
        "PUSH": "local",
        "PUSH_URL": "https://127.0.0.1:9",
        "FIREBASE_CREDENTIALS": "none.json",
        "FILES_URL": (tmp_path / "files").as_uri(),
    }

    def command(*words: str) -> Any:
        runner = cli.create_app().test_cli_runner()
        done = runner.invoke(args=["jobbing", *words], env=environ)
        with database.transaction() as session:
            engine = session.get_bind()
        assert isinstance(engine, Engine)
        engine.dispose()
        database.bind(own_database)
        return done

    yield command
    queue.disconnect()


def town(people: int = 30) -> uuid.UUID:
    """A job in a town of its people, one of whom speaks no French, another of whom lives
    too far; returns the job's id."""
    now = datetime.now(UTC)
    with database.transaction() as session:
        first = factories.provider(session, now=now, name="Karim Secret")
        bases = [factories.north(factories.LYON, 150 * n) for n in range(1, people)]
        factories.neighbours(session, first, bases)
        factories.provider(session, languages=["de"], now=now)
        factories.provider(session, base=factories.north(factories.LYON, 30_000), now=now)
        return factories.job(session, now=now, languages=["fr"]).id


# --- index -----------------------------------------------------------------------------------


def test_an_index_that_is_true_is_said_to_be_in_one_line(run: Run) -> None:
    town()
    done = run("index", "check")
    assert (done.exit_code, done.output) == (0, "32 rows equal their sources\n")


def test_every_difference_is_a_line_and_rebuilding_mends_them(
    run: Run, own_database: Engine
) -> None:
    town()
    with own_database.begin() as connection:
        ids = connection.scalars(text("SELECT provider_id FROM search_index ORDER BY 1")).all()
        missing, different, left_over = ids[3], ids[5], uuid.uuid4()
        connection.execute(
            text("DELETE FROM search_index WHERE provider_id = :id"), {"id": missing}
        )
        connection.execute(
            text("UPDATE search_index SET standing = 7 WHERE provider_id = :id"), {"id": different}
        )
        connection.execute(
            text(
                "CREATE TEMPORARY TABLE copied ON COMMIT DROP AS"
                " SELECT * FROM search_index WHERE provider_id = :like"
            ),
            {"like": ids[0]},
        )
        connection.execute(text("UPDATE copied SET provider_id = :id"), {"id": left_over})
        connection.execute(text("INSERT INTO search_index SELECT * FROM copied"))
    done = run("index", "check")
    assert done.exit_code == 1
    lines = {tuple(re.split(r"\s{2,}", line)) for line in done.stdout.splitlines()}
    assert lines == {
        ("missing", str(missing), "gutter-cleaning"),
        ("different", str(different), "gutter-cleaning"),
        ("left over", str(left_over), "gutter-cleaning"),
    }
    assert done.stderr == "jobbing: the index differs in 3 rows\n"
    some = run("index", "check", "--at-most", "2")
    assert (some.exit_code, len(some.stdout.splitlines())) == (1, 2)
    assert some.stderr == "jobbing: the index differs in 2 rows or more\n"

    mended = run("index", "rebuild")
    assert mended.exit_code == 0
    assert re.fullmatch(r"32 rows in \d+\.\d s\n", mended.output)
    assert run("index", "check").exit_code == 0


def test_baselines_move_once(run: Run, own_database: Engine) -> None:
    town()
    with database.transaction() as session:
        categories = len(markets.all_categories(session))
    assert run("index", "baselines").output == f"{categories} moved\n"
    assert run("index", "baselines").output == "none moved\n"
    with own_database.connect() as connection:
        standings = connection.scalars(text("SELECT DISTINCT standing FROM search_index")).all()
    assert all(standing < 1000 for standing in standings)
    assert run("index", "check").exit_code == 0


@pytest.mark.parametrize(
    "words", [("index", "mend"), ("index", "check", "--at-most", "0"), ("rank", "seven")]
)
def test_words_that_make_no_sense_end_with_two(words: tuple[str, ...]) -> None:
    done = cli.create_app().test_cli_runner().invoke(args=["jobbing", *words])
    assert done.exit_code == 2


def test_a_database_that_is_away_is_one_line(test_servers: Servers) -> None:
    environ = {
        "JOBBING_ENV": "development",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
        "REDIS_URL": test_servers.redis.url,
        "SECRET_KEY": "development-secret-of-the-test-run-only",
        "PUSH": "local",
        "PUSH_URL": "https://127.0.0.1:9",
        "FIREBASE_CREDENTIALS": "none.json",
    }
    for words in (("check",), ("rebuild",), ("baselines",)):
        runner = cli.create_app().test_cli_runner()
        done = runner.invoke(args=["jobbing", "index", *words], env=environ)
        assert done.exit_code == 2
        assert done.output.startswith("jobbing: the database does not answer: ")
    queue.disconnect()


# --- rank ------------------------------------------------------------------------------------


def test_a_ranking_is_a_short_table_of_nobodys_name(run: Run) -> None:
    done = run("rank", str(town()))
    assert done.exit_code == 0
    head, whole, empty, columns, *rows = done.output.splitlines()
    assert head == "31 people in reach judged, 30 of them could come; 30 eligible nearby."
    assert whole == "That is everybody in reach."
    assert (empty, columns.split()) == ("", ["score", "provider", "distance", "starts", "(UTC)"])
    assert len(rows) == 20
    assert "Secret" not in done.output
    # Every column stands under the one above.
    assert len({len(row) for row in rows}) == 1
    scores = [float(row.split()[1]) for row in rows]
    assert scores == sorted(scores, reverse=True)


def test_an_explained_ranking_adds_up(run: Run) -> None:
    done = run("rank", str(town()), "--explain")
    assert done.exit_code == 0
    products: list[float] = []
    sums = 0
    for line in done.output.splitlines():
        part = re.fullmatch(r" {12}([a-z]+) +([\d.]+) x +([\d.]+) = +([\d.]+)", line)
        if part:
            value, weight, product = map(float, part.groups()[1:])
            assert product == pytest.approx(value * weight, abs=2e-4)
            products.append(product)
        elif line.strip().startswith("sum "):
            assert float(line.split()[1]) == pytest.approx(sum(products), abs=3e-4)
            products, sums = [], sums + 1
    assert sums == 20
    assert "Fell out: language 1" in done.output.splitlines()
    assert re.search(r"\n +0\.00 km  [-0-9a-f]{36}  language\n", done.output)
    assert "Secret" not in done.output

    *_, columns, best, nearest, total = done.output.splitlines()
    assert re.split(r"\s{2,}", columns) == [
        "statement",
        "rows read",
        "pages hit",
        "pages read",
        "ms",
    ]
    figures = {
        line.split()[0]: [float(one.replace(",", "")) for one in line.split()[1:]]
        for line in (best, nearest, total)
    }
    assert list(figures) == ["best", "nearest", "total"]
    for column in range(4):
        parts = [figures[name][column] for name in ("best", "nearest")]
        assert figures["total"][column] == pytest.approx(sum(parts), abs=0.02)
    assert figures["nearest"][0] >= 31
    assert len({len(line) for line in (columns, best, nearest, total)}) == 1


def test_a_job_there_is_none_of_is_refused(run: Run) -> None:
    job = uuid.uuid4()
    done = run("rank", str(job))
    assert (done.exit_code, done.output) == (2, f"jobbing: there is no job {job}\n")


# --- plans -----------------------------------------------------------------------------------


def question(session: Session, now: datetime, **changes: Any) -> tuple[Any, markets.Policy]:
    starts_at = now.replace(hour=6, minute=0) + timedelta(days=1)
    market_id = markets.market_by_slug(session, "lyon").id
    values: dict[str, Any] = {
        "job_id": uuid.uuid4(),
        "market_id": market_id,
        "category_id": markets.category_by_slug(session, "gutter-cleaning").id,
        "resident_id": uuid.uuid4(),
        "place": factories.LYON,
        "window_from": starts_at,
        "window_to": starts_at + timedelta(hours=10),
        "duration_minutes": 90,
        "urgency": "scheduled",
        "budget_kind": "fixed",
        "budget_cents": 9_000,
    } | changes
    policy = markets.policy_in_force(
        session,
        market_id=market_id,
        category_id=values["category_id"],
        urgency=values["urgency"],
        now=now,
    )
    return matching.Request(**values), policy


def read_by(figures: list[plans.Figures]) -> dict[str, int]:
    return {one.name: one.rows_read for one in figures}


def test_every_row_a_search_reads_is_counted(session: Session, now: datetime) -> None:
    first = factories.provider(session, now=now)
    bases = [factories.north(factories.LYON, 25 * n) for n in range(1, 500)]
    factories.neighbours(session, first, bases)
    factories.neighbours(session, first, [factories.north(factories.LYON, 300_000)] * 50)
    session.flush()
    request, policy = question(session, now)
    # What this transaction changed is settled first, at which the search asks again.
    matching.rank(session, request, policy, 10, now=now, purpose=None)
    # Which index is read is the planner's choice, by what it last counted: in a table that
    # other tests fill and empty again, that may be anything.
    session.execute(text("ANALYZE search_index"))
    [judged] = plans.explained(session, request, policy, 10, now=now, judge="everybody")
    # 500 to judge them, and some of them more to know the density: each as an entry of an
    # index, and where that leads to it, as a row.
    assert judged.name == "judged"
    assert 500 + 50 <= judged.rows_read <= 6 * 550
    assert judged.pages_hit + judged.pages_read > 0
    assert judged.duration_ms > 0

    asked = plans.explained(session, request, policy, 10, now=now)
    assert [one.name for one in asked] == ["best"]
    # A street where everybody is as good as the next: each is passed in two indexes, in up
    # to four looks, and some for the density; those 300 km off are in none.
    assert 10 <= read_by(asked)["best"] <= (2 * 4 + 1) * 500
    near = plans.explained(session, request, policy, 10, now=now, judge="nearest")
    assert [one.name for one in near] == ["best", "nearest"]
    others = markets.category_by_slug(session, "furniture-assembly").id
    nobody, _ = question(session, now, category_id=others)
    assert set(read_by(plans.explained(session, nobody, policy, 10, now=now)).values()) == {0}


def test_duty_is_asked_for_now_and_leaves_nothing_behind(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    person = factories.person(session, provider.account_id)
    providers.put_presence(session, person, online=True, position=None, now=now)
    request, policy = question(
        session, now, urgency="now", window_from=now, window_to=now + timedelta(hours=4)
    )
    before = matching.rank(session, request, policy, 10, now=now, purpose=None)
    [duty] = plans.explained(session, request, policy, 10, now=now)
    assert (duty.name, duty.rows_read >= 1) == ("best", True)
    after = matching.rank(session, request, policy, 10, now=now, purpose=None)
    assert after == before
    assert not session.scalar(
        text("SELECT count(*) FROM pg_prepared_statements WHERE name = 'jobbing_explained'")
    )
    assert not session.scalar(text("SELECT count(*) FROM searches"))
    assert session.scalar(text("SHOW plan_cache_mode")) == "auto"


def test_whatever_may_be_asked_can_be_explained(session: Session, now: datetime) -> None:
    """Each kind of parameter that may be null or empty, in every statement."""
    provider = factories.provider(session, now=now)
    for urgency in ("now", "scheduled", "flexible"):
        for changes in (
            {},
            {"budget_kind": "quote", "budget_cents": None},
            {"budget_kind": "hourly", "budget_cents": 4_000},
            {"languages": ("fr",), "needs": ("ladder",), "papers": ("insurance",)},
            {"leave_out": frozenset({uuid.uuid4()}), "radius_step": 1},
            {"outside_hours": True},
            {"only": [provider.account_id]},
        ):
            request, policy = question(session, now, urgency=urgency, **changes)
            for judge in ("best", "nearest", "everybody"):
                assert plans.explained(session, request, policy, 3, now=now, judge=judge)


def test_an_explained_ranking_is_the_ranking(session: Session, now: datetime) -> None:
    first = factories.provider(session, now=now)
    factories.neighbours(session, first, [factories.north(factories.LYON, 500)] * 20)
    job = factories.job(session, now=now)
    assert isinstance(job, jobs_models.Job)
    plain = offers.explain(session, job, now=now)
    with plans.listening(session) as figures:
        explained = offers.explain(session, job, now=now)
    assert explained == plain
    assert figures


# --- photos -----------------------------------------------------------------------------------


def test_objects_without_rows_are_swept_by_hand(run: Run, tmp_path: Path) -> None:
    # An id of another kind is none that a row ever had.
    orphan = tmp_path / "files" / "00" / str(uuid.UUID(int=0))
    orphan.mkdir(parents=True)
    (orphan / "full").write_bytes(b"picture")
    swept = run("photos", "sweep")
    assert (swept.exit_code, swept.output) == (0, "1 photo removed\n")
    assert not orphan.exists()
    assert run("photos", "sweep").output == "0 photos removed\n"
