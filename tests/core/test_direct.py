"""A statement sent without the driver's own waiting: the same answers and the same errors, and always still there."""

import psycopg
import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from casework.core.postgresql import direct
from casework.core.postgresql.direct import AS_KEPT, AS_READ, Statement

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
