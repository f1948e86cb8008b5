"""Who drafts, issues, serves and withdraws official documents; who may see a document comes from its circle."""

from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.access.policy import register_act
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.documents.catalogue import template_of
from casework.documents.models import Document, OwnTemplate

OFFICERS: Final = frozenset(
    {Role.INTAKE, Role.CASE_OFFICER, Role.CAMPAIGN_OFFICER, Role.HEARING_OFFICER, Role.CUSTODIAN, Role.INSPECTOR}
)


def _issues(user: User, document: Any) -> str:
    """A leader issues what another drafted; a record or list is issued by whoever makes it."""
    if not isinstance(document, Document):
        return ""
    if template_of(document).by_officer:
        return "" if user.has_role(*OFFICERS, Role.APPROVER) else _("不能印发：可以由办理人员印发。")
    if not user.has_role(Role.APPROVER):
        return _("不能签发：因为%(kind)s由领导签发。可以送领导签发。") % {"kind": document.kind}
    if document.drafted_by_id == user.pk:
        return _("不能签发：因为这件文书是您拟的。可以由其他领导签发。")
    return ""


def _activates(user: User, template: Any) -> str:
    if isinstance(template, OwnTemplate) and template.made_by_id == user.pk:
        return _("不能启用：因为这一版是您起草的。可以由其他领导启用。")
    return ""


for _name, _roles, _label, _check in (
    ("document.draft", OFFICERS | {Role.APPROVER}, gettext_lazy("拟制文书"), None),
    ("document.issue", OFFICERS | {Role.APPROVER}, gettext_lazy("签发文书"), _issues),
    ("document.serve", OFFICERS, gettext_lazy("登记送达"), None),
    ("document.attach", OFFICERS | {Role.APPROVER}, gettext_lazy("附签名扫描件"), None),
    ("document.withdraw", OFFICERS | {Role.APPROVER}, gettext_lazy("撤回文书"), None),
    (
        "document.download",
        OFFICERS | {Role.APPROVER, Role.AUDITOR},
        gettext_lazy("下载文书"),
        None,
    ),
    ("document.bind", OFFICERS | {Role.APPROVER}, gettext_lazy("装订案卷"), None),
    ("document_template.draft", OFFICERS | {Role.APPROVER}, gettext_lazy("修改文书模板"), None),
    ("document_template.activate", (Role.APPROVER,), gettext_lazy("启用文书模板"), _activates),
):
    register_act(_name, roles=_roles, label=_label, check=_check)
