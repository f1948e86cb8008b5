"""Statements that every request puts: prepared once a session, for to parse and plan them costs more than to run them.

What they give comes in the database's binary form, which costs half as much to write and a quarter to read.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper

from casework.core.postgresql import direct


class _Prepared(psycopg.Cursor[Any]):
    """Prepares what it is given, and sends values apart from the text."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **{**options, "prepare": True, "binary": True})


class _PreparedRaw(psycopg.RawCursor[Any]):
    """The same for a text with ``$1``, ``$2`` …, which nobody reads again for its places."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **{**options, "prepare": True, "binary": True})


class _Repeated(psycopg.RawCursor[Any]):
    """Is prepared once it has been put a few times (``prepare_threshold``)."""


class _Binary(_Repeated):
    """The same, read in binary."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **{**options, "binary": True})


class _Logged(CursorDebugWrapper):
    """Notes the text as it is, for the values were never in it."""

    def execute(self, sql: Any, params: Any = None) -> Any:
        with self.debug_sql(sql, params):
            return super(CursorDebugWrapper, self).execute(sql, params)


def prepared(*, numbered: bool = False) -> CursorWrapper:
    """Return a cursor whose statements are prepared; wrappers and the log of queries see them like any other.

    With ``numbered`` values stand as ``$1``, ``$2`` … in the text. The text must be the same each time: a session keeps a
    hundred of them.
    """
    return _cursor(_PreparedRaw if numbered else _Prepared)


def read_rows(text: bytes, values: Sequence[Any] = (), *, prepare: bool) -> list[tuple[Any, ...]]:
    """Return the rows of a text with ``$1``, ``$2`` …, read in binary, by one call of the server's own library.

    The driver runs it until it has prepared it: with ``prepare`` at once, else when it has been put a few times; and
    always while somebody listens to the queries. A text that holds its values is planned for these very values, and
    the database keeps the plan from the sixth time on.
    """
    database = _ready()
    heard = database.queries_logged or database.execute_wrappers
    found = None if heard else direct.rows(database, text, values)
    if found is None:
        with _cursor(_PreparedRaw if prepare else _Binary) as cursor:
            cursor.execute(text.decode(), values or None)
            found = cursor.fetchall()
    return found


def repeated() -> CursorWrapper:
    """Return a cursor for a text that holds its values, but for ``$1``, ``$2`` …: one reader may put it again and again.

    It is read as text, by the readers that Django has for values of its own kinds.
    """
    return _cursor(_Repeated)


def _cursor(kind: Any) -> CursorWrapper:
    database = _ready()
    cursor = kind(database.connection)
    return _Logged(cursor, database) if database.queries_logged else database.make_cursor(cursor)


def _ready() -> Any:
    database = connections[DEFAULT_DB_ALIAS]
    database.close_if_health_check_failed()  # as Django's own cursors do: this is the first that a request opens
    database.ensure_connection()
    return database
