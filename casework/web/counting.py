"""Many counts by one query: the side bar and the bell of every page cost one look at the database.

Putting that query together costs more than asking it, and it is the same for all who hold the same roles. So it is kept
with gaps for the reader and for the present moment (:class:`Kept`); what is counted is asked anew each time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import EmptyResultSet, ObjectDoesNotExist
from django.db import connection
from django.db.models import QuerySet

from casework.accounts.models import User
from casework.core import clock

#: The rows that a reader has before him behind a place; several querysets are counted together.
Rows = Callable[[User], QuerySet[Any] | Sequence[QuerySet[Any]]]
Wanted = Mapping[str, Sequence[QuerySet[Any]]]

#: Stand for the reader and his organisation while a statement is put together; nothing has these numbers.
_ANYBODY: Final = -7_250_618_293_001
_ANYWHERE: Final = -7_250_618_293_002
_ABOUT_BOTH: Final = "725061829300"
_PLAIN: Final = (bool, int, str, Decimal, date, type(None))
_KEPT_AT_MOST: Final = 256


class _Reader:
    """The gap for the reader's number."""


class _Organisation:
    """The gap for the number of the reader's organisation."""


class _Now:
    """The gap for the present moment."""


@dataclass(frozen=True)
class Statement:
    """One query over many counts, and the key that each of its columns counts for."""

    keys: tuple[str, ...]
    columns: tuple[str, ...]
    sql: str
    params: tuple[Any, ...]

    def ask(self, params: Sequence[Any]) -> dict[str, int]:
        """Return the count of each key."""
        counts = dict.fromkeys(self.keys, 0)
        if self.columns:
            with connection.cursor() as cursor:
                cursor.execute(self.sql, params)
                found = cursor.fetchone()
            for key, count in zip(self.columns, found, strict=True):
                counts[key] += count
        return counts


def statement_of(wanted: Wanted) -> Statement:
    """Put the query together that counts all the querysets."""
    columns: list[str] = []
    selects: list[str] = []
    params: list[Any] = []
    for key, querysets in wanted.items():
        for rows in querysets:
            try:
                sql, values = rows.order_by().values("pk").query.sql_with_params()
            except EmptyResultSet:
                continue
            columns.append(key)
            selects.append(f"(select count(*) from ({sql}) as waiting)")  # noqa: S608 (Django's own statement)
            params += values
    return Statement(tuple(wanted), tuple(columns), f"select {', '.join(selects)}", tuple(params))


def count_together(wanted: Wanted) -> dict[str, int]:
    """Return for each key how many rows its querysets hold together."""
    statement = statement_of(wanted)
    return statement.ask(statement.params)


def rows_of(wanted: Mapping[str, Rows], user: User) -> dict[str, Sequence[QuerySet[Any]]]:
    """Return for each key the querysets of that reader."""
    found = {key: rows(user) for key, rows in wanted.items()}
    return {key: (rows,) if isinstance(rows, QuerySet) else rows for key, rows in found.items()}


class Kept:
    """Statements that were put together once for all readers of the same standing, on the same day."""

    def __init__(self) -> None:
        self._statements: dict[tuple[Any, ...], Statement | None] = {}

    def count(self, wanted: Mapping[str, Rows], user: User) -> dict[str, int]:
        """Return for each key how many rows its querysets hold for this reader now."""
        standing = (user.roles, user.is_active, clock.today(), tuple(wanted.items()))
        if standing not in self._statements:
            if len(self._statements) >= _KEPT_AT_MOST:
                self._statements.clear()
            self._statements[standing] = for_anybody(wanted, user)
        statement = self._statements[standing]
        if statement is None:
            return count_together(rows_of(wanted, user))
        now = clock.now()
        return statement.ask([_filled(value, user, now) for value in statement.params])


def _filled(value: Any, user: User, now: datetime) -> Any:
    if value is _Now:
        return now
    if value is _Organisation:
        return user.organisation_id
    return user.pk if value is _Reader else value


def for_anybody(wanted: Mapping[str, Rows], user: User) -> Statement | None:
    """Return the statement with its gaps; None when it holds something that only this reader or this moment explains."""
    anybody = copy(user)
    anybody.pk, anybody.organisation_id = _ANYBODY, _ANYWHERE
    anybody.__dict__["roles"], anybody.__dict__["_roles_by_day"] = user.roles, {clock.today(): user.roles}
    asked: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, params, many, context)

    begun = clock.now()
    with connection.execute_wrapper(note), suppress(ObjectDoesNotExist):
        statement = statement_of(rows_of(wanted, anybody))
    if asked:
        return None
    params = _with_gaps(statement.params, begun, clock.now())
    return None if params is None else replace(statement, params=params)


def _with_gaps(params: Iterable[Any], begun: datetime, ended: datetime) -> tuple[Any, ...] | None:
    """Return the values with gaps for the reader and the moment; None when one of them is neither that nor plain."""
    found: list[Any] = []
    for value in params:
        if isinstance(value, datetime):
            if not begun <= value <= ended:
                return None
            found.append(_Now)
        elif isinstance(value, int) and value in (_ANYBODY, _ANYWHERE):
            found.append(_Reader if value == _ANYBODY else _Organisation)
        elif isinstance(value, _PLAIN) and _ABOUT_BOTH not in str(value):
            found.append(value)
        else:
            return None
    return tuple(found)
