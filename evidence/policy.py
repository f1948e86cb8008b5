"""Who may do what with evidence. Which items a person may know of is ``Item.objects.visible_to``."""

from django.utils.translation import gettext_lazy as _

from casework.access.policy import register_act
from casework.accounts.enums import Role

TAKERS = (Role.CASE_OFFICER, Role.INSPECTOR)
HANDLERS = (Role.CASE_OFFICER, Role.INSPECTOR, Role.HEARING_OFFICER, Role.CUSTODIAN, Role.LIAISON)
READERS = (
    Role.CASE_OFFICER,
    Role.INSPECTOR,
    Role.CAMPAIGN_OFFICER,
    Role.HEARING_OFFICER,
    Role.APPROVER,
    Role.AUDITOR,
)

register_act("evidence.collect", roles=TAKERS, label=_("提取证据"))
register_act("evidence.seal", roles=TAKERS, label=_("封存、启封"))
register_act("evidence.hand_over", roles=HANDLERS, label=_("移交证物"))
# Who has to stand back gives away what he holds, or it would be locked up with him; of all acts this one alone.
register_act("evidence.offer", roles=HANDLERS, label=_("移交证物"), leaving=True)
register_act("evidence.receive", roles=HANDLERS, label=_("签收证物"))
register_act("evidence.confirm", roles=HANDLERS, label=_("确认共同办理的事项"))
register_act("evidence.keep", roles=(Role.CUSTODIAN,), label=_("保管证物"))
register_act("evidence.request", roles=(*TAKERS, Role.HEARING_OFFICER), label=_("申请调取"))
register_act("evidence.approve", roles=(Role.APPROVER,), label=_("审批证物的调取和处置"))
register_act("evidence.examine", roles=(*TAKERS, Role.LIAISON), label=_("鉴定勘验"))
register_act("evidence.propose", roles=(Role.CASE_OFFICER, Role.HEARING_OFFICER), label=_("提出处置意见"))
register_act("evidence.dispose", roles=(Role.CUSTODIAN,), label=_("办理处置"))
# The keeper no longer knows of what has left his store; its papers are filed by those of the matter.
register_act("evidence.archive", roles=(Role.CASE_OFFICER, Role.CUSTODIAN), label=_("归档证物手续"))
register_act("evidence.report", roles=HANDLERS, label=_("登记账实不符"))
register_act("evidence.upload", roles=TAKERS, label=_("上传证物文件"))
register_act("evidence.download", roles=READERS, label=_("下载证物文件"))
# An auditor reads and checks on the spot; what leaves the house is taken by those of the matter.
BUNDLERS = tuple(role for role in READERS if role not in (Role.AUDITOR, Role.CAMPAIGN_OFFICER))
register_act("evidence.bundle", roles=BUNDLERS, label=_("制作取证包"))
register_act("evidence.attribute", roles=TAKERS, label=_("登记事件和归属线索"))
