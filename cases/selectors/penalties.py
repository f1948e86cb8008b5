"""Reading penalties: standing, lawful range, comparable cases, and what a case still lacks."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.enums_penalties import DECIDED_STATES, SETTLED_STATES, Situation
from cases.equality import Treatment, tier, warnings
from cases.ladder import Decider, MeasureSpec, Prior, Refusal, Standing, double
from cases.models import Case, Penalty, PenaltyMeasure, Recovery, Suspect
from cases.periods import EMPLOYER, GOV, PARTY
from cases.ranges import Finding, Proposal, Severity, across, propose, refusals
from casework.accounts.models import User
from casework.core.errors import Missing

SANCTIONS = (PARTY, GOV, EMPLOYER)


def standing_of(suspect: Suspect, situation: str = Situation.IN_POST) -> Standing:
    """Return the standing of that time, and what became of the person since."""
    return Standing(
        name=suspect.name,
        party_member=suspect.party_member,
        public_official=suspect.public_official,
        employment=suspect.employment,
        party_post=bool(suspect.party_post.strip()),
        leading_cadre=suspect.leading_cadre,
        village_cadre=suspect.village_cadre,
        retired=situation == Situation.RETIRED,
        deceased=situation == Situation.DECEASED,
        elected="人大代表" in suspect.deputy_of or "政协委员" in suspect.deputy_of,
    )


def standing_words(suspect: Suspect) -> dict[str, str]:
    """Return the standing as it is frozen in a draft, with Chinese keys."""

    def yes(value: bool | None) -> str:
        return "未查明" if value is None else "是" if value else "否"

    return {
        "单位": suspect.unit.name if suspect.unit else "",
        "职务": suspect.post,
        "用工形式": str(suspect.get_employment_display()) if suspect.employment else "未查明",
        "中共党员": yes(suspect.party_member),
        "党内职务": suspect.party_post,
        "公职人员": yes(suspect.public_official),
        "领导干部": yes(suspect.leading_cadre),
        "村干部": yes(suspect.village_cadre),
        "代表委员": suspect.deputy_of,
    }


def specs_of(penalty: Penalty) -> list[MeasureSpec]:
    """Return the measures as the ladder takes them."""
    return [
        MeasureSpec(row.code, row.months, row.quantity, row.unit, row.amount, row.note)
        for row in penalty.measures.all()
    ]


def findings_of(penalty: Penalty) -> list[Finding]:
    """Return the conducts held to be proved."""
    return [Finding(row["code"], Severity(row["severity"])) for row in penalty.findings]


def proposal_of(penalty: Penalty, decided_on: date) -> Proposal:
    """Return the lawful range for the person as the draft stands."""
    return propose(
        findings_of(penalty),
        standing_of(penalty.suspect, penalty.situation),
        acts_until=penalty.acts_until,
        decided_on=max(decided_on, penalty.acts_until),
        circumstances=penalty.circumstances,
        decider=Decider(penalty.decided_by),
    )


def priors_of(suspect: Suspect, *, besides: int | None = None) -> list[Prior]:
    """Return what the same person was already given, in this case or in another, as far as it stands.

    The same person: the same row of the register. Persons without one are compared inside their case only. What was
    given must not be given twice, whoever asks; by its number it is named within its case alone, for who works on this
    one need not know of the other.
    """
    rows = PenaltyMeasure.objects.filter(family__in=SANCTIONS, penalty__state__in=DECIDED_STATES).exclude(
        penalty_id=besides
    )
    if suspect.person_id is None:
        rows = rows.filter(penalty__suspect=suspect)
    else:
        rows = rows.filter(penalty__suspect__person_id=suspect.person_id)
    return [
        Prior(
            row.code,
            (row.penalty.number or _("未编号")) if row.penalty.suspect.case_id == suspect.case_id else "",
            row.penalty.acts_from,
            row.penalty.acts_until,
            frozenset(found["code"] for found in row.penalty.findings),
        )
        for row in rows.select_related("penalty__suspect")
    ]


def problems(penalty: Penalty, decided_on: date) -> list[Refusal]:
    """Return everything that makes the draft unlawful as facts and law stand now."""
    specs = specs_of(penalty)
    proposal = proposal_of(penalty, decided_on)
    standing = standing_of(penalty.suspect, penalty.situation)
    mixed = across(specs, findings_of(penalty), acts_from=penalty.acts_from, acts_until=penalty.acts_until)
    return (
        refusals(specs, proposal, standing, Decider(penalty.decided_by))
        + mixed
        + double(
            specs,
            priors_of(penalty.suspect, besides=penalty.pk),
            acts_from=penalty.acts_from,
            acts_until=penalty.acts_until,
            conducts=[finding.code for finding in findings_of(penalty)],
            laws=proposal.laws,
        )
    )


def gains_of(suspects: Iterable[int]) -> dict[int, tuple[Decimal, str]]:
    """Return the gains of each suspect: yuan, and the words in coin and money."""
    words: dict[int, list[str]] = {}
    sums: dict[int, Decimal] = {}
    for row in Recovery.objects.filter(suspect__in=list(suspects)).order_by("pk"):
        pk: Any = row.suspect_id
        sums[pk] = sums.get(pk, Decimal(0)) + row.value
        shown = f"{row.quantity.normalize():f} {row.coin}" if row.quantity is not None else f"{row.value:,.2f} 元"
        words.setdefault(pk, []).append(shown)
    return {pk: (total, "、".join(words[pk])) for pk, total in sums.items()}


def _treatment(penalty: Penalty, gains: dict[int, tuple[Decimal, str]], same_case: bool) -> Treatment:
    total, words = gains.get(penalty.suspect_id, (Decimal(0), ""))
    return Treatment(
        penalty.suspect.name,
        tuple(row.code for row in penalty.measures.all()),
        standing_of(penalty.suspect, penalty.situation),
        total,
        words,
        same_case,
    )


def inequality(penalty: Penalty) -> list[str]:
    """Return one sentence for each other person of the case who is treated unequally."""
    others = list(
        Penalty.objects.alive()
        .filter(suspect__case_id=penalty.suspect.case_id)
        .exclude(pk=penalty.pk)
        .select_related("suspect")
        .prefetch_related("measures")
        .order_by("pk")
    )
    if not others:
        return []
    gains = gains_of([penalty.suspect_id, *(other.suspect_id for other in others)])
    mine = _treatment(penalty, gains, True)
    return warnings(mine, [_treatment(other, gains, True) for other in others], penalty.laws)


def comparable(penalty: Penalty, user: User, *, limit: int = 8) -> list[Penalty]:
    """Return other handlings that the reader may see: of the case first, then of the campaign, then of like conduct.

    Each row carries ``relation`` (``case``, ``campaign``, ``conduct``), ``gains`` and ``gains_words``.
    """
    case = penalty.suspect.case
    base = (
        Penalty.objects.visible_to(user)
        .alive()
        .exclude(pk=penalty.pk)
        .select_related("suspect__case__lead", "suspect__unit__region")
        .prefetch_related("measures")
    )
    found: dict[int, Penalty] = {}

    def take(relation: str, rows: Iterable[Penalty]) -> None:
        for row in rows:
            if row.pk not in found and len(found) < limit:
                row.relation = relation  # type: ignore[attr-defined]
                found[row.pk] = row

    take("case", base.filter(suspect__case=case).order_by("pk")[:limit])
    decided = base.filter(state__in=DECIDED_STATES).order_by("-effective_on", "-pk")
    campaign = case.lead.campaign_id if case.lead else None
    if campaign is not None and len(found) < limit:
        take("campaign", decided.filter(suspect__case__lead__campaign=campaign)[:limit])
    if penalty.findings and len(found) < limit:
        take("conduct", decided.filter(findings__contains=[{"code": penalty.findings[0]["code"]}])[:limit])
    gains = gains_of([row.suspect_id for row in found.values()])
    for row in found.values():
        row.gains, row.gains_words = gains.get(row.suspect_id, (Decimal(0), ""))  # type: ignore[attr-defined]
    return list(found.values())


def with_measures(rows: Any) -> Any:
    """Fetch what every list of penalties shows."""
    return rows.select_related("suspect__case", "suspect__unit", "drafted_by").prefetch_related(
        Prefetch("measures", PenaltyMeasure.objects.order_by("seq"))
    )


def _url(penalty: Penalty) -> str:
    return reverse("cases:penalty", args=[penalty.pk])


def _said(penalty: Penalty) -> dict[str, str]:
    return {"name": penalty.suspect.name, "state": penalty.get_state_display()}


def _by_suspect(case: Case) -> dict[int, Penalty]:
    rows = Penalty.objects.alive().filter(suspect__case=case).select_related("suspect")
    return {row.suspect_id: row for row in rows}


def penalties_proposed(case: Case) -> list[Missing]:
    """Return what is missing until there is a proposal for every suspect of the case."""
    drafted = _by_suspect(case)
    return [
        Missing(
            _("%(name)s还没有处分（处理）建议") % {"name": suspect.name},
            reverse("cases:penalty-new", args=[suspect.pk]),
            _("去拟"),
        )
        for suspect in case.suspects.order_by("pk")
        if suspect.pk not in drafted
    ]


def penalties_decided(case: Case) -> list[Missing]:
    """Return what is missing until every suspect's handling is approved."""
    undecided = [
        Missing(
            _("%(name)s的处分（处理）建议%(state)s，尚未批准") % _said(row),
            _url(row),
            _("去办"),
        )
        for row in _by_suspect(case).values()
        if row.state not in DECIDED_STATES
    ]
    return penalties_proposed(case) + undecided


def penalties_settled(case: Case) -> list[Missing]:
    """Return what is missing until every handling of the case is carried out and every sum due is paid."""
    open_rows = [
        Missing(
            _("%(name)s的处分（处理）%(state)s，尚未执行完毕") % _said(row),
            _url(row),
            _("去执行"),
        )
        for row in _by_suspect(case).values()
        if row.state in DECIDED_STATES - SETTLED_STATES
    ]
    return penalties_decided(case) + open_rows + recoveries_settled(case)


def recoveries_settled(case: Case) -> list[Missing]:
    """Return the sums of the case that are due and not paid."""
    return [
        Missing(
            _("“%(label)s”还有 %(sum)s 元未缴清") % {"label": row.label, "sum": f"{row.remainder:,.2f}"},
            reverse("cases:recovery", args=[row.pk]),
            _("去登记"),
        )
        for row in Recovery.objects.filter(case=case).order_by("pk")
        if row.remainder > 0
    ]


def overall_tier(penalty: Penalty) -> int:
    """Return how heavy the handling is (``cases.equality.tier``)."""
    return tier(row.code for row in penalty.measures.all())


def last_party_period(suspect: Suspect, on: date) -> date | None:
    """Return the end of an earlier party sanction of the same person that still runs on that day."""
    if suspect.person_id is None:
        return None
    rows = Penalty.objects.filter(
        suspect__person_id=suspect.person_id,
        measures__family=PARTY,
        state__in=DECIDED_STATES,
        period_until__gte=on,
    ).exclude(suspect=suspect)
    return rows.order_by("-period_until").values_list("period_until", flat=True).first()
