"""The Zhejiang campaign, played once a run into a database of its own.

It takes about a minute, so scenario, route and browser tests share it. The played database is a copy of the pristine
test database; tests that commit elsewhere never touch it, and each test here is rolled back.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection

from casework.accounts.models import User
from casework.local.pytest_database import _as_owner

#: The morning on which the tests walk through the demo.
MORNING = "2021-12-16 09:30"


@dataclass(frozen=True)
class Played:
    """The played campaign: its database and what the start-up message knows of the accounts."""

    database: str
    accounts: dict[str, dict[str, str]]

    def user(self, username: str) -> User:
        """Return the account of that name, from the database in use."""
        return User.objects.get(username=username)

    def password(self, username: str) -> str:
        """Return the password that the scenario wrote down."""
        return self.accounts[username]["password"]

    def token(self, username: str) -> str:
        """Return the API token that the scenario wrote down, "" where the role holds none."""
        return self.accounts[username]["token"]


@contextmanager
def connected_to(database: str) -> Iterator[None]:
    """Point the default connection of all threads at another database."""
    kept = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = kept


@contextmanager
def copy_of(template: str, name: str) -> Iterator[str]:
    """Make a copy of a database for the time being."""
    _as_owner(f'drop database if exists "{name}" with (force)')
    _as_owner(f'create database "{name}" template "{template}"')
    try:
        yield name
    finally:
        _as_owner(f'drop database if exists "{name}" with (force)')


@pytest.fixture(scope="session")
def played_campaign(django_db_setup: None, django_db_blocker: Any) -> Iterator[Played]:
    """Play the campaign, once a run."""
    from django.conf import settings
    from django.test import override_settings

    from casework.scenarios.zhejiang_2021.play import play

    test_database = connection.settings_dict["NAME"]
    with copy_of(f"{test_database}_pristine", f"{test_database}_played") as database:
        with django_db_blocker.unblock(), connected_to(database), override_settings(CASEWORK_NOW=MORNING):
            play(lambda _text: None)
        rows = json.loads((settings.CASEWORK_HOME / "demo-accounts.json").read_text(encoding="utf-8"))
        yield Played(database, {row["username"]: row for row in rows})


@pytest.fixture
def _in_played_database(played_campaign: Played) -> Iterator[None]:
    with connected_to(played_campaign.database):
        yield


@pytest.fixture
def played(_in_played_database: None, played_campaign: Played, db: None, settings: Any) -> Played:
    """The played campaign on the morning of the demo; what a test writes is rolled back."""
    settings.CASEWORK_NOW = MORNING
    return played_campaign
