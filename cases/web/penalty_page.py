"""What the pages of one penalty are drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.catalogue import Measure, catalogue
from cases.enums_penalties import DRAFT_STATES, Track
from cases.ladder import Standing
from cases.models import Penalty, Recovery
from cases.penalty_content import changes
from cases.penalty_route import chain, legs, next_level, route
from cases.penalty_workflow import LINE, PenaltyStep, readiness, steps_from
from cases.periods import EMPLOYER, GOV, PARTY
from cases.ranges import Option, Proposal
from cases.selectors.penalties import comparable, inequality, proposal_of, standing_of
from cases.services.penalty_appeals import APPEALABLE
from casework.access.policy import can, why_not
from casework.accounts.models import User
from casework.core.english import said
from casework.core.errors import Missing
from casework.core.moments import cn_date
from casework.deadlines.enums import LIVE
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import current_calendar, deadline_facts
from casework.deadlines.web.words import chip
from casework.ledger.selectors import trail
from casework.web.components import Step as LineStep
from casework.web.vocabulary import Text

#: The cards of the choice: key, families.
GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("party", (PARTY,)),
    ("state", (GOV, EMPLOYER)),
    ("labour", ("labour", "property")),
    ("first", ("first_form",)),
    ("leaders", ("org_handling", "accountability_leader")),
    ("bodies", ("party_org", "accountability_org", "unit_measure")),
)


@dataclass(frozen=True)
class Choice:
    """One row of the choice: a measure, or several closed ones that share their reason."""

    code: str
    title: str
    note: str
    why: str
    article: str
    off: bool
    chosen: bool
    radio: str = ""  # name of the input: party, state or other


@dataclass(frozen=True)
class Rung:
    """One grade of the scale on top."""

    title: str
    note: str
    fit: bool
    chosen: bool


def months_words(months: int | None) -> str:
    """Return 12 as 1 年, 18 as 1 年 6 个月, 6 as 6 个月."""
    if not months:
        return ""
    years, rest = divmod(months, 12)
    parts = [ngettext("%(n)d 年", "%(n)d 年", years) % {"n": years}] if years else []
    if rest:
        parts.append(ngettext("%(n)d 个月", "%(n)d 个月", rest) % {"n": rest})
    return " ".join(parts)


def period_words(measure: Measure) -> str:
    """Return 影响期 1 年, or an empty text where there is no period."""
    if measure.permanent or not measure.months:
        return ""
    return f"{said(measure.family.period)} {months_words(measure.months)}"


def _title(measure: Measure) -> str:
    return said(measure.name if measure.family.code == PARTY else measure.title)


def groups(
    proposal: Proposal, chosen: frozenset[str], *, words: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Return the cards with their rows; closed rows of the same reason that follow each other share one row.

    ``words`` (code → measure with its particulars) is for reading: sanctions whole, of all others only those chosen.
    """
    cards = []
    for key, families in GROUPS:
        options = [option for option in proposal.options if option.measure.family.code in families]
        radio = key if key in {"party", "state"} else "other"
        rows = _rows(options, chosen, radio)
        if words is not None and radio == "other":
            rows = [replace(row, title=words[row.code]) for row in rows if row.chosen]
        if not rows:
            continue
        cards.append(
            {
                "key": key,
                "rows": rows,
                "chosen": any(row.chosen for row in rows),
                "open": any(not row.off for row in rows),
            }
        )
    return cards


def _rows(options: list[Option], chosen: frozenset[str], radio: str) -> list[Choice]:
    rows: list[Choice] = []
    for option in options:
        measure = option.measure
        row = Choice(
            measure.code,
            _title(measure),
            period_words(measure),
            said(option.why),
            said(option.article),
            option.state == "off",
            measure.code in chosen,
            radio,
        )
        before = rows[-1] if rows else None
        same = before is not None and before.off and row.off and (before.why, before.article) == (row.why, row.article)
        if same and before is not None and not before.chosen and not row.chosen:
            title = _("、").join((before.title, row.title))
            rows[-1] = Choice(before.code, title, "", row.why, row.article, True, False, radio)
        else:
            rows.append(row)
    return rows


def rungs(proposal: Proposal, standing: Standing, chosen: frozenset[str]) -> list[Rung]:
    """Return the scale: education first, then the grades of the party, or of the state for those who are no members."""
    family = PARTY if standing.party_member or not standing.public_official else GOV
    if not standing.party_member and not standing.public_official and standing.employment == "institution_staff":
        family = EMPLOYER
    light = any(catalogue().measures[code].family.code == "first_form" for code in chosen)
    found = [Rung(_("批评教育"), _("第一种形态"), light, light)]
    states = {option.measure.code: option.state for option in proposal.options}
    in_lieu = states["PD_SERIOUS_WARNING_IN_LIEU"] == "fit" or "PD_SERIOUS_WARNING_IN_LIEU" in chosen
    skip = {"PD_PROBATION_2", "PD_REMOVAL" if in_lieu else "PD_SERIOUS_WARNING_IN_LIEU"}
    for option in proposal.options:
        measure = option.measure
        if measure.family.code != family or measure.code in skip:
            continue
        if family == EMPLOYER and not measure.code.startswith("IS_"):
            continue
        fit = option.state == "fit" or (option.state == "open" and family == EMPLOYER)
        note = period_words(measure) if option.state != "off" else _("幅度以外")
        title, picked = said(measure.name.partition("（")[0]), measure.code in chosen
        if measure.code == "PD_REMOVAL" and not standing.party_post:
            note = _("无党内职务")
        if measure.code == "PD_PROBATION_1":
            title, picked = _("留党察看"), picked or "PD_PROBATION_2" in chosen
        found.append(Rung(title, note, fit, picked))
    return found


def circumstances_of(penalty: Penalty, effect: str) -> list[dict[str, str]]:
    """Return the circumstances of that effect with their basis."""
    rows = [catalogue().circumstances[code] for code in penalty.circumstances]
    return [
        {
            "name": said(row.name),
            "article": _("、").join(
                said(basis.words) for basis in row.basis if basis.law.code in penalty.laws.values()
            ),
        }
        for row in rows
        if row.effect == effect
    ]


def next_step(penalty: Penalty, user: User, day: date) -> dict[str, Any] | None:
    """Return the forward step with all that is missing, or None when the procedure is over."""
    ahead = [step for step in steps_from(penalty) if not step.back]
    if not ahead:
        return None
    step = _preferred(ahead, penalty, day)
    missing, met = readiness(penalty, step, day)
    return {
        "step": step,
        "missing": missing,
        "met": met,
        "mine": can(user, f"penalty.{step.name}", penalty),
        "why_not": why_not(user, f"penalty.{step.name}", penalty),
        "url": step_url(penalty, step),
    }


def _preferred(steps: list[PenaltyStep], penalty: Penalty, day: date) -> PenaltyStep:
    by_name = {step.name: step for step in steps}
    if "sign" in by_name and not next_level(penalty, day):
        del by_name["sign"]
    order: tuple[str, ...]
    if penalty.track == Track.HANDLING:
        order = ("inform", "sign", "approve", "execute", "finish", "expire")
    else:
        order = (
            "inform",
            "deliberate",
            "approve",
            "issue",
            "serve",
            "announce",
            "execute",
            "finish",
            "expire",
        )
    if penalty.state == "deliberated":
        order = ("sign", "approve", *order)
    if penalty.probation_until is not None and penalty.restored_on is None and penalty.state == "running":
        order = ("restore",)
    return next((by_name[name] for name in order if name in by_name), next(iter(by_name.values())))


def step_url(penalty: Penalty, step: PenaltyStep) -> str:
    """Return where the step is taken: the approval page for a leader's word, the step's form else."""
    if step.name in {"approve", "sign", "return", "decline"}:
        return reverse("cases:penalty-approval", args=[penalty.pk])
    return reverse("cases:penalty-step", args=[penalty.pk, step.name])


def state_line(penalty: Penalty) -> list[LineStep]:
    """Return the columns of the state line."""
    here = next((place for place, (_label, states) in enumerate(LINE) if penalty.state in states), len(LINE))
    columns = []
    for place, (label, _states) in enumerate(LINE):
        state = "done" if place < here else "now" if place == here else ""
        note: Text = penalty.get_state_display() if state == "now" else ""
        if label == LINE[3][0] and penalty.effective_on and place < here:
            note = cn_date(penalty.effective_on)
        columns.append(LineStep(label, state, note))
    return columns


def clocks_of(penalty: Penalty, user: User, today: date, now: Any) -> list[dict[str, Any]]:
    """Return the live time limits of the decision."""
    calendar = current_calendar()
    rows = (
        Deadline.objects.visible_to(user)
        .filter(ref=f"penalty:{penalty.pk}", state__in=LIVE)
        .prefetch_related("suspensions", "extensions")
        .order_by("due_on", "pk")
    )
    return [{"row": row, "chip": chip(deadline_facts(row, today, calendar), now)} for row in rows]


def penalty_page(penalty: Penalty, user: User, *, today: date, now: Any) -> dict[str, Any]:
    """Return the context of the page of a penalty."""
    proposal = proposal_of(penalty, penalty.effective_on or today)
    chosen = frozenset(row.code for row in penalty.measures.all())
    standing = standing_of(penalty.suspect, penalty.situation)
    others = [
        (step, step_url(penalty, step))
        for step in steps_from(penalty)
        if step.name not in {"approve", "sign", "return", "decline"} and can(user, f"penalty.{step.name}", penalty)
    ]
    ahead = next_step(penalty, user, today)
    return {
        "penalty": penalty,
        "case": penalty.suspect.case,
        "draft_state": penalty.state in DRAFT_STATES,
        "line": state_line(penalty),
        "legs": legs(penalty, today),
        "route_rank": chain(penalty, today).rank,
        "next": ahead,
        "others": [(step, url) for step, url in others if ahead is None or step.name != ahead["step"].name],
        "rungs": rungs(proposal, standing, chosen),
        "groups": groups(proposal, chosen, words={row.code: row.words for row in penalty.measures.all()}),
        "proposal": proposal,
        "lighten": circumstances_of(penalty, "lighten"),
        "aggravate": circumstances_of(penalty, "aggravate"),
        "warnings": inequality(penalty),
        "comparable": comparable(penalty, user),
        "recoveries": list(Recovery.objects.filter(suspect_id=penalty.suspect_id).order_by("pk")),
        "tasks": list(penalty.tasks.all()),
        "clocks": clocks_of(penalty, user, today, now),
        "defence": penalty.defences.select_related("officer", "second_officer").last(),
        "deliberation": penalty.deliberations.last(),
        "deliveries": penalty.deliveries.select_related("officer", "second_officer"),
        "last_return": penalty.decisions.exclude(verdict="agreed").last() if penalty.returned else None,
        "agreed": penalty.decisions.filter(verdict="agreed").select_related("approver").first(),
        "may_revise": penalty.state in DRAFT_STATES and can(user, "penalty.revise", penalty),
        "may_task": can(user, "penalty.task", penalty),
        "may_gain": can(user, "recovery.register", penalty.suspect.case),
        "appeals": list(penalty.appeals.order_by("-at")),
        "may_appeal": penalty.state in APPEALABLE and can(user, "penalty.appeal", penalty),
        "entry_count": trail(f"penalty:{penalty.pk}").count(),
    }


def approval_page(penalty: Penalty, user: User, *, today: date) -> dict[str, Any]:
    """Return the context of the page on which a leader decides: what changed, what it is, how others were treated."""
    drafts = {draft.number: draft for draft in penalty.drafts.all()}
    seen = penalty.drafts.filter(readings__user=user, number__lt=penalty.draft).order_by("-number").first()
    read_now = drafts[penalty.draft].readings.filter(user=user).first()
    reading = seen.readings.get(user=user) if seen else None
    ahead = next_step(penalty, user, today)
    approves = ahead is not None and ahead["step"].name in {"approve", "sign"}
    return {
        "penalty": penalty,
        "case": penalty.suspect.case,
        "next": ahead if approves else None,
        "missing": ahead["missing"] if ahead and approves else ([] if ahead is None else [_not_yet(penalty)]),
        "met": ahead["met"] if ahead and approves else [],
        "seen": reading,
        "read_now": read_now,
        "changes": changes(seen.content, drafts[penalty.draft].content) if seen else [],
        "comparable": comparable(penalty, user, limit=4),
        "warnings": inequality(penalty),
        "recoveries": list(Recovery.objects.filter(suspect_id=penalty.suspect_id).order_by("pk")),
        "committee": route(penalty, today).committee,
        "legs": legs(penalty, today),
        "route_rank": chain(penalty, today).rank,
        "signs": bool(next_level(penalty, today)),
        "hearers": [
            m.user.name
            for m in penalty.suspect.case.members.filter(side="hear", until__isnull=True).select_related("user")
        ],
    }


def _not_yet(penalty: Penalty) -> Missing:
    return Missing(_("现在%(state)s，还不到审批") % {"state": penalty.get_state_display()})
