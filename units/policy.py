"""Acts on the register, on monitoring lists and on leads."""

from django.utils.translation import gettext_lazy as _

from casework.access.policy import register_act
from casework.accounts.enums import Role

#: Who keeps the register and takes in lists.
_KEEPERS = (Role.INTAKE, Role.CAMPAIGN_OFFICER)
_HANDLERS = (Role.INTAKE, Role.CASE_OFFICER, Role.CAMPAIGN_OFFICER)

register_act("register.import", roles=_KEEPERS, label=_("导入登记册名单"))
register_act("register.change", roles=_KEEPERS, label=_("修改登记册"))
register_act("conflict.settle", roles=_KEEPERS, label=_("认定地址归属"))
register_act("sightings.import", roles=_KEEPERS, label=_("导入监测清单"))
register_act("sightings.match", roles=_KEEPERS, label=_("重新匹配"))
register_act("leads.raise", roles=_KEEPERS, label=_("归并线索"))
register_act("lead.note", roles=_HANDLERS, label=_("写批注"))
register_act("lead.assign", roles=(*_KEEPERS, Role.APPROVER), label=_("分办线索"))
register_act("lead.propose", roles=_HANDLERS, label=_("报送处置意见"))
register_act("lead.dispose", roles=(*_HANDLERS, Role.APPROVER), label=_("处置线索"))
register_act("lead.evidence", roles=(*_HANDLERS, Role.INSPECTOR), label=_("补充正反依据"))
register_act("question.settle", roles=(*_HANDLERS, Role.INSPECTOR), label=_("认定未决问题"))
register_act("lead.classify", roles=(*_HANDLERS, Role.APPROVER), label=_("定性"))
