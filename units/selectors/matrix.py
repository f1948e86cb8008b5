"""The matrix unit × stage counted by the database: shares of the stages, and one page of rows, whatever its size."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    FilteredRelation,
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

    The key ``unfinished`` stands for everything that is not yet done. The number of queries does not grow with the units.
    """
    stages = tuple(campaign.stages.select_related("campaign").order_by("order"))
    units = CampaignUnit.objects.visible_to(user).filter(campaign=campaign)
    known = {one.code: registered_cells(one, units, user) for one in stages}
    shares = _shares(stages, units, known, today)
    total = sum(n for _key, _word, _colour, n in shares[0].groups) if shares else units.count()
    share = next((one for one in shares if one.stage.code == stage_code), None)
    shown = units.select_related("unit__region").defer("basis", "outcome_basis")
    if share is not None and keys:
        count, page = _narrowed(_keyed(share.stage, shown, known[stage_code], today), share, keys, start, size)
    else:
        count, page = total, list(shown.order_by("pk")[start : start + size])
    cells = [stage_cells(one, page, user, today) for one in stages]
    return MatrixPage(
        stages, shares, tuple(Row(unit, tuple(cell[unit.pk] for cell in cells)) for unit in page), total, count
    )


def _meets(key: str, keys: Sequence[str]) -> bool:
    return key in keys or ("unfinished" in keys and key not in FINISHED)


def _narrowed(
    keyed: QuerySet[CampaignUnit], share: StageShare, keys: Sequence[str], start: int, size: int
) -> tuple[int, list[CampaignUnit]]:
    """Return how many units have one of the keys, and a page of them, the most urgent first.

    How many there are of each is known from the share, so only the groups on the page are looked for.
    """
    counts = {key: n for key, _word, _colour, n in share.groups if _meets(key, keys)}
    groups = [*([key] for key in URGENT if key in counts), [key for key in counts if key not in URGENT]]
    page: list[CampaignUnit] = []
    skip = start
    for group in groups:
        there = sum(counts[key] for key in group)
        if skip < there and len(page) < size:
            found = keyed.filter(**{f"{KEY}__in": group}).order_by("pk")
            page += found[skip : skip + size - len(page)]
        skip = max(skip - there, 0)
    return sum(counts.values()), page


def _shares(
    stages: Sequence[Stage],
    units: QuerySet[CampaignUnit],
    known: Mapping[str, dict[int, CellState] | None],
    today: date,
) -> tuple[StageShare, ...]:
    """Count all stages in one pass over the units: how often each row of cells is there, taken apart by stage."""
    rows, names = units, []
    for place, stage in enumerate(stages):
        rows = _keyed(stage, rows, known[stage.code], today, f"_{place}")
        names += [f"{KEY}_{place}", f"{DETAIL}_{place}"]
    counted: list[Counter[tuple[str, str]]] = [Counter() for _stage in stages]
    for *cells, count in rows.order_by().values_list(*names).annotate(n=Count("pk")) if stages else ():
        for place, (key, detail) in enumerate(zip(cells[::2], cells[1::2], strict=True)):
            counted[place][(key, detail or "")] += count
    return tuple(_share(stage, counted[place], known[stage.code] or {}, today) for place, stage in enumerate(stages))


def _share(
    stage: Stage, counted: Mapping[tuple[str, str], int], known: Mapping[int, CellState], today: date
) -> StageShare:
    words = {cell.key: cell.word for cell in known.values()}
    by_word: Counter[tuple[str, str]] = Counter()
    for (key, detail), count in counted.items():
        by_word[(key, words.get(key) or word_of(stage, key, detail, today))] += count
    return share_of(stage, by_word, today)


def _keyed(
    stage: Stage, units: QuerySet[CampaignUnit], known: dict[int, CellState] | None, today: date, suffix: str = ""
) -> QuerySet[CampaignUnit]:
    """Return the units with the key of their cell in the stage, by the same rules as ``stage_cells``.

    With a ``suffix`` on the names, several stages stand beside each other.
    """
    empty = empty_cell(stage, today).key
    if known is not None:
        by_key: dict[str, list[int]] = {}
        for pk, cell in known.items():
            by_key.setdefault(cell.key, []).append(pk)
        return _with(units, [When(pk__in=pks, then=Value(key)) for key, pks in by_key.items()], empty, suffix)
    if stage.code == StageCode.PREPARATION:
        return _with(units, _preparation(today), "done", suffix)
    if stage.code == StageCode.KEY_SUPERVISION:
        return _with(units, [], empty, suffix)
    report = f"report{suffix}"
    reports = units.alias(**{report: FilteredRelation("self_inspections", condition=Q(self_inspections__stage=stage))})
    late = Q(**{f"{report}__state__in": sorted(OWED), f"{report}__due_on__lt": today})
    if stage.code == StageCode.INSTITUTION:
        return _institution(reports, report, late, empty, today, suffix)
    cases: list[When] = [
        When(**{f"{report}__isnull": True}, then=Value(empty)),
        When(late, then=Value("late")),
        *(When(**{f"{report}__state": state}, then=Value(key)) for state, key in REPORT_KEYS.items()),
    ]
    return _with(reports, cases, empty, suffix, F(f"{report}__state"))


def _with(units: Any, cases: Sequence[When], default: str, suffix: str, detail: Any = None) -> QuerySet[CampaignUnit]:
    key = Case(*cases, default=Value(default), output_field=CharField()) if cases else Value(default)
    named = {f"{KEY}{suffix}": key, f"{DETAIL}{suffix}": Value("") if detail is None else detail}
    found: QuerySet[CampaignUnit] = units.annotate(**named) if suffix else units.alias(**named)
    return found


def _preparation(today: date) -> list[When]:
    leaders = UnitLeader._base_manager.filter(
        Q(from_on__isnull=True) | Q(from_on__lte=today),
        Q(until__isnull=True) | Q(until__gte=today),
        user__is_active=True,
    )
    blocks = AddressBlock._base_manager.filter(state=ClaimState.STANDING)
    # Each is read once and looked up for every unit; asked for each unit apart, it would be read ten thousand times.
    return [
        When(~Q(unit__in=leaders.values("unit")), then=Value("no_leader")),
        When(~Q(unit__in=blocks.values("unit")), then=Value("no_address")),
    ]


def _institution(
    units: QuerySet[CampaignUnit], report: str, late_report: Q, empty: str, today: date, suffix: str
) -> QuerySet[CampaignUnit]:
    duties = Rectification._base_manager.filter(campaign_unit__in=units.order_by().values("pk"))
    of_unit = duties.values_list("campaign_unit").annotate(
        late=Count("pk", filter=Q(state=RectificationState.OPEN, due_on__lt=today)),
        waiting=Count("pk", filter=~Q(state=RectificationState.CLOSED)),
    )
    late, waiting, any_duty = [], [], []  # the units with duties are few
    for pk, n_late, n_waiting in of_unit.order_by():
        any_duty.append(pk)
        late += [pk] if n_late else []
        waiting += [pk] if n_waiting else []
    out = {state: key for state, key in REPORT_KEYS.items() if key not in FINISHED}
    ended = {state: key for state, key in REPORT_KEYS.items() if key in FINISHED}
    cases = [
        When(Q(pk__in=late) | late_report, then=Value("late")),
        *(When(**{f"{report}__state": state}, then=Value(key)) for state, key in out.items()),
        When(pk__in=waiting, then=Value("rectifying")),
        When(pk__in=any_duty, then=Value("done")),
        *(When(**{f"{report}__state": state}, then=Value(key)) for state, key in ended.items()),
    ]
    of_report = ~Q(pk__in=late) & (Q(**{f"{report}__state__in": sorted(out)}) | ~Q(pk__in=any_duty))
    detail = Case(When(of_report, then=F(f"{report}__state")), default=Value(""), output_field=CharField())
    return _with(units, cases, empty, suffix, detail)
