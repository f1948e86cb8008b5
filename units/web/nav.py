"""The pages of units and monitoring in the side bar, and the words of their states."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from casework.accounts.enums import COMMISSION, Role
from casework.accounts.models import User
from casework.web.nav import MONITORING, register
from casework.web.vocabulary import register_status
from units.enums import LeadState
from units.lead_workflow import AWAITING_OPINION
from units.models import Lead

_READERS = frozenset({Role.INTAKE, Role.CASE_OFFICER, Role.CAMPAIGN_OFFICER, Role.APPROVER, Role.AUDITOR})


def open_leads(user: User) -> QuerySet[Any]:
    """Return the leads that wait for an opinion, or for the decision of this reader."""
    states = [LeadState.OPINION_PENDING] if user.has_role(Role.APPROVER) else list(AWAITING_OPINION)
    return Lead.objects.visible_to(user).filter(state__in=states)


for _value, _word, _colour, _icon in (
    ("received", _("已接收"), "", "inbox"),
    ("registered", _("已登记编号"), "", "list"),
    ("assigned", _("已分办"), "blue", "user-check"),
    ("under_study", _("分析研判"), "blue", "progress"),
    ("opinion_pending", _("处置意见待批"), "amber", "hourglass"),
    ("appropriate_enquiry", _("适当了解"), "blue", "eye"),
    ("inquiry", _("谈话函询"), "blue", "message-2"),
    ("verification", _("初步核实"), "blue", "search"),
    ("shelved", _("暂存待查"), "", "inbox"),
    ("closed", _("予以了结"), "green", "circle-check"),
    ("transferred", _("已移送"), "", "send"),
    ("filed", _("已转立案"), "green", "gavel"),
    ("merged", _("已并案"), "", "git-merge"),
):
    register_status("lead", _value, _word, _colour, _icon)
for _value, _word, _colour, _icon in (
    ("matched", _("已匹配"), "green", "circle-check"),
    ("ambiguous", _("归属有争议"), "amber", "git-compare"),
    ("unmatched", _("未匹配"), "", "help-circle"),
):
    register_status("match", _value, _word, _colour, _icon)
for _value, _word, _colour, _icon in (
    ("active", _("存续"), "", "building"),
    ("merged", _("已并入"), "", "git-merge"),
    ("closed", _("已撤销"), "", "ban"),
):
    register_status("unit", _value, _word, _colour, _icon)
for _value, _word, _colour, _icon in (
    ("standing", _("有效"), "", "circle-check"),
    ("withdrawn", _("已作废"), "", "ban"),
):
    register_status("claim", _value, _word, _colour, _icon)
for _value, _word, _colour, _icon in (
    ("new", _("新增"), "blue", "plus"),
    ("persisting", _("仍在"), "amber", "activity"),
    ("relapsed", _("死灰复燃"), "red", "refresh-alert"),
):
    register_status("address", _value, _word, _colour, _icon)

register(MONITORING, pgettext_lazy("places", "监测清单"), "radar-2", "units:monitor-lists", roles=_READERS, order=10)
register(
    MONITORING, _("线索处置"), "list-check", "units:leads", roles=_READERS, waiting=open_leads, order=20, tab=2,
    short=pgettext_lazy("places", "线索"), key="l",
)  # fmt: skip
register(MONITORING, pgettext_lazy("places", "单位"), "building", "units:units", roles=COMMISSION, order=30, key="d")
register(MONITORING, pgettext_lazy("places", "网段"), "network", "units:addresses", roles=_READERS, order=35)
