"""The test database: made by the owner, used by the application role, restored after every test that commits."""

import hashlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from casework.local import paths
from casework.local.locks import held
from casework.local.pytest_restore import Before, look, put_back, put_sequences_back

#: What a migrated database is made of: when none of it changed since the last run, that run's database is copied.
_SCHEMA = (
    "*/migrations/*.py",
    "casework/*/migrations/*.py",
    "casework/core/roles.py",
    "casework/deadlines/apps.py",
    "casework/deadlines/services/calendar.py",
    "casework/deadlines/data/holidays.yaml",
    "requirements/*.lock",
)


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """Make the test database as the owner, then hand the connection to the application role."""
    from django.conf import settings
    from django.db import connection
    from django.test import TransactionTestCase

    verbosity = request.config.option.verbose
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
        # What a run cut short left behind is removed without a question.
        test_name = connection.settings_dict["TEST"]["NAME"]
        _as_owner(f'drop database if exists "{test_name}" with (force)')
        _as_owner(f'drop database if exists "{test_name}_pristine" with (force)')
        with held(paths.run_dir(settings.CASEWORK_HOME) / "migrated.lock"):
            _make_migrated(connection, max(verbosity - 1, 0))
        connection.close()
        with owner_connection() as looking:
            before = look(looking)
        _as_owner(f'create database "{test_name}_pristine" template "{test_name}" strategy file_copy')
        owner = dict(connection.settings_dict)
        _become_application(connection)
        case: Any = TransactionTestCase
        kept = case._fixture_setup, case._fixture_teardown
        case._fixture_setup = classmethod(lambda _case: _begin(before))
        case._fixture_teardown = lambda _case: _restore(before)
    yield
    with django_db_blocker.unblock():
        case._fixture_setup, case._fixture_teardown = kept
        connection.close()
        connection.settings_dict.update(owner)
        _as_owner(f'drop database if exists "{test_name}_pristine" with (force)')
        connection.creation.destroy_test_db(name, verbosity=0)


def _make_migrated(connection: Any, verbosity: int) -> None:
    """Make the test database: a copy of the last run's, or by migrating when the schema changed since."""
    from django.conf import settings

    migrated = f"casework_migrated_{_schema_digest()}"
    known = _migrated_databases()
    if migrated in known:
        _as_owner(
            f'create database "{connection.settings_dict["TEST"]["NAME"]}" template "{migrated}" strategy file_copy'
        )
        connection.close()
        connection.settings_dict["NAME"] = connection.settings_dict["TEST"]["NAME"]
        settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"]
        return
    connection.creation.create_test_db(verbosity=verbosity, autoclobber=True, serialize=False)
    connection.close()
    for old in known:
        _as_owner(f'drop database "{old}" with (force)')
    _as_owner(f'create database "{migrated}" template "{connection.settings_dict["NAME"]}" strategy file_copy')


def _schema_digest() -> str:
    digest = hashlib.sha256()
    for pattern in _SCHEMA:
        for path in sorted(paths.CHECKOUT.glob(pattern)):
            digest.update(path.relative_to(paths.CHECKOUT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrated_databases() -> list[str]:
    with owner_connection("postgres") as connection:
        rows = connection.execute("select datname from pg_database where datname like 'casework\\_migrated\\_%'")
        return [name for (name,) in rows.fetchall()]


def _become_application(connection: Any) -> None:
    from django.conf import settings

    if settings.DATABASE_URL:
        connection.settings_dict["OPTIONS"] = {"options": f"-c role={settings.CASEWORK_APP_ROLE}"}
    else:
        connection.settings_dict["USER"] = settings.CASEWORK_APP_ROLE


def _begin(before: Before | None) -> None:
    """Give a test that commits the same numbers each time, whatever was rolled back before it."""
    if before is not None:
        with owner_connection() as owner:
            put_sequences_back(owner, before)


def _restore(before: Before | None) -> None:
    """Put the database back after a test that committed: no privilege to empty tables is needed, nothing remains.

    Unlike the usual emptying of all tables this keeps what migrations wrote and covers the ledger's schema too.
    """
    from django.db import connection, connections

    name = connection.settings_dict["NAME"]
    connections.close_all()
    if before is not None:
        with owner_connection(name) as owner:
            if put_back(owner, before):
                return
    _as_owner(f'drop database "{name}" with (force)')
    # Nothing is synchronised here, so copying the files takes half of what writing them to the log takes.
    _as_owner(f'create database "{name}" template "{name}_pristine" strategy file_copy')


def owner_connection(database: str = "") -> "psycopg.Connection[tuple[Any, ...]]":
    """Open an autocommit connection as the owner, by default to the test database."""
    from django.conf import settings
    from django.db import connection

    target = database or connection.settings_dict["NAME"]
    if settings.DATABASE_URL:
        return psycopg.connect(settings.DATABASE_OWNER_URL, dbname=target, autocommit=True)
    host = str(paths.socket_dir(settings.CASEWORK_HOME))
    return psycopg.connect(host=host, user="casework", dbname=target, autocommit=True)


def _as_owner(statement: str) -> None:
    with owner_connection("postgres") as connection:
        connection.execute(statement)


@pytest.fixture
def owner(transactional_db: None) -> "Iterator[psycopg.Connection[tuple[Any, ...]]]":
    """Connect to the test database as its owner: the administrator whose tampering must be found."""
    with owner_connection() as connection:
        yield connection
