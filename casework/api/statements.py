"""Lists whose statement is made once: to build a query and its text anew for each request took a third of a small answer.

A list may be put so when its rows are those of a model that belongs to compartments, under nothing but filters of its
own columns, in the order of the key, and when it shows columns only (``casework.api.plain``). The text is kept for each
list, reach of the reader, filters and direction; the reader's circles, the place in the list and the moment of
``updated_after`` are values of each request. Everything else is built as usual.

What is sent holds the circles and the filters in its text: a plan for any circles whatever would not know how many rows
they have. Whoever asks for the same list again sends the same text, and the database keeps its plan.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple, Self

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Manager
from psycopg.types.datetime import TimestamptzLoader
from psycopg.types.numeric import Int8
from rest_framework import serializers

from casework.access.models import NeedToKnow, Reach, as_array, circles_of, reach_of
from casework.api import plain
from casework.api.filters import OTHERS, FilterBackend
from casework.core.statements import read_rows, repeated

#: Stand in a kept statement where each request puts its own; nobody can name them in an address.
_CIRCLES: Final = [-random.SystemRandom().getrandbits(62)]
_PLACE: Final = -random.SystemRandom().getrandbits(62)
_MOMENT: Final = datetime(1, 1, 2, tzinfo=UTC) + timedelta(microseconds=random.SystemRandom().getrandbits(44))

#: So many statements are kept, and filters up to so many characters.
MOST_KEPT: Final = 500
_LONGEST: Final = 60


class Key(NamedTuple):
    """All that the text of a statement follows from."""

    view: type[Any]
    reach: Reach
    filters: tuple[tuple[str, str], ...]
    since: bool
    #: ``gt`` or ``lt`` of the place in the list; "" on the first page.
    beyond: str = ""
    backwards: bool = False


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement without the number of rows, its values with what stands for those of a request, and how to read it."""

    sql: str
    values: tuple[Any, ...]
    converters: Any
    apply: Any
    #: What is read is the same in binary as in text.
    binary: bool

    def put(self, values: dict[Any, Any], first: int, last: int) -> list[tuple[Any, ...]]:
        """Return the rows from the first to before the last."""
        place = values.get(_PLACE)
        text = _text(self, tuple((key, value) for key, value in values.items() if key != _PLACE), first, last)
        sent = [] if place is None else [Int8(place)]
        if self.binary:
            found = read_rows(text, sent, prepare=False)
        else:
            with repeated() as cursor:
                # Django's own reader of moments turns each about once more; they come in UTC either way.
                cursor.cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
                cursor.execute(text.decode(), sent or None)
                found = cursor.fetchall()
        if self.converters:
            return [tuple(row) for row in self.apply(found, self.converters)]
        return found


@lru_cache(maxsize=MOST_KEPT)
def _text(statement: Statement, values: tuple[tuple[Any, Any], ...], first: int, last: int) -> bytes:
    """Return the statement's text with the values and the numbers of rows in it, and ``$1`` for the place in the list."""
    put = dict(values)
    operations: Any = connection.ops
    merged: str = operations.compose_sql(statement.sql, [put.get(value, value) for value in statement.values])
    merged = merged.replace(f" {_PLACE}", "$1")  # a number below nought is written with a space before it
    return (f"{merged} LIMIT {last - first}" + (f" OFFSET {first}" if first else "")).encode()


_kept: dict[Key, Statement] = {}


@dataclass(frozen=True)
class Rows:
    """The rows of a list, as pagination asks a queryset for them."""

    view: Any
    plan: tuple[plain.Shown, ...]
    key: Key
    values: dict[Any, Any] = field(default_factory=dict)

    @property
    def model(self) -> Any:
        """The model that the rows are of."""
        return self.view.model

    def order_by(self, *order: str) -> Self:
        """Return the rows in the order of the key, or backwards."""
        backwards = order == ("-pk",)
        return self if self.key.backwards is backwards else replace(self, key=self.key._replace(backwards=backwards))

    def filter(self, **place: str) -> Self:
        """Return the rows beyond a place in the list."""
        ((name, key),) = place.items()
        beyond = name.removeprefix("pk__")
        return replace(self, key=self.key._replace(beyond=beyond), values={**self.values, _PLACE: int(key)})

    def __getitem__(self, part: slice) -> Sequence[tuple[Any, ...]]:
        return self.statement.put(self.values, part.start, part.stop)

    @cached_property
    def statement(self) -> Statement:
        """Return the statement that is kept for the rows; raise ``EmptyResultSet`` where no row can meet the filters."""
        kept = _kept.get(self.key)
        if kept is None:
            kept = made(self.view, self.plan, self.key)
            if len(_kept) >= MOST_KEPT:
                _kept.clear()
            _kept[self.key] = kept
        return kept


def rows_of(view: Any, plan: tuple[plain.Shown, ...]) -> Rows | None:
    """Return the rows of the list that is asked for, or None where they are to be read as usual."""
    user, asked = view.request.user, view.request.query_params
    reach, values = reach_of(user), dict[Any, Any]()
    if reach is Reach.NOTHING:
        return None
    if reach is Reach.CIRCLES:
        circles = circles_of(user)
        if not isinstance(circles, list):
            return None
        values[as_array(_CIRCLES)] = as_array(circles)
    filters = tuple((name, asked[name]) for name in sorted(asked) if name not in OTHERS) if asked else ()
    known = getattr(view, "filterset_fields", ())
    if any(name not in known or len(text) > _LONGEST for name, text in filters):
        return None
    after = asked.get("updated_after") if view.updated_field else None
    if after:
        values[_MOMENT] = serializers.DateTimeField().to_internal_value(after)
    rows = Rows(view, plan, Key(type(view), reach, filters, bool(after)), values)
    place = view.paginator.decode_cursor(view.request)
    if place is not None and place.position is not None and not _is_key(place.position):
        return None
    try:
        _found = rows.statement  # a filter that refuses its value, or that nothing can meet, is found out here
    except EmptyResultSet:
        return None
    return rows


def made(view: Any, plan: tuple[plain.Shown, ...], key: Key) -> Statement:
    """Build the statement as usual, with what stands for the values of a request; raise ``EmptyResultSet`` as Django does."""
    rows = view.model.objects.all()
    if key.reach is Reach.CIRCLES:
        rows = rows.within(_CIRCLES)
    rows = rows.order_by("pk")
    if key.since:
        rows = rows.filter(**{f"{view.updated_field}__gt": _MOMENT})
    rows = FilterBackend().filter_queryset(view.request, rows, view)
    rows = rows.values_list(*plain.columns_of(plan)).order_by("-pk" if key.backwards else "pk")
    if key.beyond:
        rows = rows.filter(**{f"pk__{key.beyond}": _PLACE})
    compiler = rows.query.get_compiler(using=DEFAULT_DB_ALIAS)
    sql, values = compiler.as_sql()
    columns = [column for column, _sql, _alias in compiler.select]
    binary = all(column.output_field.get_internal_type() in _SAME_IN_BINARY for column in columns)
    return Statement(sql, tuple(values), compiler.get_converters(columns), compiler.apply_converters, binary)


#: Django reads these as they come; for others (addresses, JSON) it has readers of their text.
_SAME_IN_BINARY: Final = frozenset({
    "AutoField", "BigAutoField", "BigIntegerField", "BooleanField", "CharField", "DateField", "DateTimeField",
    "ForeignKey", "IntegerField", "OneToOneField", "PositiveBigIntegerField", "PositiveIntegerField",
    "PositiveSmallIntegerField", "SlugField", "SmallIntegerField", "TextField",
})  # fmt: skip


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18


def may_stand(model: Any) -> bool:
    """Tell whether the model's rows belong to compartments and to nothing else that a reader is asked for."""
    manager = model._default_manager
    rows = manager.get_queryset()
    if not isinstance(rows, NeedToKnow) or type(manager).get_queryset is not Manager.get_queryset:
        return False
    return (type(rows).visible_to, type(rows).within) == (NeedToKnow.visible_to, NeedToKnow.within)
