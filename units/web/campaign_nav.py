"""Campaigns and self-inspections in the side bar."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.web.nav import CAMPAIGN, register
from units.enums_campaign import InspectionState, PaperState
from units.models import SelfInspection, UnitPaper
from units.web import campaign_words

__all__ = ["campaign_words", "to_review"]

_READERS = {Role.CAMPAIGN_OFFICER, Role.APPROVER, Role.AUDITOR, Role.CASE_OFFICER, Role.INSPECTOR}


def to_review(user: User) -> QuerySet[Any]:
    """Return the submitted reports that wait for the office."""
    return SelfInspection.objects.visible_to(user).filter(state=InspectionState.SUBMITTED)


def to_close(user: User) -> QuerySet[Any]:
    """Return the papers whose answer waits for the office, or whose draft waits for a signature."""
    return UnitPaper.objects.visible_to(user).filter(state__in=(PaperState.DRAFT, PaperState.ANSWERED))


register(
    CAMPAIGN, _("进度"), "layout-grid", "units:campaigns", roles=_READERS, order=10, short=_("进度"), key="p",
)  # fmt: skip
register(
    CAMPAIGN, pgettext_lazy("places", "自查报告"), "clipboard-list", "units:self-inspections",
    roles=_READERS, waiting=to_review, order=20, key="r",
)  # fmt: skip
register(
    CAMPAIGN, _("整改通知和监察建议"), "file-text", "units:papers", roles=_READERS, waiting=to_close, order=30,
)  # fmt: skip
