"""What integration tests share: a town to race in, and Google's stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine

from tests.integration import racing


@pytest.fixture
def town(own_database: Engine, now: datetime) -> Iterator[racing.Town]:
    """A committed world; whatever was raced in it, it must be consistent at the end."""
    yield racing.Town(own_database, now)
    racing.assert_consistent(own_database)
