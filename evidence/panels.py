"""Cards on the item's page that apps above fill: which case it serves, what it proves there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from casework.accounts.models import User
from evidence.models import Item

#: Returns what the template needs, or None when the card is not for this reader.
Facts = Callable[[Item, User], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Panel:
    """A card: a template name, shown with ``panel`` and ``item``."""

    template: str
    facts: Facts


_panels: dict[str, Panel] = {}


def register_panel(key: str, template: str, facts: Facts) -> None:
    """Add a card to the item's page; called when an app above loads."""
    _panels[key] = Panel(template, facts)


def panels_for(item: Item, user: User) -> list[tuple[str, Mapping[str, Any]]]:
    """Return (template, facts) of the cards this reader gets."""
    shown = []
    for panel in _panels.values():
        facts = panel.facts(item, user)
        if facts is not None:
            shown.append((panel.template, facts))
    return shown
