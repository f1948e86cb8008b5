"""How a unit stands in a stage of a campaign: colour, icon, word and number of a cell of the matrix.

Stages whose facts lie in this app are worked out here; apps above register theirs (``register_stage_state``), because
what they know of belongs to compartments of their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.deadlines.enums import LIVE
from casework.deadlines.models import Deadline
from units.enums import ClaimState
from units.enums_campaign import OWED, InspectionState, RectificationState, StageCode
from units.models import AddressBlock, CampaignUnit, Rectification, SelfInspection, Stage, UnitLeader
from units.questionnaire import questionnaire

S = InspectionState


@dataclass(frozen=True)
class CellState:
    """One cell. ``key`` groups cells for filters; ``colour`` is green, blue, amber, red or "" (grey)."""

    key: str
    word: str
    colour: str = ""
    icon: str = "minus"
    number: str = ""
    url: str = ""


#: Given the campaign units (with ``unit``) and the reader, the cell of each, by campaign unit id; absent: 未列入.
StageStates = Callable[[Sequence[CampaignUnit], User], dict[int, CellState]]
_registered: dict[str, StageStates] = {}


def register_stage_state(stage_code: str, states: StageStates) -> None:
    """Let an app above say how units stand in a stage (key supervision: inspections live above)."""
    _registered[stage_code] = states


def stage_cells(stage: Stage, units: Sequence[CampaignUnit], user: User, today: date) -> dict[int, CellState]:
    """Return the cell of each unit in the stage, by campaign unit id, in a fixed number of queries."""
    given = _registered.get(stage.code)
    if given is not None:
        found = given(units, user)
        empty = not_come() if stage.starts_on > today else _not_listed()
    elif stage.code == StageCode.PREPARATION:
        found, empty = _preparation(units, today), CellState("waiting", _("未准备"), "amber", "progress")
    elif stage.code == StageCode.INSTITUTION:
        found, empty = _institution(stage, today), not_come() if stage.starts_on > today else _nothing()
    elif stage.code == StageCode.KEY_SUPERVISION:
        found, empty = {}, not_come() if stage.starts_on > today else _not_listed()
    else:
        found = _reports(stage, today)
        empty = not_come() if stage.starts_on > today else CellState("not_issued", _("未下发"))
    return {one.pk: found.get(one.pk, empty) for one in units}


def not_come() -> CellState:
    """Return the cell of a stage that has not begun."""
    return CellState("not_come", _("未到"))


def _not_listed() -> CellState:
    return CellState("not_listed", _("未列入"))


def _nothing() -> CellState:
    return CellState("nothing", _("无整改"))


def _preparation(units: Sequence[CampaignUnit], today: date) -> dict[int, CellState]:
    """A unit is prepared when its addresses are known and it has a leader who can sign in."""
    ids = [one.unit_id for one in units]
    claimed = set(
        AddressBlock._base_manager.filter(unit__in=ids, state=ClaimState.STANDING).values_list("unit_id", flat=True)
    )
    led = set(
        UnitLeader._base_manager.filter(
            Q(from_on__isnull=True) | Q(from_on__lte=today),
            Q(until__isnull=True) | Q(until__gte=today),
            unit__in=ids,
            user__is_active=True,
        ).values_list("unit_id", flat=True)
    )
    cells = {}
    for one in units:
        if one.unit_id not in led:
            cells[one.pk] = CellState("no_leader", _("缺负责人"), "amber", "user-question")
        elif one.unit_id not in claimed:
            cells[one.pk] = CellState("no_address", _("缺地址"), "amber", "network")
        else:
            cells[one.pk] = CellState("done", _("完成"), "green", "circle-check")
    return cells


def _reports(stage: Stage, today: date) -> dict[int, CellState]:
    due = dict(
        Deadline.objects.filter(
            compartment=stage.campaign.compartment_id, ref__startswith="selfinspection:", state__in=LIVE
        ).values_list("ref", "due_on")
    )
    duties = dict(
        Rectification._base_manager.filter(inspection__stage=stage)
        .exclude(state=RectificationState.CLOSED)
        .values_list("inspection_id")
        .annotate(n=Count("pk"))
    )
    rows = SelfInspection._base_manager.filter(stage=stage).values_list(
        "pk", "campaign_unit_id", "state", "answered", "due_on", "questionnaire"
    )
    cells = {}
    for pk, owner, state, answered, due_on, version in rows:
        late = due.get(f"selfinspection:{pk}", due_on) < today
        cells[owner] = report_cell(state, answered, questionnaire(version).total, late, duties.get(pk, 0))
    return cells


def report_cell(state: str, answered: int, total: int, late: bool, duties: int = 0) -> CellState:
    """Return the cell of a report by its state; ``late`` counts only while the unit owes it."""
    share = f"{answered}/{total}"
    if state in OWED and late:
        return CellState("late", _("逾期"), "red", "alert-triangle", share)
    if state == S.RECTIFYING:
        return CellState("rectifying", _("整改中"), "amber", "tool", str(duties))
    word, key, colour, icon = {
        S.ISSUED: (_("未签收"), "issued", "", "mail"),
        S.ACKNOWLEDGED: (_("已签收"), "drafting", "blue", "pencil"),
        S.DRAFTING: (_("填报中"), "drafting", "blue", "pencil"),
        S.RETURNED: (_("退回"), "returned", "amber", "arrow-back-up"),
        S.SUBMITTED: (_("待审核"), "submitted", "blue", "inbox"),
        S.UNDER_REVIEW: (_("审核中"), "review", "blue", "eye-check"),
        S.SPOT_CHECK: (_("抽查中"), "review", "blue", "search"),
        S.VERIFIED: (_("已核验"), "review", "blue", "clipboard-check"),
        S.RECTIFIED: (_("待销号"), "review", "blue", "clipboard-list"),
        S.ACCEPTED: (_("通过"), "done", "green", "circle-check"),
        S.CLOSED: (_("销号"), "done", "green", "square-check"),
        S.WITHDRAWN: (_("已撤回"), "withdrawn", "", "ban"),
    }[S(state)]
    return CellState(key, word, colour, icon, share)


def _institution(stage: Stage, today: date) -> dict[int, CellState]:
    rows = (
        Rectification._base_manager.filter(campaign_unit__campaign=stage.campaign_id)
        .values("campaign_unit_id")
        .annotate(
            n=Count("pk"),
            waiting=Count("pk", filter=~Q(state=RectificationState.CLOSED)),
            late=Count("pk", filter=Q(state=RectificationState.OPEN, due_on__lt=today)),
        )
    )
    cells = {}
    for row in rows:
        if row["late"]:
            cell = CellState("late", _("逾期"), "red", "alert-triangle", str(row["waiting"]))
        elif row["waiting"]:
            cell = CellState("rectifying", _("整改中"), "amber", "tool", str(row["waiting"]))
        else:
            cell = CellState("done", _("完成"), "green", "circle-check", "0")
        cells[row["campaign_unit_id"]] = cell
    return cells


def due_days(inspections: Sequence[Any]) -> dict[int, date]:
    """Return the day each report is due as its clock has it now (an extension moves it), by inspection id."""
    known = dict(
        Deadline.objects.filter(ref__in=[one.ref for one in inspections], state__in=LIVE).values_list("ref", "due_on")
    )
    return {one.pk: known.get(one.ref, one.due_on) for one in inspections}
