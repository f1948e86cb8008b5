"""Who is named to the database (``casework.actor``): triggers and row-level rules beneath can know who acts."""

from typing import Any, Final
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connection, connections

# Who is named on each open connection; a connection that broke takes its name with it.
_named: Final[WeakKeyDictionary[Any, int]] = WeakKeyDictionary()


def set_database_actor(user_id: int) -> None:
    """Set ``casework.actor`` for the statements that follow on this connection; 0 is nobody."""
    if connection.connection is not None and _named.get(connection.connection) == user_id:
        return
    with connection.cursor() as cursor:
        cursor.execute("select set_config('casework.actor', %s, false)", [str(user_id)])
    has_named(user_id)


def somebody_is_named() -> bool:
    """Tell whether the open connection names a user."""
    return connection.connection is not None and bool(_named.get(connection.connection))


def has_named(user_id: int) -> None:
    """Remember that a statement on this connection has just named the user."""
    database = connections[DEFAULT_DB_ALIAS]
    link = database.connection
    if database.in_atomic_block:  # a rollback would take the name back
        _named.pop(link, None)
    elif _named.get(link) != user_id:
        _named[link] = user_id
