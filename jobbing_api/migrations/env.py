"""Runs migrations on the connection it is handed, each in its own transaction.

Waiting for a lock must not stop the town: a migration that cannot have one within
seconds gives up and is run again at a quieter moment.
"""

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
context.configure(connection=connection, transaction_per_migration=True)
with context.begin_transaction():
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.execute(text("SET statement_timeout = 0"))
    context.run_migrations()
