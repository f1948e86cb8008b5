"""Who may do what with figures."""

from django.utils.translation import gettext_lazy as _

from casework.access.policy import register_act
from casework.accounts.enums import Role

register_act("figure.claim", roles={Role.CAMPAIGN_OFFICER}, label=_("登记外部公布数"))
register_act("figure.explain", roles={Role.CAMPAIGN_OFFICER, Role.APPROVER}, label=_("说明差异"))
register_act("figure.publish", roles={Role.CAMPAIGN_OFFICER, Role.APPROVER}, label=_("发布数据汇总"))
register_act("figure.factors", roles={Role.CAMPAIGN_OFFICER}, label=_("登记因子和电价"))
register_act(
    "figure.cite", roles={Role.CAMPAIGN_OFFICER, Role.CASE_OFFICER, Role.APPROVER}, label=_("登记公开通报的案件")
)
