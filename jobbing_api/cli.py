"""The commands a person or a process manager types: ``flask jobbing ...``.

Hides: that each command reads the settings once, and that a mistake in them or in the
words typed is one clear line and exit code 2, never a stack trace.
"""

from __future__ import annotations

import functools
import io
import signal
import sys
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn

import click
from flask import Flask
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from jobbing_api import (
    accounts,
    clock,
    database,
    errors,
    firebase,
    markets,
    offers,
    play,
    queue,
    schema,
    seeding,
    settings,
    tasks,
    telemetry,
    words,
)
from jobbing_api.jobs import models as jobs_models


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


def _connected(config: settings.Settings) -> Engine:
    telemetry.configure(config)
    queue.connect(config.redis_url)
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
    """Work off background tasks: open waves, ring phones, send mails.

    SIGTERM finishes the task at hand and ends.
    """
    # A wrong account refuses to start here, rather than at the first push.
    firebase.service_account(config)
    _connected(config)
    tasks.configure(config)
    queue.work(config.redis_url)


@group.command("clock")
@command
def run_clock(config: settings.Settings) -> None:
    """Make happen what is due. Any number may run; one leads, the others wait."""
    firebase.service_account(config)
    clock.run(_connected(config), _stopping())


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
@click.option("--explain", is_flag=True, help="Show each part of the score and who fell out.")
@command
def rank(config: settings.Settings, job: uuid.UUID, explain: bool) -> None:
    """Rank the providers for JOB as of now, without asking anybody."""
    _connected(config)
    with database.transaction() as session:
        found = session.get(jobs_models.Job, job)
        if found is None:
            refuse(f"there is no job {job}")
        ranking = offers.explain(session, found, now=datetime.now(UTC))
    click.echo(
        f"{ranking.ranked} of {ranking.in_reach} in reach could come; "
        f"{ranking.eligible} eligible nearby"
    )
    for place, one in enumerate(ranking.candidates, start=1):
        parts = "  ".join(
            f"{name} {part.value:.2f} x {part.weight:g}" for name, part in one.parts.items()
        )
        click.echo(
            f"{place:3}  {one.score:.3f}  {one.provider_id}  {one.distance_m / 1000:5.1f} km"
            f"  {one.starts_at:%a %d %H:%M}{'  ' + parts if explain else ''}"
        )
    if explain:
        for name, number in sorted(ranking.fell_out.items(), key=lambda pair: -pair[1]):
            click.echo(f"     {number} fell out: {name}")


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
@click.option("--base-url", help="Where the API is served; the settings' BASE_URL if not given.")
@click.option("--push-url", help="Where the stand-in for Google is; PUSH_URL if not given.")
@click.option("--market", help="Slug of the market to play in; the first if not given.")
@click.option("--place", help="Play in the market that holds this town.")
@click.option("--language", type=click.Choice(words.LANGUAGES), default="en", show_default=True)
@command
def play_main_job(
    config: settings.Settings,
    base_url: str | None,
    push_url: str | None,
    market: str | None,
    place: str | None,
    language: str,
) -> None:
    """Play the main job through the running system, as its people's phones would.

    A clogged gutter in a seeded town, from the post to both reviews. Asks over HTTP
    only. Ends with 0 if every step happened, else with 1 and the step that did not.
    """
    if config.push != "local":
        refuse("play looks at the phones of the stand-in: it needs PUSH=local.")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows no euro sign is no reason to stop.
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False)
    try:
        play.play(
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
