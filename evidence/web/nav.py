"""Evidence in the side bar."""

from django.utils.translation import gettext_lazy as _

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.web.nav import CASES, register
from evidence.selectors.desk import (
    check_outs_to_decide,
    discrepancies_open,
    disposals_to_decide,
    offers_to_confirm,
)


def waiting(user: User) -> int:
    """Return how many hand-overs wait for the reader's answer."""
    return offers_to_confirm(user).count()


def to_decide(user: User) -> int:
    """Return how many requests and disposals wait for a decision of the reader."""
    return check_outs_to_decide(user).count() + disposals_to_decide(user).count() + discrepancies_open(user).count()


register(
    CASES,
    _("证据与保管"),
    "package",
    "evidence:items",
    roles={
        Role.CASE_OFFICER,
        Role.INSPECTOR,
        Role.HEARING_OFFICER,
        Role.APPROVER,
        Role.CUSTODIAN,
        Role.AUDITOR,
        Role.LIAISON,
    },
    count=waiting,
    order=20,
    short=_("证物"),
    key="e",
)
register(
    CASES,
    _("证物审批"),
    "gavel",
    "evidence:decisions",
    roles={Role.APPROVER},
    count=to_decide,
    order=21,
)
register(
    CASES,
    _("交接与保管"),
    "building-warehouse",
    "evidence:custody",
    roles={Role.CUSTODIAN, Role.CASE_OFFICER, Role.INSPECTOR, Role.HEARING_OFFICER, Role.LIAISON},
    order=22,
    tab=2,
    short=_("交接"),
    key="c",
)
register(
    CASES,
    _("扫码"),
    "scan",
    "evidence:scan",
    roles={Role.CUSTODIAN, Role.CASE_OFFICER, Role.INSPECTOR},
    order=23,
    tab=3,
)
