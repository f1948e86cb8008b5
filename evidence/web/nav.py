"""Evidence in the side bar."""

from typing import Any

from django.db.models import QuerySet
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


def to_decide(user: User) -> list[QuerySet[Any]]:
    """Return the requests, disposals and discrepancies that wait for a decision of the reader."""
    return [check_outs_to_decide(user), disposals_to_decide(user), discrepancies_open(user)]


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
    waiting=offers_to_confirm,
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
    waiting=to_decide,
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
