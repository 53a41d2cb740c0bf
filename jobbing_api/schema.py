"""The schema as a whole: every table of every room, and how a database gets there.

Hides: alembic. Importing this module makes ``database.Base.metadata`` complete.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData
from sqlalchemy.orm import Session

from jobbing_api import database, history, mail, matching, processes
from jobbing_api.accounts import models as accounts_models
from jobbing_api.api import idempotency
from jobbing_api.files import models as files_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.markets import models as markets_models
from jobbing_api.matching import models as matching_models
from jobbing_api.notifications import models as notifications_models
from jobbing_api.offers import models as offers_models
from jobbing_api.providers import models as providers_models

#: Every room that keeps tables, lowest first.
ROOMS = (
    processes,
    history,
    mail,
    files_models,
    markets_models,
    accounts_models,
    notifications_models,
    providers_models,
    matching_models,
    jobs_models,
    offers_models,
    idempotency,
)


def metadata() -> MetaData:
    """All tables as the models declare them."""
    return database.Base.metadata


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(engine: Engine) -> list[str]:
    """Bring the database to the newest revision; returns the revisions that ran.

    An advisory lock makes several processes that start at once take turns.
    """
    before = current(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_lock(hashtext('jobbing.migrate'))")
        connection.commit()
        try:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            with Session(connection) as session:
                matching.install(session)
                session.commit()
        finally:
            connection.rollback()
            connection.exec_driver_sql("SELECT pg_advisory_unlock(hashtext('jobbing.migrate'))")
            connection.commit()
    after = current(engine)
    if after == before:
        return []
    script = ScriptDirectory.from_config(_config())
    ran = [revision.revision for revision in script.iterate_revisions(after, before)]
    return list(reversed(ran))


def current(engine: Engine) -> str | None:
    """The revision the database is at, None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The newest revision this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()
