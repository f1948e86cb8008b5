"""Databases for measuring: migrated once, copied for each benchmark, used as the application's role, dropped."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from casework.local import paths

# Named after the state directory: on a server that is given, runs with folders of their own do not meet.
_PREFIX = connection.settings_dict["TEST"]["NAME"].replace("test", "bench", 1)
_PRISTINE = f"{_PREFIX}_pristine"


@contextmanager
def pristine() -> Iterator[str]:
    """Have a migrated database to copy from for the length of the block; gives the server's version."""
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = _PRISTINE
    own = dict(connection.settings_dict)
    _drop(_PRISTINE)
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        connection.close()
        _become_application()
        with as_owner("postgres") as owner:
            version = owner.execute("show server_version").fetchone()
        yield str(version[0]).split()[0] if version else "?"
    finally:
        connection.close()
        connection.settings_dict.update(own, NAME=name)
        _drop(_PRISTINE)


@contextmanager
def fresh(name: str) -> Iterator[str]:
    """Have an empty migrated database, and the connection on it, for the length of the block."""
    full = f"{_PREFIX}_{name}"
    connection.close()
    _drop(full)
    with as_owner("postgres") as owner:
        owner.execute(f'create database "{full}" template "{_PRISTINE}"')
    try:
        use(full)
        yield full
    finally:
        connection.close()
        _drop(full)


def use(full: str) -> None:
    """Turn the connection to the database."""
    connection.close()
    connection.settings_dict["NAME"] = full


def use_as_application(full: str) -> None:
    """Turn the connection of a process of its own to the database, as the application."""
    _become_application()
    use(full)


def owner_does(*statements: str) -> None:
    """Run what only the owner may: analyze, tables for comparison."""
    with as_owner(connection.settings_dict["NAME"]) as owner:
        for statement in statements:
            owner.execute(statement)


def as_owner(database: str) -> "psycopg.Connection[Any]":
    """Open an autocommit connection as the owner."""
    if settings.DATABASE_URL:
        return psycopg.connect(settings.DATABASE_OWNER_URL, dbname=database, autocommit=True)
    host = str(paths.socket_dir(settings.CASEWORK_HOME))
    return psycopg.connect(host=host, user="casework", dbname=database, autocommit=True)


def _become_application() -> None:
    if settings.DATABASE_URL:
        connection.settings_dict["OPTIONS"] = {"options": f"-c role={settings.CASEWORK_APP_ROLE}"}
    else:
        connection.settings_dict["USER"] = settings.CASEWORK_APP_ROLE


def _drop(name: str) -> None:
    with as_owner("postgres") as owner:
        owner.execute(f'drop database if exists "{name}" with (force)')
