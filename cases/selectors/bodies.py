"""Reads of decisions on party organisations and units."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.enums import Side
from cases.enums_bodies import BodyState, Receiver
from cases.models import BodyDecision, Case
from casework.accounts.models import User
from casework.core.errors import Missing


def body_decisions(user: User) -> QuerySet[Any]:
    """Return the decisions that the reader may know of, with what every list of them shows."""
    rows: QuerySet[Any] = BodyDecision.objects.visible_to(user).select_related(
        "case__compartment", "unit", "drafted_by__organisation__parent"
    )
    return rows.prefetch_related("measures")


def bodies_waiting(user: User) -> QuerySet[Any]:
    """Return what waits for this leader: a party organisation after the vote, a unit from the start."""
    mine = (
        body_decisions(user)
        .filter(case__members__user=user, case__members__side=Side.DECIDE, case__members__until__isnull=True)
        .exclude(drafted_by=user)
    )
    return mine.filter(state=BodyState.DELIBERATED) | mine.filter(
        receiver=Receiver.UNIT, returned=False, state__in=[BodyState.PROPOSED, BodyState.HEARD]
    )


def bodies_settled(case: Case) -> list[Missing]:
    """Return what is missing until every decision of the case on a body is carried out or void."""
    rows = case.body_decisions.exclude(state__in=[BodyState.DONE, BodyState.VOID]).order_by("pk")
    return [
        Missing(
            _("对%(body)s的决定%(state)s，尚未办结") % {"body": row.body, "state": row.get_state_display()},
            reverse("cases:body", args=[row.pk]),
            _("去办"),
        )
        for row in rows
    ]
