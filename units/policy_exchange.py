"""Who may write to other agencies, who signs for them, and who decides on a leader's liability."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.access.policy import register_act
from casework.accounts.enums import Role
from casework.accounts.models import User

_KEEPERS = (Role.INTAKE, Role.CAMPAIGN_OFFICER)
_HANDLERS = (*_KEEPERS, Role.CASE_OFFICER)


def _own_agency(user: User, obj: Any) -> str:
    """A liaison signs for the own agency only; an official may enter what came on paper."""
    if obj is None or not user.has_role(Role.LIAISON) or user.is_commission:
        return ""
    if getattr(obj, "agency_id", None) == user.organisation_id:
        return ""
    return _("不能办理：这件函不是发给您所在机关的。可以请该机关的联络员办理。")


for _name, _roles, _label in (
    ("lookup.send", _KEEPERS, gettext_lazy("发查询函")),
    ("lookup.receive", (Role.LIAISON, *_KEEPERS), gettext_lazy("签收查询函")),
    ("lookup.answer", (Role.LIAISON, *_KEEPERS), gettext_lazy("答复查询函")),
    ("lookup.take_in", _KEEPERS, gettext_lazy("读入答复")),
    ("lookup.close", _KEEPERS, gettext_lazy("办结查询函")),
    ("handover.send", _HANDLERS, gettext_lazy("发移送函")),
    ("handover.bring", (Role.LIAISON, *_KEEPERS), gettext_lazy("登记来函")),
    ("handover.receive", (Role.LIAISON, *_KEEPERS), gettext_lazy("签收移送函")),
    ("handover.return", (Role.LIAISON, *_KEEPERS), gettext_lazy("退回移送函")),
    ("handover.answer", (Role.LIAISON, *_HANDLERS), gettext_lazy("反馈办理结果")),
    ("handover.close", (Role.LIAISON, *_HANDLERS), gettext_lazy("办结移送函")),
    ("handover.raise_lead", _KEEPERS, gettext_lazy("登记为线索")),
    ("liability.talk", _HANDLERS, gettext_lazy("登记约谈")),
    ("liability.decide", (Role.APPROVER,), gettext_lazy("认定领导责任")),
):
    register_act(_name, roles=_roles, label=_label, check=_own_agency)
