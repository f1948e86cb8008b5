"""False reports of the past: they stay with the unit and weigh in every later campaign."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from casework.accounts.models import User
from units.models import SelfInspection


def false_reports(unit_id: int, user: User) -> QuerySet[SelfInspection]:
    """Return the unit's reports that a spot check found false, newest first, as far as the reader may know of them."""
    return (
        SelfInspection.objects.visible_to(user)
        .filter(unit=unit_id, false_report=True)
        .select_related("stage__campaign", "campaign_unit__campaign")
        .order_by("-issued_on", "-pk")
    )


def reported_falsely(reports: QuerySet[SelfInspection], user: User | None) -> QuerySet[SelfInspection]:
    """Return those whose unit reported falsely in another report; without a reader all that there are."""
    rows = SelfInspection._base_manager.all() if user is None else SelfInspection.objects.visible_to(user)
    earlier = rows.filter(false_report=True, unit=OuterRef("unit")).filter(~Q(pk=OuterRef("pk")))
    return reports.filter(Exists(earlier))
