"""How figures are grouped, and how a row behind a figure is shown and opened."""

from typing import Any

from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.figures.definition import Value
from casework.ledger.refs import resolve
from casework.web.formats import amount
from casework.web.vocabulary import Text

#: Model → the noun of its text reference, and the attribute that leads there.
_WAYS: dict[str, tuple[str, str]] = {
    "sighting": ("lead", "lead_id"),
    "unit": ("unit", "pk"),
    "site": ("site", "pk"),
    "siteaddress": ("site", "site_id"),
    "inspection": ("inspection", "pk"),
    "selfinspection": ("selfinspection", "pk"),
    "terminal": ("selfinspection", "inspection_id"),
    "sealeddevice": ("selfinspection", "inspection_id"),
    "reportedcurrency": ("selfinspection", "inspection_id"),
    "reportedperson": ("selfinspection", "inspection_id"),
    "campaignunit": ("unit", "unit_id"),
    "finding": ("finding", "pk"),
    "penalty": ("penalty", "pk"),
    "item": ("item", "pk"),
    "suspect": ("suspect", "pk"),
}


def group_label(key: str) -> str:
    """Return the heading under which a figure stands; "" for cases, each of which has its own."""
    return {
        "stages": _("阶段"),
        "monitoring": _("监测"),
        "spot_check": _("突击检查"),
        "self_inspection": _("自查自纠"),
        "people": _("人员处理"),
        "energy": _("能耗折算"),
        "cases": "",
        "upstream_makers": _("上游企业"),
        "tariffs": _("差别电价"),
    }.get(key.split(".", 1)[0], key)


def value_words(value: Value, unit: Text) -> str:
    """Return the value as people read it: 4,699 个, a list with its separators, a text as it stands."""
    if isinstance(value, list):
        return "、".join(value)
    if isinstance(value, str):
        return value
    return f"{amount(value)} {unit}".strip()


def row_link(row: Any, user: User | None) -> tuple[str, str, str]:
    """Return what the row is, what it belongs to, and where it is opened ("" where the reader may not)."""
    name = row._meta.model_name
    text = row.unit.name if name == "campaignunit" else str(row)
    noun, attribute = _WAYS.get(name, ("", ""))
    pk = getattr(row, attribute, None) if noun else None
    found = resolve(f"{noun}:{pk}", user) if pk and user else None
    return text, found.label if found and found.label != text else "", found.url if found else ""
