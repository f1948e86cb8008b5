"""What can be found: each app registers its kinds. Every search starts from what the reader may see."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.safestring import SafeString

from casework.access.models import circles_of
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.search.models import GRAMS, Entry, Matches
from casework.search.words import Words, mark, places_of, read, snippet
from casework.web.vocabulary import Text

#: A count stops here: "超过 1,000".
COUNT_CAP = 1000
#: A reader of more circles than this is not told apart in the index but by what he may see alone.
MOST_CIRCLES = 300
EMPTY = SafeString("")


@dataclass(frozen=True)
class Searchable:
    """One kind: ``queryset(user)`` holds only visible rows.

    ``indexed`` names the kind in the index (a view ``search_of_<kind>`` with triggers); ``by_circle`` says that its
    rows are seen by compartment alone, so that the index is read within the reader's own circles. ``addressed`` gives
    the condition for addresses from the first to the last, ``hosted`` that for the beginning of a host, both along
    indexes of the table itself. ``fields`` are lookups for small tables without any of these.
    """

    label: Text
    queryset: Callable[[User], QuerySet[Any]]
    fields: Sequence[str]
    row_label: Callable[[Any], str]
    url: Callable[[Any], str]
    second: Callable[[Any], str]
    list_url: str
    order: Sequence[str]
    indexed: str = ""
    by_circle: bool = False
    addressed: Callable[[str, str], Q] | None = None
    hosted: Callable[[str], Q] | None = None
    part_url: Callable[[Any, int, str], str] | None = None
    icon: str = "search"


@dataclass(frozen=True)
class Hit:
    """One found row as the page shows it; ``snippet`` is the piece of text around the hit, "" when the label has it."""

    label: str
    url: str
    second: str
    key: str = ""
    marked: SafeString = EMPTY
    snippet: SafeString = EMPTY
    part: int = 0
    part_url: str = ""


@dataclass(frozen=True)
class Group:
    """The rows of one kind: how many there are, and the first of them."""

    label: Text
    count: int
    more: bool
    hits: list[Hit]
    list_url: str
    icon: str = "search"
    keys: tuple[str, ...] = ()
    kind: str = ""


_kinds: list[Searchable] = []


def register_search(
    kind_label: Text,
    queryset: Callable[[User], QuerySet[Any]],
    fields: Sequence[str],
    row_label: Callable[[Any], str],
    url: Callable[[Any], str],
    *,
    second: Callable[[Any], str] = lambda _row: "",
    list_url: str = "",
    order: Sequence[str] = ("-pk",),
    indexed: str = "",
    by_circle: bool = False,
    addressed: Callable[[str, str], Q] | None = None,
    hosted: Callable[[str], Q] | None = None,
    part_url: Callable[[Any, int, str], str] | None = None,
    icon: str = "search",
) -> None:
    """Add a kind; called when an app loads. ``list_url`` is where all hits are shown, e.g. ``/units/?q=``.

    ``part_url(row, part, text)`` is where a hit inside a text of several parts (the page of a file) is shown.
    """
    _kinds.append(
        Searchable(
            kind_label, queryset, tuple(fields), row_label, url, second, list_url, tuple(order),
            indexed, by_circle, addressed, hosted, part_url, icon,
        )
    )  # fmt: skip


def search(user: User, text: str, *, shown: int = 8, only: str = "") -> list[Group]:
    """Return what the reader may see and where every word occurs, by kind; kinds without hits are left out.

    ``only`` names one kind (``Group.kind``); an unknown one finds nothing.
    """
    words = read(text)
    if not words:
        return []
    circles = circles_in_index(user)
    kinds = [kind for kind in _kinds if only in {"", _name(kind)}]
    asked = _standing({kind.indexed: _asked(kind, words, circles) for kind in kinds if kind.indexed})
    net = span(words.typed[0]) if len(words.typed) == 1 else None
    groups = [_group(kind, user, words, asked.get(kind.indexed, []), net, shown, text) for kind in kinds]
    return [group for group in groups if group is not None]


def _asked(kind: Searchable, words: Words, circles: list[int] | None) -> list[str]:
    """Return the queries by which a kind is looked for in the index, one for each place."""
    return words.tsqueries(places_of(kind.indexed, circles, by_circle=kind.by_circle))


def _standing(asked: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the kinds of which anything can stand in the index where the reader looks, asked in one statement.

    Nothing is asked after that of the others: a word that stands in hidden texts alone costs what one costs that
    stands nowhere.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select kind from jsonb_each(%s::jsonb) as asked(kind, places)"
            " where search_stands(array(select jsonb_array_elements_text(places))::tsquery[])",
            [json.dumps(asked)],
        )
        standing = {kind for (kind,) in cursor.fetchall()}
    return {kind: queries for kind, queries in asked.items() if kind in standing}


def circles_in_index(user: User) -> list[int] | None:
    """Return the reader's circles as the index knows them, himself among them, or None when they do not narrow it."""
    if user.has_role(Role.AUDITOR):
        return None
    known = circles_of(user)
    if not isinstance(known, list):
        known = [row["compartment_id"] for row in known[: MOST_CIRCLES + 1]]
    return None if len(known) > MOST_CIRCLES else [*known, -user.pk]


def _group(
    kind: Searchable,
    user: User,
    words: Words,
    queries: list[str],
    net: tuple[str, str] | None,
    shown: int,
    text: str,
) -> Group | None:
    conditions = _conditions(kind, words, net)
    if not queries and not conditions:
        return None
    base = kind.queryset(user)
    if base.query.is_empty():
        return None
    places = _places(kind, base, words, queries) if queries else {}
    keys = list(places)
    for condition in conditions:
        inner = base.filter(condition).order_by(*kind.order).values_list("pk", *_sorted_by(kind))
        keys += [row[0] for row in inner[: COUNT_CAP + 1]]
    keys = list(dict.fromkeys(keys))
    if not keys:
        return None
    found = list(base.filter(pk__in=keys[:COUNT_CAP]).order_by(*kind.order)[:shown])
    parts = _parts(kind, places, [row.pk for row in found])
    hits = [_hit(kind, row, parts.get(row.pk), words, text) for row in found]
    kept = tuple(f"{_name(kind)}:{key}" for key in keys[:COUNT_CAP])
    count = min(len(keys), COUNT_CAP)
    return Group(kind.label, count, len(keys) > COUNT_CAP, hits, kind.list_url, kind.icon, kept, _name(kind))


def _name(kind: Searchable) -> str:
    return kind.indexed or kind.icon


def _sorted_by(kind: Searchable) -> list[str]:
    """Return the fields of the order beside the key: DISTINCT rows of a to-many condition keep their order."""
    return [name.lstrip("-") for name in kind.order if name.lstrip("-") != "pk"]


def _places(kind: Searchable, base: QuerySet[Any], words: Words, queries: list[str]) -> dict[int, int]:
    """Return the rows where every word stands, each with the first of its texts that has them; little more than asked.

    Place after place is looked through until there are enough: a word that stands everywhere costs no more than its
    first thousand rows, for whoever may see all as well.
    """
    visible = base.order_by().values("pk") if base.query.where else None
    one, params = place_by_place(kind.indexed, words, queries, visible)
    most = COUNT_CAP + 1
    # A row stands there once for each of its texts and places: a long file must not hide the others.
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"{one} limit %s", [*params, most])
            pairs = cursor.fetchall()
        places: dict[int, int] = {}
        for row, part in pairs:
            places[row] = min(part, places.get(row, part))
        if len(pairs) < most or len(places) > COUNT_CAP:
            return places
        most *= 8


def place_by_place(
    kind: str, words: Words, queries: list[str], visible: QuerySet[Any, Any] | None = None
) -> tuple[str, list[Any]]:
    """Return a statement, with its parameters, that gives row and part of what stands in one place after the other."""
    piece = matching(kind, words, RawSQL("place.query", []))
    if visible is not None:
        piece = piece.filter(row_id__in=visible)
    inner, params = piece.order_by().values_list("row_id", "part").query.sql_with_params()
    # "offset 0" keeps each place a search of its own: joined otherwise, every row would have to be cut anew.
    one = f"select found.* from unnest(%s::tsquery[]) place(query), lateral ({inner} offset 0) found"  # noqa: S608 (no word of it was typed)
    return one, [queries, *params]


def matching(kind: str, words: Words, *queries: str | RawSQL) -> QuerySet[Entry]:
    """Return the entries of a kind where every word stands, in any of the places; whole words are compared where grams
    do not settle it.
    """
    either = Q()
    for query in queries:
        either |= Q(Matches(GRAMS, query))
    rows = Entry.objects.filter(either, kind=kind)
    for forms in words.forms:
        if all(form.exact for form in forms):
            continue
        either = Q()
        for form in forms:
            # A short word of one meaning counts where it stands between signs that are no letters.
            alone = rf"(^|[^a-z]){form.grams[0][0].removeprefix('=')}($|[^a-z])"
            either |= Q(folded__contains=form.whole) if form.whole else Q(folded__regex=alone)
        rows = rows.filter(either)
    return rows


def _conditions(kind: Searchable, words: Words, net: tuple[str, str] | None) -> list[Q]:
    """Return the conditions along the table's own indexes; which ones depends on what was typed alone."""
    found = []
    if kind.addressed is not None and net is not None:
        found.append(kind.addressed(*net))
    only = words.typed[0] if len(words.typed) == 1 else ""
    if kind.hosted is not None and only.isascii() and len(only) >= 3:
        found.append(kind.hosted(only))
    if kind.fields:
        where = Q()
        for word in words.typed:
            one = Q()
            for field in kind.fields:
                one |= Q(**{field: word})
            where &= one
        found.append(where)
    return found


def span(word: str) -> tuple[str, str] | None:
    """Return the first and the last address that begin with the word: ``10.1.`` or ``10.1`` or a whole address."""
    try:
        whole: IPv4Address | IPv6Address = ip_address(word)
        return str(whole), str(whole)
    except ValueError:
        pass
    parts = word.removesuffix(".").split(".")
    if not 2 <= len(parts) <= 4 or not all(part.isascii() and part.isdigit() and int(part) < 256 for part in parts):
        return None
    missing = 4 - len(parts)
    return ".".join([*parts, *["0"] * missing]), ".".join([*parts, *["255"] * missing])


def _parts(kind: Searchable, places: dict[int, int], keys: list[int]) -> dict[int, Entry]:
    """Return the text of each shown row in which the words stand."""
    wanted = Q()
    for key in keys:
        if key in places:
            wanted |= Q(row_id=key, part=places[key])
    if not wanted:
        return {}
    rows = Entry.objects.filter(wanted, kind=kind.indexed).only("row_id", "part", "text")
    return {entry.row_id: entry for entry in rows}


def _hit(kind: Searchable, row: Any, entry: Entry | None, words: Words, text: str) -> Hit:
    label = kind.row_label(row)
    marked = mark(label, words.marked)
    piece = EMPTY
    if entry is not None and (entry.part or "<mark>" not in marked):
        piece = snippet(entry.text, words.marked)
    part = entry.part if entry is not None else 0
    part_url = kind.part_url(row, part, text) if kind.part_url is not None and part else ""
    key = f"{_name(kind)}:{row.pk}"
    return Hit(label, kind.url(row), kind.second(row), key, marked, piece, part, part_url)
