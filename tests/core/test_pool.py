"""Connections of the pool: who is asked whether it still lives, and what becomes of one that does not."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import BaseCache, caches, close_caches
from django.core.signals import request_finished
from django.db import connection, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper as Usual
from django.db.backends.signals import connection_created
from psycopg_pool import ConnectionPool

from casework.core.postgresql import base


@pytest.fixture
def pooled(transactional_db: None) -> Iterator[list[Any]]:
    """Let this thread's connections come from a pool of one; gives those that were asked."""
    usual = dict(connection.settings_dict)
    connection.close()
    pool = {"min_size": 1, "max_size": 1, "timeout": 10}
    connection.settings_dict.update(OPTIONS={**usual["OPTIONS"], "pool": pool}, CONN_HEALTH_CHECKS=False)
    asked: list[Any] = []
    check = ConnectionPool.check_connection

    def note(found: Any) -> None:
        asked.append(found)
        check(found)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ConnectionPool, "check_connection", staticmethod(note))
        yield asked
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # of this database alone
    connection.settings_dict.update(usual)


def _process() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        found: int = cursor.fetchone()[0]
    connection.close()  # given back to the pool, as at the end of a request
    return found


def test_a_connection_in_use_just_now_is_not_asked_and_one_that_lay_is(
    pooled: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _process()  # nobody has used it yet, it may have lain there for long
    assert len(pooled) == 1
    assert (_process(), len(pooled)) == (first, 1)
    monkeypatch.setattr(base, "TRUSTED_SECONDS", 0.0)
    assert (_process(), len(pooled)) == (first, 2)


def test_a_connection_that_broke_while_it_lay_is_replaced(pooled: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    connection.ensure_connection()
    lying = connection.connection
    connection.close()
    lying.pgconn.finish()
    monkeypatch.setattr(base, "TRUSTED_SECONDS", 0.0)
    assert _process() > 0
    assert len(pooled) >= 1


def test_a_connection_that_was_left_in_another_mode_is_put_right(pooled: list[Any]) -> None:
    connection.ensure_connection()
    assert connection.get_connection_params() == {}  # the pool was told, nobody need put them together again
    connection.connection.autocommit = False
    connection.close()
    connection.ensure_connection()
    assert connection.connection.autocommit
    connection.set_autocommit(False)
    assert not connection.connection.autocommit
    connection.set_autocommit(True)


def test_one_request_at_most_meets_a_connection_that_broke_just_now(pooled: list[Any]) -> None:
    connection.ensure_connection()
    lying = connection.connection
    connection.close()
    lying.pgconn.finish()
    with pytest.raises(Exception, match="closed"):
        _process()
    connection.close()
    assert _process() > 0


def test_a_connection_that_was_here_before_is_as_one_that_was_made_ready_anew(
    pooled: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def state() -> dict[str, Any]:
        kept = {name: value for name, value in vars(connections["default"]).items() if name != "close_at"}
        assert kept.pop("connection") is not None
        assert connections["default"].close_at <= time.monotonic()
        connection.close()
        return kept

    told: list[Any] = []
    connection_created.connect(note := lambda **of: told.append(of["connection"]), weak=False)
    try:
        connection.ensure_connection()
        connection.close()
        assert len(told) == 1
        connection.errors_occurred = connection.needs_rollback = True  # what the one before may have left
        connection.run_on_commit = [(set(), print, False)]
        connection.ensure_connection()
        own = state()
        assert len(told) == 1  # it was announced when it came
        monkeypatch.setattr(base.DatabaseWrapper, "connect", Usual.connect)
        connection.errors_occurred = connection.needs_rollback = True
        connection.ensure_connection()
        assert own == state()
        assert len(told) == 2
    finally:
        connection_created.disconnect(note)


def test_a_request_that_left_a_transaction_leaves_nothing_to_the_next(pooled: list[Any]) -> None:
    connection.ensure_connection()
    with transaction.atomic():
        connection.close()
    assert _process() > 0
    assert not connection.in_atomic_block


def test_caches_are_not_closed_with_each_request_for_there_is_nothing_to_close() -> None:
    assert all(type(one).close is BaseCache.close for one in caches.all())
    assert close_caches not in request_finished._live_receivers(None)[0]
