"""Lists that only show columns are read as columns: no objects are made, and no field of a serializer is asked for each row.

``plan_of`` tells for a serializer class whether it shows nothing else; the rows come out just as it would show them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import timezone as fixed
from functools import cache, lru_cache, partialmethod
from itertools import repeat
from typing import Any, Final

import orjson
from django.db import models
from django.db.models import ForeignKey, Model
from django.db.models.constants import LOOKUP_SEP
from django.db.models.query_utils import DeferredAttribute
from django.utils import timezone
from django.utils.translation import get_language
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.settings import api_settings

#: Shows the values of a column, None among them; None where they are shown as the database gives them.
Show = Callable[[Sequence[Any]], Sequence[Any]] | None

#: Fields that show a value by itself alone.
_PURE: Final = frozenset({
    serializers.BigIntegerField, serializers.BooleanField, serializers.CharField, serializers.ChoiceField,
    serializers.DateField, serializers.DateTimeField, serializers.DecimalField, serializers.EmailField,
    serializers.IntegerField, serializers.IPAddressField, serializers.SlugField, serializers.UUIDField,
})  # fmt: skip
#: What a serializer class may not do by itself: its fields would no longer be all that there is to it.
_OWN: Final = ("__init__", "get_fields", "to_representation")


#: What these fields show of these columns is what the database gives.
_AS_GIVEN: Final[tuple[tuple[set[type], tuple[type, ...]], ...]] = (
    ({serializers.BooleanField}, (models.BooleanField,)),
    (
        {serializers.CharField, serializers.ChoiceField, serializers.EmailField, serializers.SlugField},
        (models.CharField, models.TextField),
    ),
    ({serializers.BigIntegerField, serializers.IntegerField}, (models.IntegerField, models.ForeignKey)),
)


@dataclass(frozen=True, eq=False)  # each plan is made once, and is found by what it is
class Shown:
    """One field of an answer: the column it comes from, and what makes the function that shows its values on one page."""

    name: str
    column: str
    make: Callable[[], Show]
    #: The key on the way there: without one the field is left out of the answer.
    needs: str = ""


class Page(list[dict[str, Any]]):
    """Rows that are shown already."""

    @property
    def data(self) -> "Page":
        """What a serializer of these rows would return."""
        return self


class Answer(dict[str, Any]):
    """An answer of nothing but texts, whole numbers, truth values, days, moments and None."""


class PlainRenderer(JSONRenderer):
    """Writes an ``Answer`` by the quicker encoder and everything else as before; the bytes are the same."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        plain = type(data) is Answer and self.get_indent(accepted_media_type or "", renderer_context or {}) is None
        quick = written(data) if plain else None
        return super().render(data, accepted_media_type, renderer_context) if quick is None else quick


def written(data: Answer) -> bytes | None:
    """Return the answer as JSON; None where only the other encoder can write it."""
    try:
        found = orjson.dumps(data, option=orjson.OPT_UTC_Z)
    except TypeError:  # half a character, or a number of more than 64 bits
        return None
    if b"\xe2\x80" not in found:
        return found
    # Two ends of lines that scripts did not know once, as the other encoder writes them.
    return found.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")


def columns_of(plan: Iterable[Shown]) -> list[str]:
    """Return what to read for the plan, with the key that the next page begins at; that comes first."""
    return list(dict.fromkeys(("pk", *(name for one in plan for name in (one.column, one.needs) if name))))


def shown_by(plan: tuple[Shown, ...], rows: Iterable[Sequence[Any]]) -> Page:
    """Return the rows, each with its ``columns_of``, as the serializer shows them."""
    way = _way_of(plan, get_language(), timezone.get_current_timezone_name())
    columns = list(zip(*rows, strict=True))
    if not columns:
        return Page()
    # One column after the other: a comprehension over a column costs half of what a call for each row and field does.
    shown = [columns[place] if show is None else show(columns[place]) for place, show in way.columns]
    page = Page(map(dict, map(zip, repeat(way.names), zip(*shown, strict=True))))
    for name, key in way.absent:
        for said, needed in zip(page, columns[key], strict=True):
            if needed is None:
                del said[name]
    return page


@dataclass(frozen=True)
class _Way:
    """How rows of columns become rows of an answer, in one language and time zone."""

    names: list[str]
    #: For each field where its column is, and what shows a value of it.
    columns: list[tuple[int, Show]]
    #: Fields that are left out, with the place of the key that must be there for them.
    absent: list[tuple[str, int]]


@lru_cache(maxsize=500)
def _way_of(plan: tuple[Shown, ...], _language: str | None, _zone: str) -> _Way:
    places = {column: place for place, column in enumerate(columns_of(plan))}
    return _Way(
        [one.name for one in plan],
        [(places[one.column], one.make()) for one in plan],
        [(one.name, places[one.needs]) for one in plan if one.needs],
    )


@cache
def plan_of(kind: type[Any]) -> tuple[Shown, ...] | None:
    """Return where the fields of a serializer class come from, or None where one of them is more than a column."""
    usual = serializers.ModelSerializer
    if not issubclass(kind, usual) or any(getattr(kind, name) is not getattr(usual, name) for name in _OWN):
        return None
    plan = [_shown(kind.Meta.model, name, field) for name, field in kind().fields.items() if not field.write_only]
    found = tuple(one for one in plan if one is not None)
    return found if len(found) == len(plan) else None


def _shown(model: type[Model], name: str, field: Any) -> Shown | None:
    source = str(field.source)
    if type(field) is serializers.CharField and source.startswith("get_") and source.endswith("_display"):
        column = source.removeprefix("get_").removesuffix("_display")
        way = _way(model, [column])
        plain = any(isinstance(vars(one).get(source), partialmethod) for one in model.__mro__)
        return Shown(name, column, lambda: _words(way[0])) if way and way[0].choices and plain else None
    path = list(field.source_attrs)
    way = _way(model, path)
    if not way:
        return None
    if type(field) is serializers.PrimaryKeyRelatedField:
        whole = len(way) == 1 and isinstance(way[0], ForeignKey) and field.pk_field is None
        return Shown(name, way[0].attname, lambda: None) if whole and _is_number(way[0]) else None
    if type(field) not in _PURE or field.default is not serializers.empty:
        return None
    needs = ""
    if not field.allow_null and any(step.null for step in way[:-1]):
        if len(way) > 2 or field.required:
            return None
        needs = way[0].attname
    *steps, last = way
    end = path[-1] if last.is_relation else last.name
    if last.is_relation and end != last.attname:
        return None
    return Shown(name, LOOKUP_SEP.join((*(step.name for step in steps), end)), lambda: _show(field, last), needs)


def _way(model: type[Model], path: Sequence[str]) -> list[Any]:
    """Return the fields from the model to the column at the end of the path; [] when it leads elsewhere."""
    names = {name: field for field in model._meta.concrete_fields for name in (field.name, field.attname)}
    if not path or (step := model._meta.pk if path[0] == "pk" else names.get(path[0])) is None:
        return []
    if not issubclass(step.descriptor_class, DeferredAttribute):
        return []
    if len(path) == 1:
        return [step]
    whole = step.is_relation and path[0] == step.name
    rest = _way(step.related_model, path[1:]) if whole else []  # type: ignore[arg-type]
    return [step, *rest] if rest else []


def _is_number(field: ForeignKey[Any, Any]) -> bool:
    target: Any = field.target_field
    return target.get_internal_type() in {"AutoField", "BigAutoField", "BigIntegerField", "IntegerField"}


def _words(field: Any) -> Show:
    """Return what gives the labels of choices, in the language of now."""
    labels: dict[Any, str | None] = {**{key: str(label) for key, label in field.flatchoices}, None: None}
    return lambda values: [labels[one] if one in labels else str(one) for one in values]


def _each(show: Callable[[Any], Any]) -> Show:
    return lambda values: [None if one is None else show(one) for one in values]


def _show(field: Any, column: Any) -> Show:
    kind = type(field)
    if any(kind in fields and isinstance(column, columns) for fields, columns in _AS_GIVEN):
        return None
    if kind in {serializers.CharField, serializers.EmailField, serializers.SlugField}:
        return _each(str)
    if kind in {serializers.BigIntegerField, serializers.IntegerField}:
        return _each(int)
    if kind is serializers.ChoiceField and all(isinstance(key, str) for key in field.choices):
        return _each(str)
    if kind is serializers.DateField and getattr(field, "format", api_settings.DATE_FORMAT) == "iso-8601":
        return None  # both encoders write a day as the field would
    if kind is serializers.DateTimeField and getattr(field, "format", api_settings.DATETIME_FORMAT) == "iso-8601":
        return _moments()
    return _each(field.to_representation)


def _moments() -> Show:
    """Return what gives moments in the time zone of now; both encoders write them as the field would.

    A zone looks for the distance from UTC at each moment; where it has long been the same, it is simply taken.
    """
    zone = timezone.get_current_timezone()
    since, steady = _STEADY.get(timezone.get_current_timezone_name(), (_WHOLE, zone))

    def show(values: Sequence[datetime | None]) -> list[Any]:
        return [
            None if one is None else one.astimezone(steady) if one.year > since else _told(one.astimezone(zone))
            for one in values
        ]

    return show


#: After this year clocks differ by whole minutes everywhere. What was before is written here: the encoders would round.
_WHOLE: Final = 1972
#: Where clocks have not been put forward or back after a year, and how far from UTC they have been since.
_STEADY: Final = {"Asia/Shanghai": (1991, fixed(timedelta(hours=8))), "UTC": (_WHOLE, UTC)}


def _told(moment: datetime) -> str | datetime:
    if moment.year > _WHOLE:
        return moment
    said = moment.isoformat()
    return f"{said[:-6]}Z" if said[-6:] == "+00:00" else said
