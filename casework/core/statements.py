"""Statements that every request puts: prepared once a session, for to parse and plan them costs more than to run them.

What they give comes in the database's binary form, which costs half as much to write and a quarter to read.
"""

from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper


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


class _RepeatedBinary(psycopg.RawCursor[Any]):
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


def repeated(*, binary: bool) -> CursorWrapper:
    """Return a cursor for a text that holds its values, but for ``$1``, ``$2`` …: one reader may put it again and again.

    The database plans it for these very values, and keeps the plan from the sixth time on.
    """
    return _cursor(_RepeatedBinary if binary else _Repeated)


def _cursor(kind: Any) -> CursorWrapper:
    database = connections[DEFAULT_DB_ALIAS]
    database.close_if_health_check_failed()  # as Django's own cursors do: this is the first that a request opens
    database.ensure_connection()
    cursor = kind(database.connection)
    return _Logged(cursor, database) if database.queries_logged else database.make_cursor(cursor)
