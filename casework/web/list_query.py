"""From an address to rows: conditions, search, order, keyset pages and counts. No HTML here."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Aggregate, BooleanField, Count, F, Func, Model, Q, QuerySet, Value
from django.db.models.constants import LOOKUP_SEP
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from casework.access.models import has_many_circles
from casework.accounts.models import User
from casework.core.moments import SHANGHAI
from casework.web.counting import Panel, count_with_panel
from casework.web.formats import parse_day
from casework.web.listing import Filter, ListPage
from casework.web.vocabulary import Text

#: Above this, a count is said as "超过 10,000", and the panel shows no counts at all.
COUNT_CAP: Final = 10_000
#: What a word finds, and what a reader of very many circles may see, may lie anywhere among the rows, each a look of its own: it is counted so far.
FOUND_CAP: Final = 2_000
CONTROL: Final = frozenset({"q", "sort", "after", "before", "cols", "export"})


def _fields(model: type[Model], path: str) -> list[Any]:
    """Return the fields along a lookup path, as far as they are fields (the rest is a lookup type)."""
    found: list[Any] = []
    here: type[Model] | None = model
    for name in path.split(LOOKUP_SEP):
        if here is None:
            break
        try:
            step = here._meta.pk if name == "pk" else here._meta.get_field(name)
        except FieldDoesNotExist:
            break
        found.append(step)
        here = step.related_model if step.is_relation else None
    return found


class _Row(Func):
    """``(a, b)``."""

    template = "(%(expressions)s)"
    output_field = BooleanField()  # nobody reads it; rows are only compared


class _Compared(Func):
    """``(a, b) < (c, d)``, as the index of the order has it."""

    template = "%(expressions)s"
    output_field = BooleanField()


def condition(queryset: QuerySet[Any], path: str, value: Any) -> Q:
    """Return the condition; over a to-many relation as a subquery, so that rows and counts do not multiply."""
    model = queryset.model
    if any(step.one_to_many or step.many_to_many for step in _fields(model, path) if step.is_relation):
        return Q(pk__in=model._base_manager.filter(**{path: value}).values("pk"))
    return Q(**{path: value})


@dataclass(frozen=True)
class Term:
    """One condition as given in the address: the values are alternatives."""

    filter: Filter
    values: tuple[str, ...]
    negated: bool
    words: tuple[Text, ...]
    suffix: str = ""  # "_from" and "_to" of dates

    @property
    def param(self) -> str:
        return f"{self.filter.key}{self.suffix}{'!' if self.negated else ''}"


@dataclass
class ListQuery:
    """The address of a list, read once. ``unknown`` holds what could not be understood, to be told to the reader."""

    page: ListPage
    user: User
    params: QueryDict
    unknown: list[str] = field(default_factory=list)

    # conditions ----------------------------------------------------------------------------------------------

    @cached_property
    def base(self) -> QuerySet[Any]:
        return self.page.queryset(self.user).order_by()

    @cached_property
    def options(self) -> dict[str, list[tuple[str, Text]]]:
        found = {item.key: item.options(self.user) for item in self.page.filters if item.kind in {"choice", "bool"}}
        read = self.page.choices(self.user) if self.page.choices else {}
        return found | {key: [(str(value), label) for value, label in pairs] for key, pairs in read.items()}

    @cached_property
    def terms(self) -> list[Term]:
        terms = []
        for item in self.page.filters:
            for suffix in ("_from", "_to") if item.kind == "date" else ("", "!"):
                values = [value for value in self.params.getlist(f"{item.key}{suffix}") if value.strip()]
                if values:
                    terms += self._term(item, values, suffix)
        return terms

    def _term(self, item: Filter, values: list[str], suffix: str) -> list[Term]:
        if item.kind == "date":
            day = parse_day(values[-1])
            if day is None:
                self.unknown.append(f"{item.label} {values[-1]}")
                return []
            words = _("%(day)s 起") if suffix == "_from" else _("%(day)s 止")
            return [Term(item, (day.isoformat(),), False, (words % {"day": day.isoformat()},), suffix)]
        if item.kind == "text":
            values = [value.replace("\x00", "") for value in values]  # no text of PostgreSQL holds it
            return [Term(item, tuple(values), suffix == "!", tuple(values))]
        known = dict(self.options[item.key])
        good = [value for value in dict.fromkeys(values) if value in known]
        self.unknown += [f"{item.label} {value}" for value in values if value not in known]
        return [Term(item, tuple(good), suffix == "!", tuple(known[value] for value in good))] if good else []

    def _q(self, term: Term) -> Q:
        lookup = term.filter.lookup
        result = Q()
        for value in term.values:
            if callable(lookup):
                result |= lookup(f"{term.suffix.lstrip('_')}:{value}" if term.suffix else value)
            elif term.filter.kind == "date":
                result |= self._day_q(lookup, date.fromisoformat(value), term.suffix)
            elif term.filter.kind == "bool":
                result |= condition(self.base, lookup, value == "1")
            elif term.filter.kind == "text":
                result |= condition(self.base, f"{lookup}__icontains", value.strip())
            else:
                result |= condition(self.base, lookup, value)
        return ~result if term.negated else result

    def _day_q(self, lookup: str, day: date, suffix: str) -> Q:
        found = _fields(self.base.model, lookup)
        edge: date | datetime = day
        if found and found[-1].get_internal_type() == "DateTimeField":
            edge = timezone.make_aware(datetime.combine(day, time.min if suffix == "_from" else time.max), SHANGHAI)
        return condition(self.base, f"{lookup}__{'gte' if suffix == '_from' else 'lte'}", edge)

    @cached_property
    def words(self) -> str:
        return self.params.get("q", "").replace("\x00", "").strip()[:200] if self.page.searched else ""

    @cached_property
    def search_q(self) -> Q:
        """Every word must be found in one of the search fields, or by the index."""
        result = Q()
        for word in self.words.split()[:8]:
            one = self.page.find(self.user, word) if self.page.find else Q()
            for path in self.page.search:
                one |= condition(self.base, path, word)
            result &= one
        return result

    @cached_property
    def _where(self) -> Q:
        result = self.search_q
        for term in self.terms:
            result &= self._q(term)
        return result

    def where(self) -> Q:
        """Return all conditions."""
        return self._where

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """All rows under the present conditions, in the list's order."""
        return self.base.filter(self.where()).order_by(*self._order_by(self.order))

    @property
    def narrowed(self) -> bool:
        return bool(self.terms or self.words)

    # counts ----------------------------------------------------------------------------------------------------

    @cached_property
    def _counted(self) -> tuple[dict[str, int], dict[str, int]]:
        """Count all that the page tells of its length, and its panel, by one query and nothing further than the cap."""
        wanted = {"total": [self.base]}
        if self.narrowed:
            wanted["count"] = [self.base.filter(self.where())]
        before = self._before_panel
        # Without a condition of the panel itself, what is shown is what the panel counts.
        same = not any(term.filter in self._panel for term in self.terms)
        if self._panel and before and not same:
            wanted["panel"] = [self.base.filter(before)]
        panel = None
        if parts := self._panel_counts:
            panel = Panel(self.base.filter(before), parts, next(reversed(wanted)) if before else "total")
        return count_with_panel(wanted, self.total_cap, panel, self.cap)

    @property
    def cap(self) -> int:
        """How far the rows under the conditions are counted."""
        return FOUND_CAP if self.words else self.total_cap

    @property
    def total_cap(self) -> int:
        """How far all rows are counted: less far for whoever is let in to each of very many one by one."""
        return FOUND_CAP if has_many_circles(self.user) else COUNT_CAP

    @property
    def total(self) -> int:
        """All rows the reader may see, counted no further than the cap."""
        return self._counted[0]["total"]

    @property
    def count(self) -> int:
        """The rows under the present conditions, counted no further than the cap."""
        return self._counted[0].get("count", self.total)

    @cached_property
    def exact_count(self) -> int:
        return int(self.base.filter(self.where()).count())

    @cached_property
    def _panel(self) -> list[Filter]:
        """The filters whose values stand in the panel with their counts."""
        return [item for item in self.page.filters if item.facet and item.key in self.options and self.page.facets]

    @cached_property
    def _before_panel(self) -> Q:
        """The conditions that hold for every count of the panel: the search, and filters that have no counts."""
        result = self.search_q
        for term in self.terms:
            if term.filter not in self._panel:
                result &= self._q(term)
        return result

    @property
    def uncounted(self) -> bool:
        """Whether there are too many rows to count the values of the panel one by one."""
        return bool(self._panel) and not self._counted[1]

    @cached_property
    def _panel_counts(self) -> dict[str, Aggregate]:
        parts: dict[str, Aggregate] = {}
        for number, item in enumerate(self._panel):
            others = Q()
            for term in self.terms:
                if term.filter is not item and term.filter in self._panel:
                    others &= self._q(term)
            for place, (value, _label) in enumerate(self.options[item.key]):
                one = self._q(Term(item, (value,), False, ()))
                parts[f"f{number}_{place}"] = Count("pk", filter=others & one)
        return parts

    @property
    def facet_counts(self) -> dict[str, dict[str, int]]:
        """Return {filter: {value: rows it would show}}; empty where there are too many to count."""
        found = self._counted[1]
        if not found:
            return {}
        return {
            item.key: {
                value: found[f"f{number}_{place}"] for place, (value, _label) in enumerate(self.options[item.key])
            }
            for number, item in enumerate(self._panel)
        }

    # order and pages --------------------------------------------------------------------------------------------

    @cached_property
    def order(self) -> list[str]:
        """Return the order fields; a column chosen by its head comes first, the list's own order settles ties."""
        wanted = self.params.get("sort", "")
        column = self.page.column(wanted.lstrip("-"))
        own = list(self.page.order)
        if column is None or not column.sort:
            if wanted:
                self.unknown.append(f"sort={wanted}")
            return own
        down = wanted.startswith("-") != column.sort.startswith("-")
        first = f"{'-' if down else ''}{column.sort.lstrip('-')}"
        turned = [f"-{name}".removeprefix("--") for name in own]
        if turned[0] == first:  # turned as a whole: its index is read backwards, and no ties are sorted
            return turned
        return [first, *(name for name in own if name.lstrip("-") != first.lstrip("-"))]

    def _nullable(self, path: str) -> bool:
        if path in self.base.query.annotations:
            return True
        steps = _fields(self.base.model, path)
        return any(getattr(step, "null", False) for step in steps)

    def _order_by(self, order: Sequence[str], backwards: bool = False) -> list[Any]:
        result: list[Any] = []
        for name in order:
            path = name.lstrip("-")
            down = name.startswith("-") != backwards
            if self._nullable(path):
                # Empty values stand last in either direction, so that what has a date comes first.
                nulls = {"nulls_first": True} if backwards else {"nulls_last": True}
                result.append(F(path).desc(**nulls) if down else F(path).asc(**nulls))
            else:
                result.append(f"{'-' if down else ''}{path}")
        return result

    def _beyond(self, values: Sequence[Any], backwards: bool) -> Any:
        """Rows that stand after (or before) the row with these order values.

        Where all columns go one way and none is ever empty, the rows are compared as wholes: an index is then entered at
        the very place, however deep.
        """
        paths = [name.lstrip("-") for name in self.order]
        if len({name.startswith("-") for name in self.order}) == 1 and not any(map(self._nullable, paths)):
            down = self.order[0].startswith("-") != backwards
            here = [Value(value, output_field=self._field(path)) for path, value in zip(paths, values, strict=True)]
            return _Compared(_Row(*paths), _Row(*here), arg_joiner=" < " if down else " > ")
        result = Q()
        same = Q()
        for name, value in zip(self.order, values, strict=True):
            path = name.lstrip("-")
            down = name.startswith("-") != backwards
            step = Q()
            if value is not None:
                step = Q(**{f"{path}__{'lt' if down else 'gt'}": value})
                if self._nullable(path) and not backwards:
                    step |= Q(**{f"{path}__isnull": True})
            elif backwards:
                step = Q(**{f"{path}__isnull": False})
            if step:
                result |= same & step
            same &= Q(**{f"{path}__isnull": True}) if value is None else Q(**{path: value})
        return result or Q(pk__in=[])

    def _field(self, path: str) -> Any:
        if path in self.base.query.annotations:
            return self.base.query.annotations[path].output_field
        steps = _fields(self.base.model, path)
        return steps[-1] if steps else None

    def cursor(self, row: Any) -> str:
        """Return the row's place in the order, for the address."""
        values = []
        for name in self.order:
            value = row
            for part in name.lstrip("-").split(LOOKUP_SEP):
                value = getattr(value, part, None) if value is not None else None
            if isinstance(value, Model):
                value = value.pk
            values.append(
                value.isoformat()
                if isinstance(value, (date, datetime))
                else str(value)
                if isinstance(value, Decimal)
                else value
            )
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=str)
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _read_cursor(self, name: str) -> list[Any] | None:
        text = self.params.get(name, "")
        if not text:
            return None
        try:
            values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            fields = [self._field(path.lstrip("-")) for path in self.order]
            pairs = list(zip(fields, values, strict=True))
            return [value if known is None or value is None else known.to_python(value) for known, value in pairs]
        except (ValueError, TypeError, binascii.Error, UnicodeDecodeError, ValidationError):
            self.unknown.append(f"{name}={text[:20]}")
            return None

    def window(self) -> "Window":
        """Return one page of rows and the places of its neighbours, by one query."""
        size = self.page.size
        before = self._read_cursor("before")
        after = None if before else self._read_cursor("after")
        values = before or after
        queryset = self.base.filter(self.where())
        if values is not None:
            queryset = queryset.filter(self._beyond(values, backwards=before is not None))
        found = list(queryset.order_by(*self._order_by(self.order, backwards=before is not None))[: size + 1])
        more = len(found) > size
        found = found[:size]
        if before is not None:
            found.reverse()
        earlier = bool(found) and (more if before is not None else values is not None)
        later = bool(found) and (True if before is not None else more)
        return Window(found, self.cursor(found[0]) if earlier else "", self.cursor(found[-1]) if later else "")

    # addresses --------------------------------------------------------------------------------------------------

    def address(self, *, drop: Sequence[str] = (), add: Sequence[tuple[str, str]] = (), keep_page: bool = False) -> str:
        """Return the list's query string with parameters left out or added; a changed condition starts at page one."""
        gone = {*drop, *(() if keep_page else ("after", "before"))}
        pairs = [(key, value) for key, values in self.params.lists() if key not in gone for value in values if value]
        return "?" + urlencode([*pairs, *add])

    def toggles(self, item: Filter) -> "Toggles":
        """Return the addresses with values of the condition ticked, or unticked where they are."""
        params = (item.key, f"{item.key}!")
        return Toggles(
            self.address(drop=params),
            params,
            {param: [one for one in self.params.getlist(param) if one] for param in params},
        )


@dataclass(frozen=True)
class Toggles:
    """The addresses of all values of one condition: what they have in common is put together once."""

    start: str
    params: tuple[str, str]
    chosen: Mapping[str, Sequence[str]]

    def __call__(self, value: str, negated: bool = False) -> str:
        """Return the list's query string with the value ticked (or left out, when negated), or unticked when it is."""
        param, other = reversed(self.params) if negated else self.params
        now = self.chosen[param]
        left = [one for one in now if one != value] if value in now else [*now, value]
        opposite = [one for one in self.chosen[other] if one != value]
        added = "&".join(
            f"{quote_plus(key)}={quote_plus(one)}"
            for key, values in ((param, left), (other, opposite))
            for one in values
        )
        return f"{self.start}&{added}" if added and self.start != "?" else self.start + added


@dataclass(frozen=True)
class Window:
    """One page: its rows, and the cursors for the pages before and after ("" when there is none)."""

    rows: list[Any]
    before: str
    after: str
