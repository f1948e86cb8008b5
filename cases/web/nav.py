"""Where cases stand in the side bar, and the words for their states."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.enums import CaseState, InspectionState, MeasureState, PageMark, SiteNature, SiteState, Verdict
from cases.models import Inspection, SiteHelper
from cases.selectors.cases import decisions_for, waiting_for
from cases.selectors.inspections import my_sites
from casework.access.selectors import emergencies
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core import clock
from casework.web.nav import ADMINISTRATION, CAMPAIGN, CASES, register
from casework.web.vocabulary import register_status

_READERS = (Role.CASE_OFFICER, Role.HEARING_OFFICER, Role.APPROVER, Role.AUDITOR)

_WAITS = ("", "hourglass")
_WORKS = ("blue", "progress")
_STATES = {
    CaseState.FILING_PENDING: _WAITS,
    CaseState.FILED: _WAITS,
    CaseState.PLAN_APPROVED: _WORKS,
    CaseState.INVESTIGATING: _WORKS,
    CaseState.EXTENSION_PENDING: _WAITS,
    CaseState.FACTS_MEETING: _WORKS,
    CaseState.REPORT_PENDING: _WAITS,
    CaseState.TRANSFERRED_TO_HEARING: ("blue", "send"),
    CaseState.HEARING: ("blue", "scale"),
    CaseState.RETURNED_SUPPLEMENT: ("amber", "arrow-back-up"),
    CaseState.RETURNED_REDO: ("amber", "arrow-back-up"),
    CaseState.HEARING_REPORT_PENDING: _WAITS,
    CaseState.DELIBERATION: ("blue", "users-group"),
    CaseState.PC_APPROVAL: _WAITS,
    CaseState.DECIDED: ("green", "gavel"),
    CaseState.PROSECUTED: ("blue", "building-bank"),
    CaseState.WITHDRAWN: ("", "ban"),
    CaseState.CLOSED: ("green", "circle-check"),
    CaseState.ARCHIVED: ("green", "folder"),
}
for _state, (_colour, _icon) in _STATES.items():
    register_status("case", _state.value, _state.label, _colour, _icon)
for _verdict, (_colour, _icon) in {
    Verdict.PROVED: ("green", "circle-check"),
    Verdict.LONE: ("amber", "alert-triangle"),
    Verdict.LONE_EXPLAINED: ("amber", "alert-triangle"),
    Verdict.CONTRADICTED: ("amber", "git-compare"),
    Verdict.CONTRADICTION_EXPLAINED: ("amber", "git-compare"),
    Verdict.UNPROVED: ("red", "circle-x"),
}.items():
    register_status("verdict", _verdict.value, _verdict.label, _colour, _icon)
for _mark, (_colour, _icon) in {
    PageMark.UNSIGNED: ("amber", "pencil"),
    PageMark.SIGNED: ("green", "signature"),
    PageMark.REFUSED: ("amber", "alert-triangle"),
}.items():
    register_status("page", _mark.value, _mark.label, _colour, _icon)
for _kind, (_colour, _icon) in {
    InspectionState.PLANNED: ("", "circle-dashed"),
    InspectionState.UNDER_WAY: _WORKS,
    InspectionState.CLOSED: ("green", "circle-check"),
}.items():
    register_status("inspection", _kind.value, _kind.label, _colour, _icon)
for _site, (_colour, _icon) in {
    SiteState.PLANNED: ("", "circle-dashed"),
    SiteState.VISITED: _WORKS,
    SiteState.REPORTED: ("green", "circle-check"),
}.items():
    register_status("site", _site.value, _site.label, _colour, _icon)
for _nature, (_colour, _icon) in {
    SiteNature.ACTIVE: ("red", "bolt"),
    SiteNature.PASSIVE: ("blue", "bug"),
    SiteNature.RESEARCH: ("violet", "flask"),
    SiteNature.NOTHING: ("", "circle-minus"),
}.items():
    register_status("nature", _nature.value, _nature.label, _colour, _icon)


for _measure, (_colour, _icon) in {
    MeasureState.PROPOSED: ("amber", "hourglass"),
    MeasureState.REFUSED: ("", "ban"),
    MeasureState.APPROVED: ("blue", "signature"),
    MeasureState.IN_FORCE: _WORKS,
    MeasureState.ENDED: ("green", "circle-check"),
    MeasureState.LAPSED: ("", "ban"),
}.items():
    register_status("measure", _measure.value, _measure.label, _colour, _icon)


def _helps(user: User) -> QuerySet[Any]:
    return SiteHelper.objects.filter(user=user, tell_from__lte=clock.now())


def _inspections(user: User) -> QuerySet[Any]:
    return Inspection.objects.visible_to(user)


def _open_emergencies(_user: User) -> QuerySet[Any]:
    return emergencies().filter(until_at__gt=clock.now())


def _sites_today(user: User) -> QuerySet[Any]:
    return my_sites(user, clock.today())


register(
    CASES, pgettext_lazy("places", "案件"), "briefcase", "cases:list", roles=_READERS, waiting=waiting_for, order=10, tab=2, key="c"
)  # fmt: skip
register(
    CASES, _("待我决定"), "signature", "cases:decisions", roles=(Role.APPROVER,), waiting=decisions_for, order=5, hot=True,
    tab=1, short=_("决定"), key="d",
)  # fmt: skip
register(
    CAMPAIGN, _("现场检查"), "map-pin", "cases:inspections", known=_inspections, waiting=_sites_today, order=40,
    tab=3, short=_("现场"),
)  # fmt: skip
register(
    CASES, _("回避申报"), "shield", "cases:ties", roles=(Role.CASE_OFFICER, Role.HEARING_OFFICER, Role.APPROVER, Role.INSPECTOR),
    order=80,
)  # fmt: skip
register(
    CASES, _("签批层级"), "users", "cases:approval", roles=(Role.APPROVER, Role.SECURITY_ADMIN), order=85,
)  # fmt: skip
register(
    ADMINISTRATION, _("应急调阅"), "lifebuoy", "cases:emergencies", roles=(Role.SECURITY_ADMIN,), waiting=_open_emergencies,
    order=25, hot=True, tab=4, short=_("应急"),
)  # fmt: skip
register(CAMPAIGN, _("协助事项"), "map-pin", "cases:assist", known=_helps, order=45)
