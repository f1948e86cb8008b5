"""A statement that every act runs, sent without the driver's own waiting.

The driver keeps Python awake while the server works: it sends, polls, reads and polls again, and takes and gives back
the interpreter's lock each time. For a statement of some fifty microseconds that costs more than the statement, and all
threads of a process pay for it. ``libpq`` can do the same in one call, during which other threads run.

The driver stays master of what is prepared: it prepares the statement when it is run for the first time, and forgets it
(after a rollback, or for one that is used more often) at the very moment it takes it from the server. Only while it
remembers is the short way taken. Where a later driver keeps its memory elsewhere, everything goes the long way.
A signal is heard when the call has ended.
"""

from collections.abc import Sequence
from typing import Any, Final

import psycopg
from django.db import connection
from psycopg import errors, pq
from psycopg.adapt import PyFormat, Transformer

#: How values are sent: as the server keeps them (bytes, text), or as they are read by people (numbers, moments).
AS_KEPT, AS_READ = 1, 0
_MEMORY = "_prepared"
_AS_IT_IS: Final = [PyFormat.AUTO]
Row = tuple[Any, ...]  # bytes, None for null


class Statement:
    """One statement in the server's own notation ($1, $2 …) that returns no or one row."""

    def __init__(self, text: bytes, forms: Sequence[int]) -> None:
        self.text: Final = text
        self._forms: Final = list(forms)
        #: The driver's name for it: its text and the types of its values.
        self._key: Any = None

    def row(self, values: Sequence[bytes | str | None]) -> Row | None:
        """Run it in the present transaction; return the row in the server's own form (numbers: most significant byte first)."""
        connection.validate_no_broken_transaction()
        link = connection.connection
        with connection.wrap_database_errors:
            name = self._prepared(link)
            result = self._at_once(link, name, values) if name else self._by_driver(link, values)
        return tuple([result.get_value(0, at) for at in range(result.nfields)]) if result.ntuples else None

    def _prepared(self, link: Any) -> bytes | None:
        """Return the name under which the driver has prepared it on this connection."""
        names = _remembered(link)
        name: bytes | None = names.get(self._key)
        if name:
            names.move_to_end(self._key)  # it is in use: not the one to be given up
        return name

    def _by_driver(self, link: Any, values: Sequence[bytes | str | None]) -> Any:
        with psycopg.RawCursor(link) as cursor:
            cursor.execute(self.text, values, prepare=True, binary=True)
            self._key = next((key for key in _remembered(link) if key[0] == self.text), None)
            return cursor.pgresult

    def _at_once(self, link: Any, name: bytes, values: Sequence[bytes | str | None]) -> Any:
        sent: list[Any] = [value.encode() if type(value) is str else value for value in values]
        return _sent(link, name, sent, self._forms)


def rows(database: Any, text: bytes, values: Sequence[Any]) -> list[Row] | None:
    """Run what the driver has prepared under this text; None where it has not, and is to run it.

    Values go and come as the driver sends and reads them. Nobody is told of the statement: where the log of queries or a
    wrapper listens, it is for the caller to take the long way.
    """
    database.validate_no_broken_transaction()
    link = database.connection
    reader, names = Transformer(link), _remembered(link)
    with database.wrap_database_errors:
        sent: Any = reader.dump_sequence(values, _AS_IT_IS * len(values)) if values else None
        types, forms = (reader.types or (), reader.formats) if values else ((), None)
        name = names.get((text, types))
        if not name:
            return None
        names.move_to_end((text, types))  # it is in use: not the one to be given up
        result = _sent(link, name, sent, forms)
        reader.set_pgresult(result)
        found: list[Row] = reader.load_rows(0, result.ntuples, tuple)
    return found


def _sent(link: Any, name: bytes, values: Any, forms: Any) -> Any:
    """Run a prepared statement by one call, in a transaction where the connection keeps to them."""
    pgconn: pq.abc.PGconn = link.pgconn
    with link.lock:
        if not link.autocommit and pgconn.transaction_status == pq.TransactionStatus.IDLE:
            _checked(pgconn, pgconn.exec_(link._get_tx_start_command()))
        return _checked(pgconn, pgconn.exec_prepared(name, values, forms, pq.Format.BINARY))


def _remembered(link: Any) -> Any:
    """Return what the driver has prepared on the connection: the text and the types of values → the name."""
    return getattr(getattr(link, _MEMORY, None), "_names", {})


def _checked(pgconn: pq.abc.PGconn, result: Any) -> Any:
    if pgconn.status == pq.ConnStatus.BAD:
        raise psycopg.OperationalError(pgconn.get_error_message())
    if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        raise errors.error_from_result(result)
    return result
