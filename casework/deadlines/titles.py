"""A word among the titles of clocks."""

from typing import Final

from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from casework.accounts.enums import Role
from casework.accounts.models import User

_TITLE: Final = '"deadlines_deadline"."title"'
#: So much of the table tells how common a word is, in percent; and what is common, one title in so many.
SAMPLE: Final = 0.3
COMMON: Final = 50


def titled(user: User, word: str) -> Q:
    """Return the condition that the word stands in the title, whatever its case.

    An auditor looks among all clocks. A rare word is found by the index of signs and pairs (migration 0003), which
    gives every title that has it and some more; with a common one the list's own order is at its page sooner. Others
    look at the titles of their own circles one by one: the index would be read further the more hidden titles have it.
    """
    if not user.has_role(Role.AUDITOR):
        return Q(title__icontains=word)
    # Asked in this way, the planner takes any word for a common one.
    plain = word.upper() == word.lower()
    holds = f"strpos({_TITLE}, %s) > 0" if plain else f"strpos(upper({_TITLE}), upper(%s)) > 0"
    found = Q(RawSQL(holds, [word], BooleanField()))  # noqa: S611 (the word is sent apart)
    if _is_common(holds, word):
        return found
    index = f"deadline_pairs({_TITLE}) @> deadline_pairs(%s)"
    return found & Q(RawSQL(index, [word], BooleanField()))  # noqa: S611 (as above)


def _is_common(holds: str, word: str) -> bool:
    """Tell by a sample; a wrong answer costs time alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select count(*), count(*) filter (where {holds}) from deadlines_deadline tablesample system (%s)",  # noqa: S608
            [word, SAMPLE],
        )
        rows, hits = cursor.fetchone()
    return bool(hits) and hits * COMMON >= rows
