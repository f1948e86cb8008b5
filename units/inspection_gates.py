"""What a step of a self-inspection still needs. Each gate returns all that is missing, as sentences with links."""

from django.urls import reverse
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.core.errors import Missing
from units.enums import UnitState
from units.enums_campaign import AddressFinding, RectificationState
from units.models import SelfInspection, SpotCheck
from units.selectors.self_inspections import flags, missing_answers


def complete(inspection: SelfInspection, actor: User, reason: str) -> list[Missing]:
    """Every question is answered, nothing contradicts, every remark of a return is settled."""
    return missing_answers(inspection)


def unit_exists(inspection: SelfInspection, actor: User, reason: str) -> list[Missing]:
    """The unit has not been closed or merged."""
    unit = inspection.unit
    if unit.state == UnitState.ACTIVE:
        return []
    word = unit.get_state_display()
    if unit.merged_into_id:
        return [Missing(_("本单位%(state)s%(into)s，由并入后的单位上报") % {"state": word, "into": unit.merged_into})]
    return [Missing(_("本单位%(state)s，可以请专项行动办公室撤回这份自查") % {"state": word})]


def flags_explained(inspection: SelfInspection, actor: User, reason: str) -> list[Missing]:
    """A report that contradicts the monitor is verified only with a written explanation."""
    if reason.strip():
        return []
    url = reverse("units:self-inspection", args=[inspection.pk])
    return [
        Missing(_("%(flag)s核验前要写明怎样解释。") % {"flag": flag.text}, f"{url}#flags", _("去写说明"))
        for flag in flags(inspection, actor)
    ]


def spot_check_ended(inspection: SelfInspection, actor: User, reason: str) -> list[Missing]:
    """The result of a running spot check is recorded."""
    if not SpotCheck._base_manager.filter(inspection=inspection, result="").exists():
        return []
    url = reverse("units:self-inspection", args=[inspection.pk])
    return [Missing(_("抽查结果还没有登记"), f"{url}#spot-check", _("去登记"))]


def another_person(inspection: SelfInspection, actor: User, reason: str) -> list[Missing]:
    """Whoever verified a report does not accept it."""
    if inspection.reviewer_id != actor.pk:
        return []
    return [Missing(_("核验的人不能同时决定通过，可以由另一人决定"))]


def nothing_to_rectify(inspection: SelfInspection, actor: User, reason: str) -> list[Missing]:
    """A report that admits mining goes through rectification, not straight to acceptance."""
    url = reverse("units:self-inspection", args=[inspection.pk])
    found = inspection.answers.filter(code="found").values_list("value", flat=True).first() or 0
    admitted = inspection.addresses.filter(found__in=[AddressFinding.ACTIVE, AddressFinding.PASSIVE]).count()
    missing = []
    if found or admitted:
        text = _("上报了 %(devices)s 台设备、%(addresses)s 个地址的问题，先下发整改") % {
            "devices": found,
            "addresses": admitted,
        }
        missing.append(Missing(text, f"{url}#rectification", _("去下发")))
    return missing


def classified(inspection: SelfInspection, actor: User, reason: str) -> list[Missing]:
    """The campaign has said what it found about the unit."""
    if inspection.campaign_unit.outcome:
        return []
    url = reverse("units:self-inspection", args=[inspection.pk])
    return [Missing(_("还没有结论：主动、被动、科研或排除"), f"{url}#outcome", _("去下结论"))]


def results_reported(inspection: SelfInspection, actor: User, reason: str) -> list[Missing]:
    """The unit has reported on every duty that was laid on it."""
    waiting = inspection.rectifications.filter(state=RectificationState.OPEN)
    return [
        Missing(
            _("“%(title)s”还没有报整改结果") % {"title": one.title},
            reverse("units:portal-rectification", args=[one.pk]),
            _("去报"),
        )
        for one in waiting
    ]


def all_closed(inspection: SelfInspection, actor: User, reason: str) -> list[Missing]:
    """Every duty has been checked and closed out."""
    waiting = inspection.rectifications.exclude(state=RectificationState.CLOSED)
    url = reverse("units:self-inspection", args=[inspection.pk])
    return [
        Missing(_("“%(title)s”还没有销号") % {"title": one.title}, f"{url}#rectification", _("去核查"))
        for one in waiting
    ]
