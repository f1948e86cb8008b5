"""The roles of a commission, a unit and the agencies around them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person does; one person may hold several, each from a day to a day (Appointment)."""

    INTAKE = "intake", _("信访受理")
    CASE_OFFICER = "case_officer", _("承办人")
    CAMPAIGN_OFFICER = "campaign_officer", _("专项行动办")
    HEARING_OFFICER = "hearing_officer", _("审理人员")
    APPROVER = "approver", _("分管领导")
    CUSTODIAN = "custodian", _("保管员")
    INSPECTOR = "inspector", _("检查组成员")
    AUDITOR = "auditor", _("审计员")
    UNIT_LEADER = "unit_leader", _("单位负责人")
    LIAISON = "liaison", _("协作单位联络员")
    SYSTEM_ADMIN = "system_admin", _("系统管理员")
    SECURITY_ADMIN = "security_admin", _("安全保密管理员")
    AUDIT_ADMIN = "audit_admin", _("安全审计员")


#: Officials of the commission who work on content.
COMMISSION = frozenset(
    {
        Role.INTAKE,
        Role.CASE_OFFICER,
        Role.CAMPAIGN_OFFICER,
        Role.HEARING_OFFICER,
        Role.APPROVER,
        Role.CUSTODIAN,
        Role.INSPECTOR,
        Role.AUDITOR,
    }
)
#: 三员: run, permit and audit the system; none of them sees the content of a case (domain.md g).
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})


class OrganisationKind(models.TextChoices):
    COMMISSION = "commission", _("纪检监察机关")
    OFFICE = "office", _("内设室")
    AGENCY = "agency", _("协作机关")
    UNIT = "unit", _("被监督单位")
