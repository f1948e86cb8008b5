"""What other apps add to the pages of a unit and a person and to a leader's home: each answers for its own rights."""

from collections.abc import Callable
from dataclasses import dataclass

from casework.accounts.models import User
from casework.web.vocabulary import Text
from units.models import Person, Unit


@dataclass(frozen=True)
class PanelRow:
    """One line of a panel: its name, where it leads, a second line, and a state (group, value) of the vocabulary."""

    text: Text
    url: str
    second: Text = ""
    group: str = ""
    state: str = ""


@dataclass(frozen=True)
class Panel:
    """A card of such a page; ``rows`` holds only what the reader may know, a panel without rows is not shown."""

    title: Text
    rows: list[PanelRow]
    url: str = ""


Maker = Callable[[Unit, User], Panel]
_makers: list[Maker] = []
PersonMaker = Callable[[Person, User], Panel]
_person_makers: list[PersonMaker] = []
#: Returns the papers of other apps that the units of this leader received, newest first.
Received = Callable[[User], list[PanelRow]]
_received: list[Received] = []


def register_panel(maker: Maker) -> None:
    """Let ``maker(unit, user)`` add a card; called when an app loads."""
    if maker not in _makers:
        _makers.append(maker)


def panels_for(unit: Unit, user: User) -> list[Panel]:
    """Return the cards that have something to show to this reader."""
    return [panel for maker in _makers if (panel := maker(unit, user)).rows]


def register_person_panel(maker: PersonMaker) -> None:
    """Let ``maker(person, user)`` add a card to the person's page; called when an app loads."""
    if maker not in _person_makers:
        _person_makers.append(maker)


def panels_of_person(person: Person, user: User) -> list[Panel]:
    """Return the cards of the person's page that have something to show to this reader."""
    return [panel for maker in _person_makers if (panel := maker(person, user)).rows]


def register_received(papers: Received) -> None:
    """Let ``papers(leader)`` add to what his units received; called when an app loads."""
    if papers not in _received:
        _received.append(papers)


def received_by(leader: User) -> list[PanelRow]:
    """Return what other apps' papers his units received."""
    return [row for papers in _received for row in papers(leader)]
