"""Apps above that keep a copy of a due date for their lists register here, so that the copy follows the clock."""

from collections.abc import Callable, Mapping
from datetime import date

#: Given the references of one noun and their new due dates.
Follower = Callable[[Mapping[int, date]], None]
_followers: dict[tuple[str, str], Follower] = {}


def register_follower(noun: str, kind: str, follower: Follower) -> None:
    """Call ``follower`` with ``{pk: due_on}`` when live clocks of rule ``kind`` on ``noun:pk`` have moved."""
    _followers[noun, kind] = follower


def tell_followers(moved: Mapping[tuple[str, str], date]) -> None:
    """Pass on the new dates, by (reference, rule), inside the transaction that moved them."""
    by_noun: dict[tuple[str, str], dict[int, date]] = {}
    for (ref, kind), due_on in moved.items():
        noun, _colon, pk = ref.partition(":")
        if (noun, kind) in _followers and pk.isdecimal():
            by_noun.setdefault((noun, kind), {})[int(pk)] = due_on
    for key, dates in by_noun.items():
        _followers[key](dates)
