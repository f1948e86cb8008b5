"""The box above a list asks the index; the list's own rows still decide what its reader sees."""

from collections.abc import Callable
from typing import Any

from django.db import connection, models
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from casework.accounts.models import User
from casework.search.models import Entry
from casework.search.registry import circles_in_index, matching, place_by_place
from casework.search.words import places_of, read

#: So many remote hosts and the like are looked through for a piece of their name; beyond, they are found by its beginning.
MOST_WORDS = 2000


def entries(user: User, kind: str, word: str, *, by_circle: bool = False) -> QuerySet[Any, Any]:
    """Return the keys of the rows of a kind in whose text the word stands, for ``pk__in``; see ``register_search``."""
    words = read(word)
    if not words:
        return Entry.objects.none().values_list("row_id", flat=True)
    circles = circles_in_index(user) if by_circle else None
    queries = words.tsqueries(places_of(kind, circles, by_circle=by_circle))
    if len(queries) == 1:
        rows = matching(kind, words, *queries)
    else:
        # Gathered first, whatever the planner thinks of sixteen conditions at once.
        one, params = place_by_place(kind, words, queries)
        said = f"row_id = any(array(select row_id from ({one}) hits))"  # noqa: S608 (no word of it was typed)
        keys = RawSQL(said, params, models.BooleanField())  # noqa: S611 (as above)
        rows = Entry.objects.filter(keys, kind=kind)
    return rows.order_by().values_list("row_id", flat=True)


def found_by(*sources: Callable[[User, str], QuerySet[Any, Any]]) -> Callable[[User, str], Q]:
    """Return the ``find`` of a list whose rows have their keys in one of the sources."""

    def find(user: User, word: str) -> Q:
        first, *others = (source(user, word) for source in sources)
        return Q(pk__in=first.union(*others) if others else first)

    return find


def indexed(kind: str, *, by_circle: bool = False) -> Callable[[User, str], QuerySet[Any, Any]]:
    """Return a source of ``found_by``: the rows of a kind of the index."""
    return lambda user, word: entries(user, kind, word, by_circle=by_circle)


def words_with(table: str, column: str, piece: str) -> list[str]:
    """Return the different values of a text column that hold the piece, from its index alone (varchar_pattern_ops).

    Each value costs one step into the index, whatever the number of rows; only the first ``MOST_WORDS`` are looked at.
    """
    name, source = connection.ops.quote_name(column), connection.ops.quote_name(table)
    sql = f"""
        with recursive seen(word, n) as (
            (select {name}::text, 1 from {source} where {name} ~>~ '' order by {name} using ~<~ limit 1)
            union all
            select (select s.{name} from {source} s where s.{name} ~>~ seen.word order by s.{name} using ~<~ limit 1), n + 1
            from seen where word is not null and n < %s
        )
        select word from seen where strpos(lower(word), %s) > 0
    """  # noqa: S608 (both names are quoted)
    with connection.cursor() as cursor:
        cursor.execute(sql, [MOST_WORDS, piece.lower()])
        return [word for (word,) in cursor.fetchall()]
