"""Who is at the far end of a connection that a monitor saw: an app above knows, and is asked for many far ends at once.

Nothing is kept with the sightings. An answer follows the catalogue as it stands when it is asked, so it holds for lists that
come later as for those of long ago, and a change of the catalogue needs no second matching. It never answers a question: it is
shown beside the question, and an officer puts it on record or does not.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


class FarEnd(NamedTuple):
    """A host (name or address) with a port, on a day; what is not known is left open."""

    host: str
    port: int | None
    on: date | None


@dataclass(frozen=True)
class Known:
    """What is known of a far end. ``grade`` is a value of the vocabulary ``mining``; ``since`` and ``until`` are its days.

    ``lapsed`` says that the far end was this before or after the day in question, not on it: shown, never counted.
    """

    name: str
    coin: str
    grade: str
    source: str
    since: date | None = None
    until: date | None = None
    lapsed: bool = False

    @property
    def words(self) -> str:
        """The name with the coin."""
        return f"{self.name} {self.coin}".strip()


Finder = Callable[[Collection[FarEnd]], Mapping[FarEnd, Known]]
_finders: list[Finder] = []


def register_far_ends(finder: Finder) -> None:
    """Let an app above answer; called when it loads."""
    if finder not in _finders:
        _finders.append(finder)


def known_far_ends(ends: Collection[FarEnd]) -> dict[FarEnd, Known]:
    """Return what is known of the far ends, those that somebody knows alone; one question for all of them."""
    found: dict[FarEnd, Known] = {}
    asked = [end for end in ends if end.host]
    for finder in _finders if asked else ():
        found = {**finder(asked), **found}
    return found
