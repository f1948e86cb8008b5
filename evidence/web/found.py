"""Evidence in the search of the house and on the page of a unit."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from casework.access.models import NeedToKnow
from casework.accounts.models import User
from casework.search.registry import register_search
from evidence.models import Event, Item, ItemFile
from evidence.selectors.items import visible_items
from units.models import Unit
from units.panels import Panel, PanelRow, register_panel

SHOWN = 8


def visible_files(user: User) -> QuerySet[Any]:
    """Return the files the reader may know of."""
    rows: QuerySet[Any] = ItemFile.objects.visible_to(user)
    return rows.select_related("item")


def visible_contents(user: User) -> QuerySet[Any]:
    """Return the items whose content the reader may know: not those that only pass through his hands."""
    return NeedToKnow(model=Item).visible_to(user)


def visible_events(user: User) -> QuerySet[Any]:
    """Return the events the reader may know of."""
    rows: QuerySet[Any] = Event.objects.visible_to(user)
    return rows.select_related("item")


def items_of_unit(unit: Unit, user: User) -> Panel:
    """Return the card of what was taken at the unit, of what the reader may know."""
    rows = visible_items(user).filter(collection__unit=unit, parent=None).order_by("-created_at", "-pk")[:SHOWN]
    return Panel(
        _("证物"),
        [
            PanelRow(
                f"{item.number} {item.title}",
                reverse("evidence:item", args=[item.pk]),
                second=item.place,
                group="item",
                state=item.state,
            )
            for item in rows
        ],
    )


register_search(
    _("证物"),
    visible_items,
    (),
    lambda item: f"{item.number} {item.title}",
    lambda item: reverse("evidence:item", args=[item.pk]),
    second=lambda item: f"{item.get_state_display()} {item.place}".strip(),
    list_url="/evidence/?q=",
    order=("number", "pk"),
    indexed="item",
    by_circle=True,
    icon="package",
)
register_search(
    _("证物特征"),
    visible_contents,
    (),
    lambda item: f"{item.number} {item.title}",
    lambda item: reverse("evidence:item", args=[item.pk]),
    second=lambda item: item.get_state_display(),
    order=("number", "pk"),
    indexed="content",
    by_circle=True,
    icon="devices-pc",
)
register_search(
    _("证物文件"),
    visible_files,
    (),
    lambda file: file.name,
    lambda file: reverse("evidence:item", args=[file.item_id]),
    second=lambda file: f"{file.item.number} {file.item.title}",
    indexed="file",
    by_circle=True,
    part_url=lambda file, part, text: (
        reverse("evidence:found", args=[file.item_id, file.pk]) + "?" + urlencode({"q": text, "page": part})
    ),
    icon="file-search",
)
register_search(
    _("事件"),
    visible_events,
    (),
    lambda event: event.text,
    lambda event: reverse("evidence:item", args=[event.item_id]),
    second=lambda event: f"{event.item.number} {event.item.title}",
    order=("-at", "-pk"),
    indexed="event",
    by_circle=True,
    icon="timeline",
)
register_panel(items_of_unit)
