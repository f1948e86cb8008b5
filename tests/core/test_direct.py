"""A statement sent without the driver's own waiting: the same answers and the same errors, and always still there."""

from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from casework.core.postgresql import direct
from casework.core.postgresql.direct import AS_KEPT, AS_READ, Statement
from casework.core.statements import read_rows

ECHO = b"select $1::text, ($2::bigint / $3::bigint), current_setting('transaction_isolation')"
FORMS = (AS_KEPT, AS_READ, AS_READ)


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the ways that statements take, in order."""
    taken: list[str] = []
    for name in ("_by_driver", "_at_once"):
        way = getattr(Statement, name)

        def noted(*args: object, name: str = name, way: object = way) -> object:
            taken.append(name)
            return way(*args)  # type: ignore[operator]

        monkeypatch.setattr(Statement, name, noted)
    return taken


@pytest.mark.django_db
def test_the_first_time_goes_by_the_driver_and_the_next_at_once_with_the_same_answer(ways: list[str]) -> None:
    echo = Statement(ECHO, FORMS)
    answers = [echo.row(["纪检 '", "84", "2"]) for _ in range(3)]
    assert answers == [("纪检 '".encode(), (42).to_bytes(8), b"read committed")] * 3
    assert echo.row([None, None, "1"]) == (None, None, b"read committed")
    assert ways == ["_by_driver", "_at_once", "_at_once", "_at_once"]


@pytest.mark.django_db
def test_what_a_rollback_takes_from_the_server_is_prepared_anew(ways: list[str]) -> None:
    echo = Statement(ECHO, FORMS)
    echo.row(["a", "1", "1"])
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            raise ZeroDivisionError
        assert echo.row(["a", "1", "1"]) == (b"a", (1).to_bytes(8), b"read committed")
        assert echo.row(["b", "2", "1"]) == (b"b", (2).to_bytes(8), b"read committed")
    assert ways == ["_by_driver", *["_by_driver", "_at_once"] * 2]


@pytest.mark.django_db
def test_many_other_statements_do_not_push_it_out(ways: list[str]) -> None:
    echo = Statement(ECHO, FORMS)
    echo.row(["a", "1", "1"])
    with psycopg.RawCursor(connection.connection) as cursor:
        for number in range(2 * connection.connection.prepared_max):
            cursor.execute(f"select {number}".encode(), prepare=True)
            echo.row(["a", "1", "1"])
    assert ways.count("_by_driver") == 1


@pytest.mark.django_db
def test_errors_are_those_of_the_framework_on_either_way(ways: list[str]) -> None:
    echo = Statement(ECHO, FORMS)
    for _way in range(2):
        with pytest.raises(DataError, match="division by zero"), transaction.atomic():
            echo.row(["a", "1", "0"])
        echo.row(["a", "1", "1"])
        with pytest.raises(DataError, match="division by zero"), transaction.atomic():
            echo.row(["a", "1", "0"])
    twice = Statement(b"insert into django_session values ($1::text, '', now()) returning 1", (AS_KEPT,))
    twice.row(["one"])
    with pytest.raises(IntegrityError):
        twice.row(["one"])
    assert ways[-2:] == ["_by_driver", "_at_once"]


@pytest.mark.django_db
def test_a_text_with_a_zero_byte_is_refused_and_never_cut(ways: list[str]) -> None:
    echo = Statement(ECHO, FORMS)
    with pytest.raises(DataError), transaction.atomic():
        echo.row(["a\0b", "1", "1"])
    echo.row(["a", "1", "1"])
    with pytest.raises(DataError):
        echo.row(["a\0b", "1", "1"])
    assert ways == ["_by_driver", "_by_driver", "_at_once"]


@pytest.mark.django_db(transaction=True)
def test_it_begins_the_transaction_that_it_is_the_first_in(ways: list[str]) -> None:
    write = Statement(b"insert into django_session values ($1::text, '', now()) returning 1", (AS_KEPT,))
    keep = Statement(b"select count(*) from django_session where session_key = any(array['kept', 'gone'])", ())
    with transaction.atomic():
        write.row(["kept"])
    with transaction.atomic():
        keep.row([])
    with transaction.atomic():
        assert write.row(["gone"])
        transaction.set_rollback(True)
    assert ways == ["_by_driver", "_by_driver", "_at_once"]
    assert keep.row([]) == ((1).to_bytes(8),)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_ended_is_told_as_such(ways: list[str]) -> None:
    echo = Statement(ECHO, FORMS)
    with transaction.atomic():
        echo.row(["a", "1", "1"])
    info = connection.connection.info
    with psycopg.connect(**info.get_parameters()) as other:
        other.execute("select pg_terminate_backend(%s, 5000)", [info.backend_pid])
    with pytest.raises(OperationalError), transaction.atomic():
        echo.row(["a", "1", "1"])
    with transaction.atomic():
        assert echo.row(["a", "1", "1"])
    assert ways == ["_by_driver", "_at_once", "_by_driver"]


@pytest.mark.django_db
def test_a_driver_that_remembers_elsewhere_is_left_to_its_own_way(
    ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct, "_MEMORY", "_not_there")
    echo = Statement(ECHO, FORMS)
    assert echo.row(["a", "1", "1"]) == echo.row(["a", "1", "1"])
    assert ways == ["_by_driver"] * 2


MANY = (
    b"select n, 'No. ' || n, $1::text, $2::date, $3::timestamptz, n > 1, array[n, null], null::text"
    b" from generate_series(1, $4) n where $4 > 0"
)
VALUES = ["纪检 '", date(2021, 9, 18), datetime(2021, 9, 18, 8, 30, 15, 250, tzinfo=UTC), 3]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return the texts of the statements that were sent by one call."""
    sent: list[bytes] = []
    usual = direct.rows

    def noted(database: Any, text: bytes, values: Any) -> Any:
        found = usual(database, text, values)
        if found is not None:
            sent.append(text)
        return found

    monkeypatch.setattr(direct, "rows", noted)
    return sent


@pytest.mark.django_db
def test_rows_are_the_same_on_either_way(at_once: list[bytes]) -> None:
    told = [read_rows(MANY, VALUES, prepare=True) for _ in range(3)]
    assert at_once == [MANY] * 2
    assert told[0] == told[1] == told[2]
    assert told[0][1] == (2, "No. 2", *VALUES[:3], True, [2, None], None)
    assert len(told[0]) == 3
    assert read_rows(MANY, [*VALUES[:3], 0], prepare=True) == []
    assert len(read_rows(MANY, [*VALUES[:3], 100_000], prepare=True)) == 100_000  # sent as a number of another type
    assert at_once == [MANY] * 3


@pytest.mark.django_db
def test_a_text_is_sent_at_once_when_it_came_often_enough_to_be_prepared(at_once: list[bytes]) -> None:
    text = b"select 4 + 5"
    often = connection.connection.prepare_threshold + 1 if connection.connection else 6
    assert [read_rows(text, prepare=False) for _ in range(often + 2)] == [[(9,)]] * (often + 2)
    assert at_once == [text] * 2


@pytest.mark.django_db
def test_whoever_listens_to_the_queries_hears_of_it(at_once: list[bytes]) -> None:
    read_rows(MANY, VALUES, prepare=True)
    with CaptureQueriesContext(connection) as captured:
        read_rows(MANY, VALUES, prepare=True)
    heard = []

    def listen(execute: Any, *of: Any) -> Any:
        heard.append(of[0])
        return execute(*of)

    with connection.execute_wrapper(listen):
        read_rows(MANY, VALUES, prepare=True)
    assert [one["sql"] for one in captured] == heard == [MANY.decode()]
    assert not at_once
    read_rows(MANY, VALUES, prepare=True)
    assert at_once == [MANY]


@pytest.mark.django_db
def test_rows_after_a_rollback_and_after_an_error(at_once: list[bytes]) -> None:
    text = b"select 12 / $1::integer"
    assert [read_rows(text, [3], prepare=True) for _ in range(2)] == [[(4,)]] * 2
    for _way in range(2):
        with pytest.raises(DataError, match="division by zero"), transaction.atomic():
            read_rows(text, [0], prepare=True)
        assert read_rows(text, [3], prepare=True) == [(4,)]  # the rollback took it from the server
    assert at_once == [text]
    for _way in range(2):
        with pytest.raises(DataError), transaction.atomic():
            read_rows(MANY, ["a\0b", *VALUES[1:]], prepare=True)
        read_rows(MANY, VALUES, prepare=True)
    with transaction.atomic():
        connection.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            read_rows(text, [3], prepare=True)


@pytest.mark.django_db(transaction=True)
def test_rows_begin_the_transaction_that_they_are_the_first_in_and_leave_none_open_without_one() -> None:
    read = b"select count(*) from django_session where session_key = 'gone'"
    write = b"insert into django_session values ($1, '', now()) returning 1"
    for _ in range(2):
        read_rows(read, prepare=True)
    assert connection.connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
    read_rows(write, ["kept"], prepare=True)
    for _ in range(2):
        with transaction.atomic():
            assert read_rows(write, ["gone"], prepare=True) == [(1,)]
            transaction.set_rollback(True)
        assert read_rows(read, prepare=True) == [(0,)]


@pytest.mark.django_db(transaction=True)
def test_rows_of_a_connection_that_was_ended_are_refused_and_the_next_ones_come() -> None:
    for _ in range(2):
        read_rows(MANY, VALUES, prepare=True)
    info = connection.connection.info
    with psycopg.connect(**info.get_parameters()) as other:
        other.execute("select pg_terminate_backend(%s, 5000)", [info.backend_pid])
    with pytest.raises(OperationalError):
        read_rows(MANY, VALUES, prepare=True)
    connection.close_if_unusable_or_obsolete()  # as at the end of a request
    assert len(read_rows(MANY, VALUES, prepare=True)) == 3
