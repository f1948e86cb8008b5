"""What the larger components are drawn from. Plain values: views build them, templates show them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from casework.web.vocabulary import Text


@dataclass(frozen=True)
class Proof:
    """The proof state of a ledger entry: verified, pending or failed, with what stands behind it."""

    state: str
    number: int | None = None
    checkpoint: str = ""
    witness: str = ""
    url: str = ""  # the entry's page, with its proof file
    note: str = ""


@dataclass(frozen=True)
class CustodyLink:
    """One link of a custody chain. A hand-over names giver and receiver in ``people``."""

    at: datetime
    act: Text
    people: Text
    place: Text = ""
    icon: str = "package"
    proof: str = ""  # verified, pending, failed
    here: bool = False  # the last link: where the thing is now
    broken: Text = ""  # what does not fit before this link; drawn as a red ring


@dataclass(frozen=True)
class Share:
    """One part of a share bar; ``colour`` is green, blue, amber, red or grey."""

    label: Text
    count: int
    colour: str = "grey"
    url: str = ""


@dataclass(frozen=True)
class Stop:
    """A suspension of the clock; ``until`` is None while it lasts. Both days are included as given by the rule."""

    from_on: date
    until: date | None
    days: int


@dataclass(frozen=True)
class DeadlineLine:
    """A deadline's history for the picture: start, due day now and at first, today and the suspensions."""

    start: date
    due: date
    today: date
    first_due: date | None = None
    stops: Sequence[Stop] = ()
    start_label: Text = ""
    steps: Sequence[Text] = field(default_factory=tuple)  # "怎么算的", numbered sentences
    unverified: bool = False
    open: bool = False


@dataclass(frozen=True)
class Step:
    """One stage in a state line: ``done``, ``now`` or "" (to come)."""

    label: Text
    state: str = ""
    note: Text = ""
