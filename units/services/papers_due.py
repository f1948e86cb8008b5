"""The reply days of papers follow their clocks."""

from collections.abc import Mapping
from datetime import date

from django.db.models import Case, F, Value, When

from units.models import UnitPaper


def follow_papers(dates: Mapping[int, date]) -> None:
    """Move the reply days; forms drawn before are stale. Called in the transaction that moved the clocks."""
    cases = [When(pk=pk, then=Value(day)) for pk, day in dates.items()]
    UnitPaper._base_manager.filter(pk__in=dates).update(reply_by=Case(*cases), version=F("version") + 1)
