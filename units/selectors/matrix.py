"""The matrix unit × stage counted by the database: shares of the stages, and one page of rows, whatever its size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from casework.accounts.models import User
from units.enums import ClaimState
from units.enums_campaign import OWED, RectificationState, StageCode
from units.models import AddressBlock, Campaign, CampaignUnit, Rectification, Stage, UnitLeader
from units.selectors.campaigns import FINISHED, URGENT, Row, StageShare, share_of
from units.selectors.stage_states import (
    REPORT_KEYS,
    CellState,
    empty_cell,
    registered_cells,
    stage_cells,
    word_of,
)

#: The cell's key as the database works it out.
KEY = "cell_key"
#: What tells two words of one key apart (the state of a report); empty elsewhere.
DETAIL = "cell_detail"


@dataclass(frozen=True)
class MatrixPage:
    """The shares of all units, and the rows of one page of those that were asked for."""

    stages: tuple[Stage, ...]
    shares: tuple[StageShare, ...]
    rows: tuple[Row, ...]
    total: int
    count: int


def matrix_page(
    campaign: Campaign,
    user: User,
    today: date,
    *,
    stage_code: str = "",
    keys: Sequence[str] = (),
    start: int = 0,
    size: int = 100,
) -> MatrixPage:
    """Return the shares, and ``size`` rows from ``start`` of the units whose cell in the stage has one of the keys.

    The key ``unfinished`` stands for everything that is not yet done. A fixed number of queries, each over indexes.
    """
    stages = tuple(campaign.stages.select_related("campaign").order_by("order"))
    units = CampaignUnit.objects.visible_to(user).filter(campaign=campaign)
    known = {one.code: registered_cells(one, units, user) for one in stages}
    keyed = {one.code: _keyed(one, units, known[one.code], today) for one in stages}
    shares = tuple(_share(one, keyed[one.code], known[one.code], today) for one in stages)
    total = sum(n for _key, _word, _colour, n in shares[0].groups) if shares else units.count()
    rows: QuerySet[CampaignUnit] = units.order_by("pk")
    count = total
    if stage_code in keyed and keys:
        narrowed = _narrowed(keyed[stage_code], keys)
        share = next(one for one in shares if one.stage.code == stage_code)
        count = sum(n for key, _word, _colour, n in share.groups if _meets(key, keys))
        rows = narrowed.alias(rank=_rank()).order_by("rank", "pk")
    page = list(rows.select_related("unit__region").defer("basis", "outcome_basis")[start : start + size])
    cells = [stage_cells(one, page, user, today) for one in stages]
    return MatrixPage(
        stages, shares, tuple(Row(unit, tuple(cell[unit.pk] for cell in cells)) for unit in page), total, count
    )


def _meets(key: str, keys: Sequence[str]) -> bool:
    return key in keys or ("unfinished" in keys and key not in FINISHED)


def _narrowed(rows: QuerySet[CampaignUnit], keys: Sequence[str]) -> QuerySet[CampaignUnit]:
    wanted = Q(**{f"{KEY}__in": [key for key in keys if key != "unfinished"]})
    if "unfinished" in keys:
        wanted |= ~Q(**{f"{KEY}__in": sorted(FINISHED)})
    return rows.filter(wanted)


def _rank() -> Case:
    return Case(
        *(When(**{KEY: key}, then=Value(place)) for place, key in enumerate(URGENT)),
        default=Value(len(URGENT)),
        output_field=IntegerField(),
    )


def _share(stage: Stage, rows: QuerySet[CampaignUnit], known: dict[int, CellState] | None, today: date) -> StageShare:
    counted: dict[tuple[str, str], int] = {}
    words = {cell.key: cell.word for cell in (known or {}).values()}
    for key, detail, count in rows.order_by().values_list(KEY, DETAIL).annotate(n=Count("pk")):
        word = words.get(key) or word_of(stage, key, detail or "", today)
        counted[(key, word)] = counted.get((key, word), 0) + count
    return share_of(stage, counted, today)


def _keyed(
    stage: Stage, units: QuerySet[CampaignUnit], known: dict[int, CellState] | None, today: date
) -> QuerySet[CampaignUnit]:
    """Return the units with the key of their cell in the stage, by the same rules as ``stage_cells``."""
    empty = empty_cell(stage, today).key
    if known is not None:
        by_key: dict[str, list[int]] = {}
        for pk, cell in known.items():
            by_key.setdefault(cell.key, []).append(pk)
        return _with(units, [When(pk__in=pks, then=Value(key)) for key, pks in by_key.items()], empty)
    if stage.code == StageCode.PREPARATION:
        return _with(units, _preparation(today), "done")
    if stage.code == StageCode.KEY_SUPERVISION:
        return _with(units, [], empty)
    if stage.code == StageCode.INSTITUTION:
        return _institution(stage, units, empty, today)
    reports = units.alias(report=FilteredRelation("self_inspections", condition=Q(self_inspections__stage=stage)))
    cases: list[When] = [
        When(report__isnull=True, then=Value(empty)),
        When(report__state__in=sorted(OWED), report__due_on__lt=today, then=Value("late")),
        *(When(report__state=state, then=Value(key)) for state, key in REPORT_KEYS.items()),
    ]
    return _with(reports, cases, empty, F("report__state"))


def _with(units: Any, cases: Sequence[When], default: str, detail: Any = None) -> QuerySet[CampaignUnit]:
    key = Case(*cases, default=Value(default), output_field=CharField()) if cases else Value(default)
    found: QuerySet[CampaignUnit] = units.annotate(**{KEY: key, DETAIL: Value("") if detail is None else detail})
    return found


def _preparation(today: date) -> list[When]:
    leaders = UnitLeader._base_manager.filter(
        Q(from_on__isnull=True) | Q(from_on__lte=today),
        Q(until__isnull=True) | Q(until__gte=today),
        unit=OuterRef("unit"),
        user__is_active=True,
    )
    blocks = AddressBlock._base_manager.filter(unit=OuterRef("unit"), state=ClaimState.STANDING)
    return [When(~Exists(leaders), then=Value("no_leader")), When(~Exists(blocks), then=Value("no_address"))]


def _institution(stage: Stage, units: QuerySet[CampaignUnit], empty: str, today: date) -> QuerySet[CampaignUnit]:
    duties = Rectification._base_manager.filter(campaign_unit=OuterRef("pk"))
    late = duties.filter(state=RectificationState.OPEN, due_on__lt=today)
    waiting = duties.exclude(state=RectificationState.CLOSED)
    reports = units.alias(
        report=FilteredRelation("self_inspections", condition=Q(self_inspections__stage=stage)),
        duty_late=Exists(late), duty_waiting=Exists(waiting), duty_any=Exists(duties),
    )  # fmt: skip
    out = {state: key for state, key in REPORT_KEYS.items() if key not in FINISHED}
    ended = {state: key for state, key in REPORT_KEYS.items() if key in FINISHED}
    cases = [
        When(Q(duty_late=True) | Q(report__state__in=sorted(OWED), report__due_on__lt=today), then=Value("late")),
        *(When(report__state=state, then=Value(key)) for state, key in out.items()),
        When(duty_waiting=True, then=Value("rectifying")),
        When(duty_any=True, then=Value("done")),
        *(When(report__state=state, then=Value(key)) for state, key in ended.items()),
    ]
    of_report = Q(duty_late=False) & (Q(report__state__in=sorted(out)) | Q(duty_any=False))
    detail = Case(When(of_report, then=F("report__state")), default=Value(""), output_field=CharField())
    return _with(reports, cases, empty, detail)
