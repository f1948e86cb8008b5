"""Reads of campaigns: the matrix unit × stage, the shares of the stages, progress, and sums that do not add up."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, Min
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.accounts.models import User
from units.enums_campaign import InspectionState, Outcome
from units.models import Campaign, CampaignUnit, SelfInspection, Stage
from units.selectors.stage_states import FINISHED, CellState, register_stage_state, stage_cells

__all__ = [
    "FINISHED",
    "CellState",
    "Contradiction",
    "Matrix",
    "Progress",
    "contradictions",
    "current_stage",
    "matrix",
    "outcome_counts",
    "progress",
    "register_contradictions",
    "register_stage_state",
]

#: The most urgent first: the order of the rows that are looked at.
URGENT = ("late", "returned", "no_leader", "no_address", "rectifying", "issued", "drafting")
#: The order of groups in shares and filters, with the colour of the bar.
GROUPS = {
    "done": "green",
    "review": "blue",
    "submitted": "blue",
    "drafting": "blue",
    "checking": "blue",
    "rectifying": "amber",
    "returned": "amber",
    "no_leader": "amber",
    "no_address": "amber",
    "late": "red",
}


@dataclass(frozen=True)
class Row:
    """A unit of the matrix with one cell a stage."""

    campaign_unit: CampaignUnit
    cells: tuple[CellState, ...]


@dataclass(frozen=True)
class StageShare:
    """A stage with the number of units in each group of cells, in the order of the legend."""

    stage: Stage
    note: str
    groups: tuple[tuple[str, str, str, int], ...]  # key, word, colour, units


@dataclass(frozen=True)
class Matrix:
    """The matrix: the rows of all units, and the shares over them."""

    stages: tuple[Stage, ...]
    shares: tuple[StageShare, ...]
    rows: tuple[Row, ...]

    @property
    def total(self) -> int:
        """How many units there are."""
        return len(self.rows)


def matrix(campaign: Campaign, user: User, today: date) -> Matrix:
    """Return the matrix of a campaign that the reader may see; eight queries, whatever its size."""
    stages = tuple(campaign.stages.select_related("campaign").order_by("order"))
    units = list(
        CampaignUnit.objects.visible_to(user)
        .filter(campaign=campaign)
        .select_related("unit__region")
        .only("pk", "campaign_id", "outcome", "unit__name", "unit__kind", "unit__region__name")
        .order_by("pk")
    )
    by_stage = [stage_cells(one, units, user, today) for one in stages]
    shares = tuple(_share(one, cells, today) for one, cells in zip(stages, by_stage, strict=True))
    rows = tuple(Row(unit, tuple(cells[unit.pk] for cells in by_stage)) for unit in units)
    return Matrix(stages, shares, rows)


def _share(stage: Stage, cells: dict[int, CellState], today: date) -> StageShare:
    return share_of(stage, Counter((cell.key, cell.word) for cell in cells.values()), today)


def share_of(stage: Stage, counted: Mapping[tuple[str, str], int], today: date) -> StageShare:
    """Return the share of a stage from the number of units by key and word."""
    by_key: dict[str, list[tuple[str, int]]] = {}
    for (key, word), count in counted.items():
        by_key.setdefault(key, []).append((word, count))
    known = list(GROUPS)
    ordered = sorted(by_key, key=lambda key: known.index(key) if key in known else len(known))
    groups = tuple(
        (key, _word_of(key, by_key[key]), GROUPS.get(key, "grey"), sum(count for _w, count in by_key[key]))
        for key in ordered
    )
    note = _("已结束") if stage.due_on < today else _("未开始") if stage.starts_on > today else _("进行中")
    return StageShare(stage, note, groups)


def _word_of(key: str, words: Sequence[tuple[str, int]]) -> str:
    if len(words) == 1:
        return words[0][0]
    return {"review": _("审核办理中"), "drafting": _("填报中"), "done": _("完成")}.get(key, words[0][0])


def current_stage(stages: Sequence[Stage], today: date) -> Stage | None:
    """Return the first stage that runs today, else the last one that has begun, else the first."""
    running = [one for one in stages if one.starts_on <= today <= one.due_on]
    begun = [one for one in stages if one.starts_on <= today]
    return next(iter(running), None) or (begun[-1] if begun else next(iter(stages), None))


def outcome_counts(campaign: Campaign) -> dict[str, int]:
    """Return how many units have each outcome; ``""`` counts those that nobody has explained."""
    found = dict(campaign.campaign_units.values_list("outcome").annotate(n=Count("pk")))
    return {key: found.get(key, 0) for key in [*Outcome.values, ""]}


@dataclass(frozen=True)
class Contradiction:
    """Figures that do not fit each other: the sum in bold, a sentence, and the list behind it."""

    sum: str
    text: str
    list: str = ""
    verb: str = ""


Finder = Callable[[Campaign, User], Sequence[Contradiction]]
_finders: list[Finder] = []


def register_contradictions(finder: Finder) -> None:
    """Let an app above add figures that contradict each other (counts of two sources of one day)."""
    if finder not in _finders:
        _finders.append(finder)


def contradictions(campaign: Campaign, user: User, units_url: str) -> list[Contradiction]:
    """Return every sum of the campaign that does not add up; ``units_url`` is the list of its units."""
    found = list(_outcome_sum(campaign, units_url))
    for finder in _finders:
        found += finder(campaign, user)
    return found


def _outcome_sum(campaign: Campaign, units_url: str) -> Sequence[Contradiction]:
    counts = outcome_counts(campaign)
    total, open_units = sum(counts.values()), counts[""]
    if not open_units or open_units == total:
        return ()
    said = [(str(Outcome(key).label), counts[key]) for key in Outcome.values if counts[key]]
    words = _("、").join(_("%(word)s %(n)s 家") % {"word": word, "n": f"{count:,}"} for word, count in said)
    return (
        Contradiction(
            f"{total:,} ≠ " + " ＋ ".join(f"{count:,}" for _word, count in said),
            _("%(words)s，尚有 %(n)s 家未说明去向。说明前不能结束专项行动。")
            % {"words": words, "n": f"{open_units:,}"},
            f"{units_url}?outcome=none",
            _("看这 %(n)s 家") % {"n": f"{open_units:,}"},
        ),
    )


@dataclass(frozen=True)
class Progress:
    """First submissions by day, cumulated, from the day of issue on; ``due_on`` is the day most are due."""

    days: tuple[date, ...]
    counts: tuple[int, ...]
    total: int
    due_on: date | None

    @property
    def done(self) -> int:
        """How many units have submitted at least once."""
        return self.counts[-1] if self.counts else 0


def progress(stage: Stage, as_of: datetime) -> Progress:
    """Return the progress of a stage's reports. First submissions count; returns take nothing away."""
    rows = SelfInspection._base_manager.filter(stage=stage, issued_at__lte=as_of).exclude(
        state=InspectionState.WITHDRAWN
    )
    whole = rows.aggregate(n=Count("pk"), first=Min("issued_at"), last_due=Max("due_on"))
    if not whole["n"]:
        return Progress((), (), 0, None)
    first = timezone.localdate(whole["first"])
    submitted = rows.filter(first_submitted_at__lte=as_of).order_by()
    sent = dict(
        submitted.values_list(TruncDate("first_submitted_at", tzinfo=timezone.get_default_timezone())).annotate(
            n=Count("pk")
        )
    )
    due_on = rows.order_by().values_list("due_on").annotate(n=Count("pk")).order_by("-n", "due_on").first()
    last = min(max([timezone.localdate(as_of), first]), max([*sent, first, whole["last_due"]]))
    days = tuple(date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1))
    counts, running = [], 0
    for day in days:
        running += sent.get(day, 0)
        counts.append(running)
    return Progress(days, tuple(counts), whole["n"], due_on[0] if due_on else None)
