"""Who may do what in campaigns and self-inspections."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.access.policy import register_act
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import NotAllowed
from units.models import SelfInspection, UnitLeader, units_led_by

_OFFICE = (Role.CAMPAIGN_OFFICER,)
_HEADS = (Role.CAMPAIGN_OFFICER, Role.APPROVER)
_FINDERS = (Role.CAMPAIGN_OFFICER, Role.CASE_OFFICER, Role.INSPECTOR)


def leads(user: User, unit_id: int, on: date) -> bool:
    """Tell whether the user leads the unit on that day."""
    return units_led_by(user, on).filter(unit_id=unit_id).exists()


def require_leader(inspection: SelfInspection, act: str, *, actor: User, at: datetime) -> UnitLeader:
    """Return the actor's leadership of the unit at that moment, or raise ``NotAllowed`` saying since when it ended."""
    day = timezone.localdate(at)
    own = UnitLeader.objects.filter(unit_id=inspection.unit_id, user=actor)
    held: UnitLeader | None = own.filter(pk__in=units_led_by(actor, day).values("pk")).first()
    if held is not None and actor.is_active:
        return held
    former = own.filter(until__lt=day).order_by("-until").first()
    if former is not None:
        raise NotAllowed(
            _("不能%(act)s：您担任负责人到 %(until)s 为止。可以请现任负责人办理。")
            % {"act": act, "until": _("%(y)s年%(m)s月%(d)s日") % _day(former.until)},
            details={"act": "selfinspection.answer"},
        )
    raise NotAllowed(
        _("不能%(act)s：您不是这个单位的负责人。可以请单位负责人办理。") % {"act": act},
        details={"act": "selfinspection.answer"},
    )


def _day(day: Any) -> dict[str, int]:
    return {"y": day.year, "m": day.month, "d": day.day}


for _name, _roles, _label in (
    ("template.make", _OFFICE, gettext_lazy("做行动模板")),
    ("campaign.open", _OFFICE, gettext_lazy("发起专项行动")),
    ("campaign.add_units", _OFFICE, gettext_lazy("列入单位")),
    ("campaign.issue", _OFFICE, gettext_lazy("下发自查")),
    ("campaign.remind", _OFFICE, gettext_lazy("催报")),
    ("campaign.set_outcome", _HEADS, gettext_lazy("下结论")),
    ("campaign.draw", _OFFICE, gettext_lazy("抽查抽样")),
    ("campaign.close", _HEADS, gettext_lazy("结束专项行动")),
    ("finding.record", _FINDERS, gettext_lazy("登记发现")),
    ("selfinspection.withdraw", _HEADS, gettext_lazy("撤回自查")),
    ("selfinspection.start_review", _OFFICE, gettext_lazy("开始审核")),
    ("selfinspection.return", _OFFICE, gettext_lazy("退回补正")),
    ("selfinspection.spot_check", _OFFICE, gettext_lazy("列入抽查")),
    ("selfinspection.record_spot_check", (*_OFFICE, Role.INSPECTOR), gettext_lazy("登记抽查结果")),
    ("selfinspection.verify", _OFFICE, gettext_lazy("核验")),
    ("selfinspection.accept", _HEADS, gettext_lazy("通过")),
    ("selfinspection.close", _OFFICE, gettext_lazy("销号")),
    ("rectification.order", _HEADS, gettext_lazy("下发整改")),
    ("rectification.return", _OFFICE, gettext_lazy("退回整改")),
    ("rectification.check", (*_OFFICE, Role.INSPECTOR), gettext_lazy("登记整改核查")),
    ("rectification.close", _OFFICE, gettext_lazy("整改销号")),
    ("paper.draft", _HEADS, gettext_lazy("拟文书")),
    ("paper.send", (Role.APPROVER,), gettext_lazy("签发文书")),
    ("paper.return", _OFFICE, gettext_lazy("退回反馈")),
    ("paper.close", _OFFICE, gettext_lazy("文书销号")),
):
    register_act(_name, roles=_roles, label=_label)
