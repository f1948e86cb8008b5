"""Django's database, but a connection of the pool that was in use just now is not asked whether it still lives.

To ask costs every request one more way to the database and back, a twelfth of a small answer. A server that went away
and came back took longer than ``TRUSTED_SECONDS``; a connection broken within them fails one request and is then dropped.
"""

import math
import time
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.db.backends.postgresql import base
from django.db.backends.signals import connection_created
from psycopg import OperationalError
from psycopg_pool import ConnectionPool

#: So long after it was given back a connection is taken to live.
TRUSTED_SECONDS: Final = 1.0

_given_back: Final[WeakKeyDictionary[Any, float]] = WeakKeyDictionary()


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes connections from the pool and asks those that lay there for a while; ``CONN_HEALTH_CHECKS`` asks all."""

    def _told(self) -> bool:
        """Tell whether connections come from a pool that is there already."""
        pools: Any = base.DatabaseWrapper._connection_pools  # type: ignore[attr-defined]  # the stubs leave it out
        return bool(self.settings_dict["OPTIONS"].get("pool")) and self.alias in pools

    def get_connection_params(self) -> Any:
        """Return what a connection is opened with; a pool that is there was told already."""
        return {} if self._told() else super().get_connection_params()

    def connect(self) -> None:
        """Open a connection; one that this process has had from its pool before is not made ready and announced again.

        What a connection is announced for is how it reads the types of extensions: it knows them from the first time.
        """
        if not self._told():
            super().connect()
            return
        self.in_atomic_block = self.needs_rollback = self.closed_in_transaction = self.errors_occurred = False
        self.savepoint_ids, self.atomic_blocks = [], []
        self.health_check_enabled, self.health_check_done = self.settings_dict["CONN_HEALTH_CHECKS"], True
        self.close_at = time.monotonic()  # a pool keeps the connection, not we: Django allows no other age beside one
        self.connection = self.get_new_connection({})
        if self.connection.autocommit and self.settings_dict["AUTOCOMMIT"]:
            self.autocommit = True
        else:
            self.set_autocommit(self.settings_dict["AUTOCOMMIT"])
        if self.connection not in _given_back:
            self.init_connection_state()
            connection_created.send(sender=type(self), connection=self)
        self.run_on_commit = []

    def _set_autocommit(self, autocommit: bool) -> None:
        """Leave it to the driver; it would go the whole way for what is so already, as in all connections of the pool."""
        if self.connection.autocommit is not autocommit:
            super()._set_autocommit(autocommit)  # type: ignore[misc]

    def get_new_connection(self, conn_params: Any) -> Any:
        """Return a connection; of a pool one that answers, or was in use just now."""
        while True:
            found = super().get_new_connection(conn_params)
            if self.pool is None or time.monotonic() - _given_back.get(found, -math.inf) < TRUSTED_SECONDS:
                return found
            try:
                ConnectionPool.check_connection(found)
            except OperationalError:
                self.pool.putconn(found)  # broken: the pool drops it and opens another
            else:
                return found

    def _close(self) -> None:
        if self.pool is not None and self.connection is not None:
            _given_back[self.connection] = time.monotonic()
        super()._close()  # type: ignore[misc]  # the stubs leave it out
