"""The Zhejiang campaign, played into a database of its own.

It takes about a minute, so scenario, route and browser tests share it, and so do the processes of one run: the first
plays, the others copy. It is kept while no line of the product changes. The played database is a copy of the pristine
test database; tests that commit elsewhere never touch it, and each test here is rolled back.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection

from casework.accounts.models import User
from casework.local import paths
from casework.local.locks import held
from casework.local.pytest_database import _as_owner, owner_connection

#: The morning on which the tests walk through the demo.
MORNING = "2021-12-16 09:30"
#: What the played campaign depends on.
_PRODUCT = ("casework", "units", "evidence", "cases")
_SOURCES = frozenset({".py", ".yaml", ".json", ".csv", ".txt"})


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
    # Nothing is synchronised here, so copying the files takes half of what writing them to the log takes.
    _as_owner(f'create database "{name}" template "{template}" strategy file_copy')
    try:
        yield name
    finally:
        _as_owner(f'drop database if exists "{name}" with (force)')


def _product_digest() -> str:
    digest = hashlib.sha256()
    for folder in _PRODUCT:
        for path in sorted((paths.CHECKOUT / folder).rglob("*")):
            if path.suffix in _SOURCES:
                digest.update(path.relative_to(paths.CHECKOUT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _kept_campaign(pristine: str, django_db_blocker: Any) -> str:
    """Return the name of the database that holds the campaign; play it when this product never did here."""
    from django.test import override_settings

    from casework.scenarios.zhejiang_2021.play import play

    kept = f"casework_played_{_product_digest()}"
    with owner_connection("postgres") as owner:
        known = [
            name for (name,) in owner.execute("select datname from pg_database where datname ^@ 'casework_played_'")
        ]
    if kept in known:
        return kept
    for old in known:
        _as_owner(f'drop database "{old}" with (force)')
    with copy_of(pristine, f"{kept}_half") as half:
        with django_db_blocker.unblock(), connected_to(half), override_settings(CASEWORK_NOW=MORNING):
            play(lambda _text: None)
        _as_owner(f'create database "{kept}" template "{half}" strategy file_copy')
    return kept


@pytest.fixture(scope="session")
def played_campaign(django_db_setup: None, django_db_blocker: Any) -> Iterator[Played]:
    """A copy of the played campaign for this run."""
    from django.conf import settings

    test_database = connection.settings_dict["NAME"]
    with held(paths.run_dir(settings.CASEWORK_HOME) / "played.lock"):
        kept = _kept_campaign(f"{test_database}_pristine", django_db_blocker)
    rows = json.loads((settings.CASEWORK_HOME / "demo-accounts.json").read_text(encoding="utf-8"))
    with copy_of(kept, f"{test_database}_played") as database:
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
