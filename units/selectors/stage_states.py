"""How a unit stands in a stage of a campaign: colour, icon, word and number of a cell of the matrix.

Stages whose facts lie in this app are worked out here; apps above register theirs (``register_stage_state``), because
what they know of belongs to compartments of their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from casework.accounts.models import User
from units.enums import ClaimState
from units.enums_campaign import OWED, InspectionState, RectificationState, StageCode
from units.models import AddressBlock, CampaignUnit, Rectification, SelfInspection, Stage, UnitLeader
from units.questionnaire import questionnaire

S = InspectionState
#: Cells with which nothing more is to be done in a stage.
FINISHED = frozenset({"done", "not_listed", "not_come", "nothing", "withdrawn"})
#: Up to so many units are named in a query; for more the whole stage is read.
MANY = 1000
#: The group of the matrix in which a report stands by its state; late ones stand apart.
REPORT_KEYS: Final[dict[str, str]] = {
    S.ISSUED: "issued",
    S.ACKNOWLEDGED: "drafting",
    S.DRAFTING: "drafting",
    S.RETURNED: "returned",
    S.SUBMITTED: "submitted",
    S.UNDER_REVIEW: "review",
    S.SPOT_CHECK: "review",
    S.VERIFIED: "review",
    S.RECTIFYING: "rectifying",
    S.RECTIFIED: "review",
    S.ACCEPTED: "done",
    S.CLOSED: "done",
    S.WITHDRAWN: "withdrawn",
}


@dataclass(frozen=True)
class CellState:
    """One cell. ``key`` groups cells for filters; ``colour`` is green, blue, amber, red or "" (grey)."""

    key: str
    word: str
    colour: str = ""
    icon: str = "minus"
    number: str = ""
    url: str = ""


class Listed(Protocol):
    """A unit of a campaign, as little of it as a stage needs."""

    @property
    def pk(self) -> int: ...

    @property
    def unit_id(self) -> int: ...

    @property
    def campaign_id(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Member:
    """A unit of a campaign without the rest of its row: ten thousand of them are read to count."""

    pk: int
    unit_id: int
    campaign_id: int


#: Given units of one campaign and the reader, the cell of each, by campaign unit id; absent: 未列入.
StageStates = Callable[[Sequence[Listed], User], dict[int, CellState]]
#: Given the key of a campaign and the reader, the cells of the units it knows of, by unit id.
WholeStage = Callable[[int, User], dict[int, CellState]]
_registered: dict[str, StageStates] = {}
_whole: dict[str, WholeStage] = {}


def register_stage_state(stage_code: str, states: StageStates, *, whole: WholeStage | None = None) -> None:
    """Let an app above say how units stand in a stage (key supervision: inspections live above).

    With ``whole`` a campaign is counted without reading each of its units.
    """
    _registered[stage_code] = states
    _whole.pop(stage_code, None)
    if whole is not None:
        _whole[stage_code] = whole


def stage_cells(stage: Stage, units: Sequence[CampaignUnit], user: User, today: date) -> dict[int, CellState]:
    """Return the cell of each unit in the stage, by campaign unit id, in a fixed number of queries."""
    given = _registered.get(stage.code)
    if given is not None:
        found = given(units, user)
    elif stage.code == StageCode.PREPARATION:
        found = _preparation(units, today)
    elif stage.code == StageCode.INSTITUTION:
        found = _institution(stage, units, today)
    elif stage.code == StageCode.KEY_SUPERVISION:
        found = {}
    else:
        found = _reports(stage, units, today)
    empty = empty_cell(stage, today)
    return {one.pk: found.get(one.pk, empty) for one in units}


def empty_cell(stage: Stage, today: date) -> CellState:
    """Return the cell of a unit of which the stage knows nothing."""
    if stage.code == StageCode.PREPARATION and stage.code not in _registered:
        return CellState("waiting", _("未准备"), "amber", "progress")
    if stage.starts_on > today:
        return not_come()
    if stage.code in _registered or stage.code == StageCode.KEY_SUPERVISION:
        return _not_listed()
    return _nothing() if stage.code == StageCode.INSTITUTION else CellState("not_issued", _("未下发"))


def registered_cells(stage: Stage, units: QuerySet[CampaignUnit], user: User) -> dict[int, CellState] | None:
    """Return the cells that an app above knows of, by campaign unit id; None when none answers for the stage."""
    given = _registered.get(stage.code)
    if given is None:
        return None
    whole = _whole.get(stage.code)
    if whole is not None:
        by_unit = whole(stage.campaign_id, user)
        known = units.order_by().filter(unit__in=by_unit).values_list("pk", "unit_id")
        return {pk: by_unit[unit] for pk, unit in known} if by_unit else {}
    members = units.order_by().values_list("pk", "unit_id", "campaign_id")
    return given([Member(*one) for one in members], user)


def word_of(stage: Stage, key: str, detail: str, today: date) -> str:
    """Return the word of a cell counted by the database; ``detail`` is the report's state where there is one."""
    if detail and key != "late":
        return report_cell(detail, 0, 0, False).word
    empty = empty_cell(stage, today)
    if key == empty.key:
        return empty.word
    return {
        "late": _("逾期"),
        "no_leader": _("缺负责人"),
        "no_address": _("缺地址"),
        "rectifying": _("整改中"),
        "done": _("完成"),
    }.get(key, key)


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


def _reports(stage: Stage, units: Sequence[CampaignUnit], today: date) -> dict[int, CellState]:
    mine = Q(campaign_unit__in=[one.pk for one in units]) if len(units) <= MANY else Q()
    duties = dict(
        Rectification._base_manager.filter(mine, inspection__stage=stage)
        .exclude(state=RectificationState.CLOSED)
        .values_list("inspection_id")
        .annotate(n=Count("pk"))
    )
    rows = SelfInspection._base_manager.filter(mine, stage=stage).values_list(
        "pk", "campaign_unit_id", "state", "answered", "due_on", "questionnaire"
    )
    return {
        owner: report_cell(state, answered, questionnaire(version).total, due_on < today, duties.get(pk, 0))
        for pk, owner, state, answered, due_on, version in rows
    }


def report_cell(state: str, answered: int, total: int, late: bool, duties: int = 0) -> CellState:
    """Return the cell of a report by its state; ``late`` counts only while the unit owes it."""
    share = f"{answered}/{total}"
    if state in OWED and late:
        return CellState("late", _("逾期"), "red", "alert-triangle", share)
    if state == S.RECTIFYING:
        return CellState("rectifying", _("整改中"), "amber", "tool", str(duties))
    word, key, colour, icon = _report_words(S(state))
    return CellState(key, word, colour, icon, share)


def _report_words(state: InspectionState) -> tuple[str, str, str, str]:
    colour, icon = {
        S.ISSUED: ("", "mail"),
        S.ACKNOWLEDGED: ("blue", "pencil"),
        S.DRAFTING: ("blue", "pencil"),
        S.RETURNED: ("amber", "arrow-back-up"),
        S.SUBMITTED: ("blue", "inbox"),
        S.UNDER_REVIEW: ("blue", "eye-check"),
        S.SPOT_CHECK: ("blue", "search"),
        S.VERIFIED: ("blue", "clipboard-check"),
        S.RECTIFYING: ("amber", "tool"),
        S.RECTIFIED: ("blue", "clipboard-list"),
        S.ACCEPTED: ("green", "circle-check"),
        S.CLOSED: ("green", "square-check"),
        S.WITHDRAWN: ("", "ban"),
    }[state]
    word = {
        S.ISSUED: _("未签收"),
        S.ACKNOWLEDGED: _("已签收"),
        S.DRAFTING: _("填报中"),
        S.RETURNED: _("退回"),
        S.SUBMITTED: _("待审核"),
        S.UNDER_REVIEW: _("审核中"),
        S.SPOT_CHECK: _("抽查中"),
        S.VERIFIED: _("已核验"),
        S.RECTIFYING: _("整改中"),
        S.RECTIFIED: _("待销号"),
        S.ACCEPTED: _("通过"),
        S.CLOSED: _("销号"),
        S.WITHDRAWN: _("已撤回"),
    }[state]
    return word, REPORT_KEYS[state], colour, icon


def _institution(stage: Stage, units: Sequence[CampaignUnit], today: date) -> dict[int, CellState]:
    """What presses most: a duty that is late, a report that is still out, a duty, a report that is done."""
    if not units:
        return {}
    duties, reports = _duties(units, today), _reports(stage, units, today)
    pressing = {pk: one for pk, one in reports.items() if one.key not in FINISHED}
    late = {pk: one for pk, one in duties.items() if one.key == "late"}
    return reports | duties | pressing | late


def _duties(units: Sequence[CampaignUnit], today: date) -> dict[int, CellState]:
    mine = Q(campaign_unit__in=[one.pk for one in units]) if len(units) <= MANY else Q()
    rows = (
        Rectification._base_manager.filter(mine, campaign_unit__campaign=units[0].campaign_id)
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
