"""Who of a campaign's cases may be given a draft from the facts that stand, and what is still missing for the others."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.enums import OVER, Side, Stance, Verdict
from cases.models import CaseMember, Exhibit, Fact, Penalty, Suspect
from cases.proof import source_of, verdict_of
from casework.accounts.models import User
from casework.core.errors import Missing
from units.models import Campaign

#: So many people are prepared in one pass at most.
CAP: Final = 500
#: A fact with one of these verdicts may stand in a decision.
SETTLED: Final = frozenset({Verdict.PROVED, Verdict.LONE_EXPLAINED, Verdict.CONTRADICTION_EXPLAINED})


@dataclass(frozen=True)
class Dossier:
    """What a draft for one person is made of, and what forbids to make it yet."""

    suspect: Suspect
    grounds: str
    evidence: str
    acts_on: tuple[date, date] | None
    missing: tuple[Missing, ...]


def candidates(user: User, campaign: Campaign | None = None) -> QuerySet[Suspect]:
    """Return the people without a handling in running cases on which the reader works, of one campaign or of all."""
    mine = CaseMember.objects.filter(
        case=OuterRef("case"), user=user, until__isnull=True, side__in=[Side.INVESTIGATE, Side.HEAR]
    )
    given = Penalty.objects.alive().filter(suspect=OuterRef("pk"))
    rows: QuerySet[Suspect] = (
        Suspect.objects.visible_to(user)
        .filter(Exists(mine), ~Exists(given))
        .exclude(case__state__in=OVER)
        .select_related("case__compartment", "unit")
        .order_by("case_id", "pk")
    )
    return rows if campaign is None else rows.filter(case__lead__campaign=campaign)


def dossiers(suspects: Iterable[Suspect]) -> list[Dossier]:
    """Return what stands about each of them, in three queries whatever their number."""
    people = list(suspects)
    cases = {suspect.case_id for suspect in people}
    facts = list(
        Fact.objects.filter(case__in=cases, dropped_at__isnull=True)
        .prefetch_related("suspects")
        .order_by("case_id", "number", "pk")
    )
    exhibits: dict[int, list[Exhibit]] = defaultdict(list)
    for exhibit in Exhibit.objects.filter(fact__in=facts).select_related("item__interview").order_by("pk"):
        exhibits[exhibit.fact_id].append(exhibit)
    of_person: dict[tuple[int, int], list[Fact]] = defaultdict(list)
    for fact in facts:
        for suspect_id in [row.pk for row in fact.suspects.all()] or [0]:
            of_person[fact.case_id, suspect_id].append(fact)
    return [_dossier(one, [*of_person[one.case_id, one.pk], *of_person[one.case_id, 0]], exhibits) for one in people]


def _dossier(suspect: Suspect, facts: list[Fact], exhibits: dict[int, list[Exhibit]]) -> Dossier:
    open_ones = [fact for fact in facts if _verdict(fact, exhibits[fact.pk]) not in SETTLED]
    labels = [exhibit.label for fact in facts for exhibit in exhibits[fact.pk] if exhibit.stance == Stance.FOR]
    until = suspect.conduct_until
    acts = (suspect.conduct_from, until) if suspect.conduct_from and until else None
    return Dossier(
        suspect,
        "；".join(fact.statement.rstrip("。；") for fact in sorted(facts, key=lambda fact: fact.number)),
        "、".join(dict.fromkeys(labels)),
        acts,
        tuple(_missing(suspect, facts, open_ones, acts)),
    )


def _verdict(fact: Fact, rows: list[Exhibit]) -> Verdict:
    return verdict_of(
        fact,
        [source_of(row) for row in rows if row.stance == Stance.FOR],
        sum(row.stance == Stance.AGAINST for row in rows),
    )


def _missing(suspect: Suspect, facts: list[Fact], open_ones: list[Fact], acts: Any) -> Iterable[Missing]:
    case = reverse("cases:detail", args=[suspect.case_id])
    person = reverse("cases:suspect", args=[suspect.case_id, suspect.pk])
    if not facts:
        yield Missing(_("没有待证事实"), case, _("去写"))
    if open_ones:
        yield Missing(
            ngettext("有 %(n)d 项事实没有查清", "有 %(n)d 项事实没有查清", len(open_ones)) % {"n": len(open_ones)},
            f"{case}#proof",
            _("去看"),
        )
    if acts is None:
        yield Missing(_("行为起止日期没有登记"), person, _("去登记"))
    if None in (suspect.party_member, suspect.public_official) or not suspect.employment:
        yield Missing(_("身份尚未查明"), person, _("去认定"))
