"""The commands a person or a process manager types: ``flask jobbing ...``.

Hides: that each command reads the settings once, and that a mistake in them or in the
words typed is one clear line and exit code 2, never a stack trace.
"""

from __future__ import annotations

import functools
import gc
import io
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, NoReturn

import click
from flask import Flask
from rich import progress
from rich.console import Console
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from jobbing_api import (
    accounts,
    clock,
    database,
    doctor,
    errors,
    files,
    firebase,
    markets,
    matching,
    offers,
    play,
    processes,
    queue,
    schema,
    seeding,
    settings,
    tasks,
    telemetry,
    words,
)
from jobbing_api.jobs import models as jobs_models
from jobbing_api.matching import plans


@click.group("jobbing", context_settings={"help_option_names": ["-h", "--help"]})
def group() -> None:
    """Run and look after Jobbing. Each command has its own --help."""


def create_app() -> Flask:
    """What ``flask --app jobbing_api.cli`` loads: the commands and nothing else, so
    that their help needs no settings and a mistake in those is one line."""
    app = Flask("jobbing", static_folder=None)
    app.cli.add_command(group)
    return app


def refuse(line: str) -> NoReturn:
    """End the command with one line on standard error and exit code 2."""
    click.echo(f"jobbing: {line}", err=True)
    sys.exit(2)


def command(run: Callable[..., None]) -> Callable[..., None]:
    """Give a command its settings, and words instead of stack traces."""

    @functools.wraps(run)
    def wrapped(**arguments: Any) -> None:
        # What is loaded by now stays to the end. Going through it once more on the way out is
        # most of the time that a process takes to stop.
        gc.freeze()
        try:
            run(settings.from_environment(), **arguments)
        except settings.UnsafeSettings as error:
            refuse(str(error))
        except OperationalError as error:
            refuse(f"the database does not answer: {str(error.orig).splitlines()[0]}")
        except errors.DomainError as error:
            wrong = "; ".join(f"{name}: {', '.join(said)}" for name, said in error.fields.items())
            refuse(f"{error.slug.replace('-', ' ')}{': ' + wrong if wrong else ''}")

    return wrapped


def _stopping() -> threading.Event:
    """An event that SIGTERM and Ctrl-C set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _serve_figures(config: settings.Settings) -> None:
    if config.metrics_port is None:
        return
    try:
        telemetry.serve(config.metrics_port)
    except OSError as taken:
        refuse(f"METRICS_PORT: {config.metrics_port}: {taken.strerror}")


def _connected(config: settings.Settings) -> Engine:
    telemetry.configure(config)
    queue.connect(config.redis_url)
    files.connect(config.files_url)
    return database.connect(config.database_url)


@group.command("migrate")
@command
def migrate(config: settings.Settings) -> None:
    """Bring the database to the newest schema. Run twice, it does nothing."""
    engine = _connected(config)
    ran = schema.migrate(engine)
    with database.transaction() as session:
        markets.sync_categories(session)
    click.echo(f"schema: {', '.join(ran) + ' applied' if ran else 'nothing to do'}")


@group.command("worker")
@command
def worker(config: settings.Settings) -> None:
    """Work off background tasks: open waves, ring phones, send mails, tend photos.

    SIGTERM finishes what has left for the phones, gives the rest of the task at hand back,
    and ends within ten seconds.
    """
    # A wrong account refuses to start here, rather than at the first push.
    firebase.service_account(config)
    _connected(config)
    _serve_figures(config)
    with processes.alive("worker") as process_id:
        tasks.configure(config, process_id)
        queue.work(config.redis_url)


@group.command("clock")
@command
def run_clock(config: settings.Settings) -> None:
    """Make happen what is due. Any number may run; one leads, the others wait."""
    firebase.service_account(config)
    engine = _connected(config)
    _serve_figures(config)
    with processes.alive("clock"):
        clock.run(engine, _stopping())


@group.command("doctor")
@command
def examine(config: settings.Settings) -> None:
    """Say what is stuck, and what to do about it. Changes nothing.

    Looks at the database, Redis, workers and clocks, at jobs and lines that are overdue, at
    what Google refused, at people whose phones cannot be rung, at mails, and at photos and
    where they lie, where it writes a few bytes and removes them. Ends with 0 if all is well,
    else with 1.
    """
    _connected(config)
    with database.transaction() as session:
        found = list(doctor.examine(session, now=datetime.now(UTC)))
    for one in found:
        click.echo(f"{'  ' if one.do is None else '! '}{one.subject:8} {one.seen}")
        if one.do is not None:
            click.echo(f"{'':11}-> {one.do}")
    if any(one.do is not None for one in found):
        sys.exit(1)


@group.group("photos")
def photos() -> None:
    """Look after photos and papers, and the folder or bucket they lie in."""


@photos.command("sweep")
@command
def sweep_photos(config: settings.Settings) -> None:
    """Remove objects that no photo of the database leads to.

    After a restore: what was brought since the backup is known to nobody any more. Leaves
    alone what is younger than a day. Lists the whole store.
    """
    _connected(config)
    removed = files.sweep(now=datetime.now(UTC))
    click.echo(f"{removed:,} {'photo' if removed == 1 else 'photos'} removed")


@group.command("operator")
@click.argument("email")
@click.option("--market", "slugs", multiple=True, required=True, help="Market slug; repeatable.")
@click.option("--level", type=click.Choice(["read", "act"]), default="act", show_default=True)
@click.password_option(
    "--password",
    required=False,
    default=None,
    prompt="Password (empty: the account exists and keeps its own)",
    prompt_required=False,
)
@command
def operator(
    config: settings.Settings, email: str, slugs: tuple[str, ...], level: str, password: str | None
) -> None:
    """Make EMAIL an operator of one or more markets.

    The only way to become one. The account is made if there is none yet; then give
    --password.
    """
    _connected(config)
    with database.transaction() as session:
        account = accounts.make_operator(
            session,
            email=email,
            market_slugs=list(slugs),
            level=level,
            password=password or None,
            now=datetime.now(UTC),
        )
        click.echo(f"{account.email} may {level} in {', '.join(slugs)}")


@group.command("rank")
@click.argument("job", type=click.UUID)
@click.option(
    "--explain",
    is_flag=True,
    help="Show each part of every score, who fell out and why, and what the search read.",
)
@command
def rank(config: settings.Settings, job: uuid.UUID, explain: bool) -> None:
    """Rank the providers for JOB as of now, without asking anybody.

    The best of everybody in reach, best first. A score is the sum of its parts, each
    from 0 to 1 and weighed by the policy in force. --explain takes the sums apart, and
    tells of every statement that was asked how many rows of the search index and how
    many pages of 8 KiB it read: "hit" in the database's memory, "read" from outside it.
    """
    _connected(config)
    with database.transaction() as session:
        found = session.get(jobs_models.Job, job)
        if found is None:
            refuse(f"there is no job {job}")
        listening: AbstractContextManager[list[plans.Figures]] = (
            plans.listening(session) if explain else nullcontext([])
        )
        with listening as figures:
            ranking = offers.explain(session, found, now=datetime.now(UTC))
    click.echo(
        f"{_people(ranking.in_reach)} in reach judged, {ranking.ranked} of them could come; "
        f"{ranking.eligible} eligible nearby."
    )
    click.echo(
        "That is everybody in reach."
        if ranking.complete
        else "Those are the nearest. The best below are of everybody in reach, known without"
        " judging the others."
    )
    if ranking.candidates:
        click.echo(f"\n{'':4}{'score':>6}  {'provider':36}  {'distance':>10}  starts (UTC)")
    for place, one in enumerate(ranking.candidates, start=1):
        click.echo(
            f"{place:3} {one.score:6.4f}  {one.provider_id}  {_km(one.distance_m)}"
            f"  {one.starts_at:%a %d %b %H:%M}"
            f"{', outside their hours' if one.outside_hours else ''}"
        )
        if explain:
            _tell_parts(one)
    if explain:
        _tell_near_misses(ranking)
        _tell_figures(figures)


def _people(number: int) -> str:
    return f"{number:,} {'person' if number == 1 else 'people'}"


def _km(distance_m: float) -> str:
    return f"{distance_m / 1000:7.2f} km"


def _tell_parts(one: matching.Candidate) -> None:
    for name, part in one.parts.items():
        click.echo(
            f"{'':12}{name:16}{part.value:7.4f} x {part.weight:6.4f} ="
            f" {part.value * part.weight:7.4f}"
        )
    click.echo(f"{'':12}{'sum':16}{'':18} {one.score:7.4f}")


def _tell_near_misses(ranking: matching.Ranking) -> None:
    if not ranking.near_misses:
        return
    counts = sorted(ranking.fell_out.items(), key=lambda pair: (-pair[1], pair[0]))
    click.echo(f"\nFell out: {', '.join(f'{name} {number}' for name, number in counts)}")
    click.echo(f"The nearest of them:\n{'':4}{'distance':>10}  {'provider':36}  filter")
    for one in ranking.near_misses:
        click.echo(f"{'':4}{_km(one.distance_m)}  {one.provider_id}  {one.filter}")


def _tell_figures(figures: Sequence[plans.Figures]) -> None:
    click.echo(f"\n{'statement':10}{'rows read':>12}{'pages hit':>12}{'pages read':>12}{'ms':>12}")
    sums = [0, 0, 0, 0.0]
    for one in figures:
        numbers = (one.rows_read, one.pages_hit, one.pages_read, one.duration_ms)
        sums = [sum(pair) for pair in zip(sums, numbers, strict=True)]
        click.echo(_figures_line(one.name, *numbers))
    click.echo(_figures_line("total", *sums))


def _figures_line(name: str, rows: float, hit: float, read: float, milliseconds: float) -> str:
    return f"{name:10}{rows:12,}{hit:12,}{read:12,}{milliseconds:12,.2f}"


@group.group("index")
def index() -> None:
    """Look after the search index, which ranking reads instead of the tables people
    write to.

    It keeps itself true: whatever changes a source brings its rows up to date in the
    same transaction. These commands make it anew, prove it, and take the numbers that
    change too often for that.
    """


@index.command("rebuild")
@command
def rebuild_index(config: settings.Settings) -> None:
    """Take the baselines and make the whole index anew, in one transaction.

    After a restore, when check found something, or so that rows of one neighbourhood
    lie side by side again. Searches go on with the old rows meanwhile; whoever changes
    a profile, a calendar or a booking waits, and is refused after five seconds: for a
    town a quiet minute will do, for a country choose the hour.
    """
    _connected(config)
    began_at = time.monotonic()
    with database.transaction() as session, _counting("Providers") as tell:
        _take_your_time(session)
        matching.index.rebuild(session, now=datetime.now(UTC), tell=tell)
        rows = session.scalar(select(func.count()).select_from(matching.models.Indexed))
    click.echo(f"{rows:,} rows in {time.monotonic() - began_at:.1f} s")


@index.command("check")
@click.option(
    "--at-most",
    type=click.IntRange(1, 1_000_000),
    default=100,
    show_default=True,
    help="Stop after so many differences.",
)
@command
def check_index(config: settings.Settings, at_most: int) -> None:
    """Compare every row of the index with what its sources say.

    Changes nothing and holds nobody up. Prints a line for each difference: missing (in
    the sources only), left over (in the index only) or different. Ends with 0 if there
    is none, else with 1; rebuild mends them all.
    """
    _connected(config)
    with database.transaction() as session:
        _take_your_time(session)
        found = matching.index.check(session, at_most=at_most)
        slugs = {one.id: one.slug for one in markets.all_categories(session)}
        rows = session.scalar(select(func.count()).select_from(matching.models.Indexed))
    for one in found:
        click.echo(
            f"{one.what:10}  {one.provider_id}  {slugs.get(one.category_id, one.category_id)}"
        )
    if found:
        stopped = " or more" if len(found) == at_most else ""
        click.echo(f"jobbing: the index differs in {len(found):,} rows{stopped}", err=True)
        sys.exit(1)
    click.echo(f"{rows:,} rows equal their sources")


@index.command("baselines")
@command
def baselines(config: settings.Settings) -> None:
    """Take the mean ratings and rules that people's figures are judged by.

    The clock does so every hour. By hand after a new policy changed how ratings or
    records are counted: until then its searches are as exact and slower. Where a mean
    or a rule moved, the rows of that category are derived anew, and whoever changes a
    profile meanwhile waits, as in rebuild.
    """
    _connected(config)
    now = datetime.now(UTC)
    with database.transaction() as session:
        _take_your_time(session)
        due = matching.index.baselines_due(session, now=now)
    for market_id, category_id in due:
        with database.transaction() as session:
            _take_your_time(session)
            matching.index.take_baseline(session, market_id, category_id, now=now)
    click.echo(f"{len(due)} moved" if due else "none moved")


def _take_your_time(session: Session) -> None:
    """A whole index takes longer than anybody waits for an answer."""
    session.execute(text("SET LOCAL statement_timeout = 0"))


@contextmanager
def _counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, nothing elsewhere: the block tells how many of how many."""
    console = Console(stderr=True)
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(bar_width=30),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
    )
    with progress.Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


@group.command("seed")
@click.option("--place", required=True, help="A real town, such as Lyon or Kyoto.")
@click.option("--country", help="Two letters, such as FR, where several towns share the name.")
@click.option(
    "--providers", type=click.IntRange(0, seeding.MOST_PEOPLE), default=2000, show_default=True
)
@click.option(
    "--residents",
    type=click.IntRange(0, seeding.MOST_PEOPLE),
    help="A tenth of the providers unless given.",
)
@click.option(
    "--seed",
    "dice",
    type=click.IntRange(0, seeding.MOST_SEED - 1),
    default=1,
    show_default=True,
    help="The same number draws the same people.",
)
@command
def seed(
    config: settings.Settings,
    place: str,
    country: str | None,
    providers: int,
    residents: int | None,
    dice: int,
) -> None:
    """Draw made-up residents and providers over a real town, by population.

    Makes the market if there is none. Whoever is there already stays: interrupted or
    run twice, it adds who is missing. Prints whom to sign in as.
    """
    if not config.development:
        refuse("seed draws made-up people, who have no place in production.")
    _connected(config)
    try:
        seeded = seeding.seed(
            place=place,
            country=country.upper() if country else None,
            providers=providers,
            residents=residents,
            seed=dice,
            now=datetime.now(UTC),
        )
    except (seeding.UnknownPlace, seeding.NoGazetteer) as error:
        refuse(str(error))
    click.echo(f"Sign in with the password {seeded.password} as")
    for role, email in (
        ("a resident", seeded.resident_email),
        ("a provider", seeded.provider_email),
        ("an operator", seeded.operator_email),
    ):
        if email is not None:
            click.echo(f"  {role:12} {email}")


@group.command("play")
@click.option(
    "--story",
    type=click.Choice([*play.STORIES, "all"]),
    default="all",
    show_default=True,
    help="Which story, or all of them one after the other.",
)
@click.option("--base-url", help="Where the API is served; the settings' BASE_URL if not given.")
@click.option("--push-url", help="Where the stand-in for Google is; PUSH_URL if not given.")
@click.option("--market", help="Slug of the market to play in; the first if not given.")
@click.option("--place", help="Play in the market that holds this town.")
@click.option(
    "--language",
    type=click.Choice(words.LANGUAGES),
    default="en",
    show_default=True,
    help="In which it is told.",
)
@command
def play_stories(
    config: settings.Settings,
    story: str,
    base_url: str | None,
    push_url: str | None,
    market: str | None,
    place: str | None,
    language: str,
) -> None:
    """Play stories through the running system, as its people's phones would.

    \b
    gutter  a clogged gutter: ranked, asked, two accept at once, one comes;
            to both reviews
    garden  a hedge: three name a price, one is chosen, the order grows,
            something is put right, it is paid, and comes again next month
    backup  a wardrobe: whoever accepted cannot come, and the next in line
            is asked first and does

    Needs a seeded town (flask jobbing seed) and a running web server, worker and
    clock. Asks over HTTP only. Ends with 0 if every step happened, else with 1 and the
    step that did not.
    """
    if config.push != "local":
        refuse("play looks at the phones of the stand-in: it needs PUSH=local.")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows no euro sign is no reason to stop.
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False)
    try:
        play.play(
            tuple(play.STORIES) if story == "all" else (story,),
            base_url=base_url or config.base_url,
            push_url=push_url or config.push_url,
            push_ca=config.push_ca,
            market=market,
            place=place,
            language=language,
            now=datetime.now(UTC),
            console=console,
        )
    except play.Failed as failed:
        play.tell_failed(console, play.Words(language), failed.step, failed.seen)
        sys.exit(1)
