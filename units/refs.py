"""How references to the register, to lists and to leads are shown, and to whom."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.urls import reverse

from casework.accounts.models import User
from casework.ledger.refs import by_rows, register_finder, register_refs
from units import exchange_refs
from units.models import AddressConflict, Lead, MonitorList, Person, Question, Unit


def _page(name: str) -> Callable[[Any], str]:
    return lambda row: reverse(name, args=[row.pk])


def find_register(text: str, user: User) -> list[str]:
    """Return the units of that code or name and the lead of that number, as far as the reader may know of them."""
    units = Unit.objects.visible_to(user).filter(Q(code=text) | Q(name=text)).order_by("pk")
    leads = Lead.objects.visible_to(user).filter(number=text)
    return [f"unit:{pk}" for pk in units.values_list("pk", flat=True)[:20]] + [
        f"lead:{pk}" for pk in leads.values_list("pk", flat=True)
    ]


def register() -> None:
    """Register every resolver and the finder; called when the app loads."""
    register_finder(find_register)
    for noun, model, page in (
        ("unit", Unit, "units:unit"),
        ("person", Person, "units:person"),
        ("monitorlist", MonitorList, "units:monitor-list"),
        ("lead", Lead, "units:lead"),
    ):
        register_refs(noun, by_rows(model.objects.visible_to, _page(page)))
    register_refs(
        "question",
        by_rows(
            lambda user: Question.objects.visible_to(user).select_related("lead"),
            lambda row: reverse("units:lead", args=[row.lead_id]),
            lambda row: f"{row.lead} {row}",
        ),
    )
    register_refs(
        "conflict",
        by_rows(
            lambda user: AddressConflict.objects.visible_to(user).select_related("first"),
            _page("units:conflict"),
            lambda row: str(row.first),
        ),
    )
    exchange_refs.register()
