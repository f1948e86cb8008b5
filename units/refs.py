"""How references to the register, to lists and to leads are shown, and to whom."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.urls import reverse

from casework.accounts.models import User
from casework.ledger.refs import Many, Resolved, register_finder, register_ref, register_refs
from units import exchange_refs
from units.models import AddressConflict, Lead, MonitorList, Person, Question, Unit


def _by(model: Any, url: str) -> Many:
    def resolve(pks: Collection[int], user: User) -> dict[int, Resolved]:
        rows = model.objects.visible_to(user).filter(pk__in=pks)
        return {row.pk: Resolved(str(row), reverse(url, args=[row.pk])) for row in rows}

    return resolve


def _question(pk: int, user: User) -> Resolved | None:
    found = Question.objects.visible_to(user).filter(pk=pk).select_related("lead").first()
    return None if found is None else Resolved(f"{found.lead} {found}", reverse("units:lead", args=[found.lead_id]))


def _conflict(pk: int, user: User) -> Resolved | None:
    found = AddressConflict.objects.visible_to(user).filter(pk=pk).select_related("first").first()
    return None if found is None else Resolved(str(found.first), reverse("units:conflict", args=[pk]))


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
    register_refs("unit", _by(Unit, "units:unit"))
    register_refs("person", _by(Person, "units:person"))
    register_refs("monitorlist", _by(MonitorList, "units:monitor-list"))
    register_refs("lead", _by(Lead, "units:lead"))
    register_ref("question", _question)
    register_ref("conflict", _conflict)
    exchange_refs.register()
