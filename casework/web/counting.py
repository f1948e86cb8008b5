"""Many counts by one query: the side bar and the bell of every page cost one look, and a list with its panel one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Aggregate, QuerySet

from casework.core.statements import prepared

_PLACE: Final = re.compile("%[s%]")
#: Above this a whole number in a statement is a bigint.
_INTEGER: Final = 2**31 - 1


@dataclass(frozen=True)
class Panel:
    """Many counts over the rows of one queryset, in one pass; left out where the count of that name exceeds its cap."""

    rows: QuerySet[Any]
    counts: Mapping[str, Aggregate]
    unless: str


@dataclass(frozen=True)
class Statement:
    """Counts as one statement of the database: it may be put again as long as nothing it was made from has changed."""

    keys: tuple[str, ...]
    sql: str
    params: tuple[Any, ...]
    names: tuple[str, ...]

    def put(self) -> tuple[dict[str, int], Any]:
        """Return the counts, and the array of the panel or None."""
        if not self.keys:
            return dict.fromkeys(self.names, 0), None
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.params)
            return self._told(cursor.fetchone())

    def _told(self, found: Sequence[Any]) -> tuple[dict[str, int], Any]:
        counts = dict.fromkeys(self.names, 0)
        for key, count in zip(self.keys, found, strict=False):
            counts[key] += count
        return counts, found[-1] if len(found) > len(self.keys) else None

    def standing(self) -> "Standing":
        """Return the same as a statement that is prepared once a session; what stands in it twice is sent once."""
        values: list[Any] = []
        places: dict[Any, str] = {}
        given = iter(self.params)

        def place(found: re.Match[str]) -> str:
            if found[0] == "%%":
                return "%"
            value = next(given)
            whole = type(value) is int
            # Of a text the server guesses the type where it stands; numbers and moments have theirs everywhere.
            key = (type(value), value) if whole or isinstance(value, date) else None
            if key is not None and key in places:
                return places[key]
            values.append(value)
            said = f"${len(values)}"
            if whole:  # as the number would be read if it stood in the text
                said += "::integer" if abs(value) <= _INTEGER else "::bigint"
            if key is not None:
                places[key] = said
            return said

        return Standing(self, _PLACE.sub(place, self.sql), tuple(values))


@dataclass(frozen=True)
class Standing:
    """A statement with numbered places, and what stands in them."""

    statement: Statement
    text: str
    values: tuple[Any, ...]

    def put(self, values: Sequence[Any]) -> dict[str, int]:
        """Return the counts under these values."""
        if not self.statement.keys:
            return dict.fromkeys(self.statement.names, 0)
        with prepared(numbered=True) as cursor:
            cursor.execute(self.text, values)
            return self.statement._told(cursor.fetchone())[0]


def statement_of(
    wanted: Mapping[str, Sequence[QuerySet[Any]]], cap: int = 0, panel: Panel | None = None, few: int = 0
) -> Statement:
    """Return the statement that counts the rows of each key; of each queryset no more than ``cap`` + 1 are looked at.

    ``few`` is the cap of all but the first key, where it is another.
    """
    keys: list[str] = []
    selects: list[str] = []
    params: list[Any] = []
    for number, (key, querysets) in enumerate(wanted.items()):
        most = few if few and number else cap
        for rows in querysets:
            ordered = rows if rows.query.is_sliced else rows.order_by()
            try:
                sql, values = ordered.values("pk").query.sql_with_params()
            except EmptyResultSet:
                continue
            limit = f" limit {most + 1}" if most and not rows.query.is_sliced else ""
            selects.append(f"(select count(*) from ({sql}{limit}) as waiting) as n{len(keys)}")  # noqa: S608 (Django's own)
            keys.append(key)
            params += values
    statement = f"select {', '.join(selects)}"
    aggregate = _aggregate(panel) if panel is not None and panel.unless in keys else None
    if panel is not None and aggregate is not None:
        most = few if few and panel.unless != next(iter(wanted)) else cap
        said = f"case when counted.n{keys.index(panel.unless)} <= {most} then ({aggregate[0]}) end"
        statement = f"with counted as materialized ({statement}) select counted.*, {said} from counted"  # noqa: S608 (as above)
        params += aggregate[1]
    return Statement(tuple(keys), statement, tuple(params), tuple(wanted))


def count_together(wanted: Mapping[str, Sequence[QuerySet[Any]]], cap: int = 0) -> dict[str, int]:
    """Return for each key how many rows its querysets hold together, by one query."""
    return statement_of(wanted, cap).put()[0]


def count_with_panel(
    wanted: Mapping[str, Sequence[QuerySet[Any]]], cap: int, panel: Panel | None, few: int = 0
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the counts and those of the panel (empty where it was left out), by one query; see ``statement_of``."""
    counts, said = statement_of(wanted, cap, panel, few).put()
    if panel is None or counts[panel.unless] > (few if few and panel.unless != next(iter(wanted)) else cap):
        return counts, {}
    if said is not None:
        return counts, dict(zip(panel.counts, said, strict=True))
    return counts, panel.rows.order_by().aggregate(**panel.counts)


def _aggregate(panel: Panel) -> tuple[str, tuple[Any, ...]] | None:
    """Return the panel as one statement that gives an array, or None for rows that are grouped, cut or distinct."""
    query = panel.rows.order_by().query.chain()
    if query.is_sliced or query.distinct or query.combinator or query.group_by is not None or not panel.counts:
        return None
    query.clear_select_clause()
    query.default_cols = False
    for name, count in panel.counts.items():
        query.add_annotation(count, name)
    query.set_annotation_mask(panel.counts)
    query.group_by = None
    try:
        sql, values = query.sql_with_params()
    except EmptyResultSet:
        return None
    names = ", ".join(f"said.{connection.ops.quote_name(name)}" for name in panel.counts)
    return f"select array[{names}] from ({sql}) as said", values  # noqa: S608 (Django's own statement)
