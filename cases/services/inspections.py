"""Unannounced inspections: planned in secret, carried out by teams that know only their own sites.

What is found stays in the team's compartment until the leaders close the inspection; only then do the leads learn it,
so that nothing outside changes while teams are in the field.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums import InspectionState, SiteNature, SiteState, TeamDuty
from cases.models import Inspection, InspectionTeam, Site, SiteAddress, SiteConfirmation, TeamMember
from cases.services.inspection_ties import tied_to
from casework.access.enums import CompartmentKind
from casework.access.models import Compartment
from casework.access.policy import require
from casework.access.services.compartments import open_compartment
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import Invalid, Missing, NotReady, Refused, Stale
from casework.ledger.record import record
from evidence.models import Collection
from units.enums import QuestionKind
from units.models import Campaign, Lead, Region, Unit
from units.services.numbers import code_of
from units.services.questions import classify_lead, missing_for, settle_question

SERIES = "浙突查"
COVER_NAME = "网络安全联合检查"  # what the unit and everybody outside hears


@dataclass(frozen=True)
class MemberPlan:
    """Somebody of a team; people lent by other agencies may have no account."""

    name: str
    agency: str
    user: User | None = None
    duty: TeamDuty | str = TeamDuty.MEMBER


@dataclass(frozen=True)
class SitePlan:
    """A place to visit, with the addresses to trace there. Without a day, the first of the inspection."""

    unit: Unit
    addresses: Sequence[str] = ()
    lead: Lead | None = None
    region: Region | None = None
    place: str = ""
    visit_on: date | None = None


@dataclass(frozen=True)
class TeamPlan:
    """A team: its people and its sites."""

    members: Sequence[MemberPlan]
    sites: Sequence[SitePlan] = field(default_factory=tuple)


def ref_of(inspection: Inspection) -> str:
    """Return the text reference of the inspection."""
    return f"inspection:{inspection.pk}"


def plan_inspection(
    campaign: Campaign | None,
    *,
    from_on: date,
    to_on: date,
    teams: Sequence[TeamPlan],
    actor: User,
    at: datetime,
    cover_name: str = COVER_NAME,
    leaders: Sequence[User] = (),
) -> Inspection:
    """Plan an inspection under a cover name, with a compartment of its own and one for each team.

    The actor and the ``leaders`` know everything; a team knows its own sites. Nobody else learns that it exists.
    """
    require(actor, "inspection.plan")
    heads = list(dict.fromkeys([actor, *leaders]))
    _check_plan(from_on, to_on, teams, cover_name, heads, at)
    with transaction.atomic():
        compartment = open_compartment(CompartmentKind.INSPECTION, _("突击检查"), members=heads, actor=actor, at=at)
        inspection = Inspection.objects.create(
            number=_number(compartment, at),
            campaign=campaign,
            cover_name=cover_name.strip(),
            compartment=compartment,
            from_on=from_on,
            to_on=to_on,
            planned_by=actor,
            planned_at=at,
        )
        for number, plan in enumerate(teams, start=1):
            _add_team(inspection, number, plan, heads, actor=actor, at=at)
        record(
            "inspection.planned",
            ref=ref_of(inspection),
            actor=actor,
            at=at,
            data={
                "number": inspection.number,
                "cover_name": inspection.cover_name,
                "from_on": from_on,
                "to_on": to_on,
                "teams": [
                    {
                        "members": [member.name for member in plan.members],
                        "sites": [site.unit.code for site in plan.sites],
                        "addresses": [address for site in plan.sites for address in site.addresses],
                    }
                    for plan in teams
                ],
            },
        )
    return inspection


def _number(compartment: Compartment, at: datetime) -> str:
    """Drawn by lot: a serial would tell the leaders of one inspection that there is another."""
    return f"{SERIES}〔{timezone.localdate(at).year}〕{code_of(compartment)}号"


def _add_team(
    inspection: Inspection, number: int, plan: TeamPlan, heads: list[User], *, actor: User, at: datetime
) -> InspectionTeam:
    users = [member.user for member in plan.members if member.user is not None]
    compartment = open_compartment(
        CompartmentKind.INSPECTION,
        _("突击检查第 %(n)d 组") % {"n": number},
        members=[*heads, *users],
        actor=actor,
        at=at,
    )
    team = InspectionTeam.objects.create(inspection=inspection, number=number, compartment=compartment)
    TeamMember.objects.bulk_create(
        TeamMember(team=team, user=member.user, name=member.name, agency=member.agency, duty=TeamDuty(member.duty))
        for member in plan.members
    )
    for place, site in enumerate(plan.sites, start=1):
        row = Site.objects.create(
            team=team,
            compartment=compartment,
            number=place,
            unit=site.unit,
            lead=site.lead,
            region=site.region or site.unit.region,
            place=site.place,
            visit_on=site.visit_on or inspection.from_on,
        )
        SiteAddress.objects.bulk_create(SiteAddress(site=row, ip=ip) for ip in dict.fromkeys(site.addresses))
    return team


def _check_plan(
    from_on: date, to_on: date, teams: Sequence[TeamPlan], cover_name: str, heads: Sequence[User], at: datetime
) -> None:
    wrong: dict[str, str] = {}
    tied = tied_to([site.unit for team in teams for site in team.sites], at)
    names = [user.name for user in heads if user.pk in tied]
    if names:
        wrong["leaders"] = _("%(name)s不能编入：与被检查的单位有应当回避的关系。依据监察法第六十七条") % {
            "name": "、".join(names)
        }
    if to_on < from_on:
        wrong["to_on"] = _("结束日早于开始日，改为开始日以后")
    if not cover_name.strip():
        wrong["cover_name"] = _("填写对外名称，例如“网络安全联合检查”")
    if not teams:
        wrong["teams"] = _("至少编一个组")
    seen: dict[int, str] = {}
    for number, team in enumerate(teams, start=1):
        if len(team.members) < 2:
            wrong["teams"] = _("第 %(n)d 组不足两人。依据监察法第四十四条") % {"n": number}
        tied = tied_to([site.unit for site in team.sites], at)
        for member in team.members:
            if member.user is not None and member.user.pk in tied:
                wrong["teams"] = _("%(name)s不能编入：与被检查的单位有应当回避的关系。依据监察法第六十七条") % {
                    "name": member.name
                }
            if member.user is not None and not member.user.is_commission and not member.user.has_role(Role.LIAISON):
                wrong["teams"] = _("%(name)s不能编入：没有办案或者检查的职责") % {"name": member.name}
        for site in team.sites:
            day = site.visit_on or from_on
            if not from_on <= day <= to_on:
                wrong["sites"] = _("%(unit)s的检查日期不在检查期间内") % {"unit": site.unit.name}
            if site.unit.pk in seen:
                wrong["sites"] = _("%(unit)s编进了两处") % {"unit": site.unit.name}
            seen[site.unit.pk] = site.unit.name
            if site.lead is not None and site.lead.unit_id != site.unit.pk:
                wrong["sites"] = _("线索 %(lead)s 不是%(unit)s的") % {"lead": site.lead.number, "unit": site.unit.name}
    if wrong:
        raise Invalid(_("不能部署：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)


def arrive_at_site(site: Site, *, actor: User, at: datetime) -> Site:
    """Note that the team stands at the site; a second time changes nothing."""
    with transaction.atomic():
        row = _open_site(site, actor, "site.visit")
        if row.state != SiteState.PLANNED:
            return row
        if timezone.localdate(at) < row.team.inspection.from_on:
            raise Refused(
                _("不能登记到场：因为检查从 %(day)s 开始。可以在当天登记。")
                % {"day": row.team.inspection.from_on.isoformat()},
                code="too_early",
            )
        row.state, row.arrived_at = SiteState.VISITED, at
        row.bump("state", "arrived_at")
        Inspection.objects.filter(pk=row.team.inspection_id, state=InspectionState.PLANNED).update(
            state=InspectionState.UNDER_WAY
        )
        record("site.arrived", ref=f"site:{row.pk}", actor=actor, at=at, data={"unit": row.unit.code})
    return row


def record_findings(
    site: Site,
    *,
    nature: SiteNature | str,
    machine: str,
    extent: str,
    actor: User,
    at: datetime,
    machines_found: int = 0,
    computers_found: int = 0,
    basis: str = "",
    traced: Iterable[str] = (),
    expected_version: int | None = None,
) -> Site:
    """Write what was found at the site: which machine and whose, how many and how long, on purpose or not, and why.

    Changing it takes earlier confirmations away: both officers confirm what now stands there.
    """
    nature = SiteNature(nature)
    _check_findings(nature, machine, extent, basis, machines_found, computers_found)
    with transaction.atomic():
        row = _open_site(site, actor, "site.visit")
        if expected_version is not None and row.version != expected_version:
            raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"), details={"version": row.version})
        if row.state == SiteState.PLANNED:
            raise Refused(_("不能登记发现：因为还没有登记到场。可以先登记到场。"), code="not_arrived")
        if row.state == SiteState.REPORTED:
            raise Refused(_("不能修改：因为两名人员已确认。可以在案件中补充。"), code="reported")
        values: dict[str, Any] = {
            "nature": nature,
            "machine": machine.strip(),
            "extent": extent.strip(),
            "basis": basis.strip(),
            "machines_found": machines_found,
            "computers_found": computers_found,
        }
        for name, value in values.items():
            setattr(row, name, value)
        row.bump(*values)
        withdrawn = row.confirmations.count()
        row.confirmations.all().delete()
        found = [str(ip) for ip in traced]
        row.addresses.update(traced=False)
        row.addresses.filter(ip__in=found).update(traced=True)
        record(
            "site.findings_recorded",
            ref=f"site:{row.pk}",
            actor=actor,
            at=at,
            data={**values, "traced": found, "confirmations_withdrawn": withdrawn},
        )
    return row


def _check_findings(
    nature: SiteNature, machine: str, extent: str, basis: str, machines_found: int, computers_found: int
) -> None:
    wrong: dict[str, str] = {}
    if nature != SiteNature.NOTHING:
        if not machine.strip():
            wrong["machine"] = _("写明是哪台机器、谁在用")
        if not extent.strip():
            wrong["extent"] = _("写明几台、多久")
        if not basis.strip():
            wrong["basis"] = _("写明凭什么认定")
    if machines_found < 0 or computers_found < 0:
        wrong["machines_found"] = _("数量填 0 以上的整数")
    if wrong:
        raise Invalid(_("现场情况还差：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)


def confirm_site(site: Site, *, actor: User, at: datetime, expected_version: int | None = None) -> Site:
    """Sign for the findings; with the second officer's signature the site is reported (监察法第四十四条)."""
    with transaction.atomic():
        row = _open_site(site, actor, "site.confirm")
        if expected_version is not None and row.version != expected_version:
            raise Stale(_("现场情况已改动，请看过再确认。"), details={"version": row.version})
        if row.state == SiteState.REPORTED:
            return row
        if not row.nature:
            raise NotReady(_("不能确认：因为现场情况还没有登记。"), [Missing(_("现场情况没有登记"))])
        _confirmation, new = SiteConfirmation.objects.get_or_create(site=row, user=actor, defaults={"at": at})
        if not new:
            return row
        count = row.confirmations.count()
        if count >= 2:
            row.state, row.reported_at = SiteState.REPORTED, at
            row.bump("state", "reported_at")
        record(
            "site.reported" if count >= 2 else "site.confirmed",
            ref=f"site:{row.pk}",
            actor=actor,
            at=at,
            data={"nature": row.nature, "confirmations": count},
        )
    return row


def attach_collection(site: Site, collection: Collection, *, actor: User, at: datetime) -> Site:
    """Say that the list of evidence was taken at the site; it lies in the team's compartment."""
    with transaction.atomic():
        row = _open_site(site, actor, "site.visit")
        if collection.compartment_id != row.compartment_id:
            raise Refused(
                _("不能关联：因为清单 %(number)s 不在本组的知悉范围内。可以在本组另开清单。")
                % {"number": collection.number},
                code="other_compartment",
            )
        if row.collection_id == collection.pk:
            return row
        if row.collection_id is not None:
            raise Refused(_("不能关联：因为这处地点已有清单。可以在原清单上登记。"), code="has_collection")
        row.collection = collection
        row.bump("collection")
        record(
            "site.evidence_taken",
            ref=f"site:{row.pk}",
            actor=actor,
            at=at,
            data={"collection": collection.number},
        )
    return row


def _open_site(site: Site, actor: User, act: str) -> Site:
    row = Site.locked(site.pk)
    require(actor, act, row)
    if row.team.inspection.state == InspectionState.CLOSED:
        raise Refused(_("不能办理：因为检查已结束。可以在案件中补充。"), code="closed")
    return row


def close_inspection(inspection: Inspection, *, actor: User, at: datetime) -> Inspection:
    """End the inspection when every site is reported, and hand what was found to the leads of the units.

    Raises NotReady naming every site that is not reported.
    """
    with transaction.atomic():
        row = Inspection.locked(inspection.pk)
        require(actor, "inspection.close", row)
        need_open(row)
        sites = list(
            Site.objects.select_for_update(of=("self",))
            .filter(team__inspection=row)
            .select_related("unit", "lead", "team")
            .order_by("team__number", "number")
        )
        missing = [
            Missing(
                _("第 %(team)d 组 %(unit)s：%(state)s")
                % {"team": site.team.number, "unit": site.unit.name, "state": site.get_state_display()}
            )
            for site in sites
            if site.state != SiteState.REPORTED
        ]
        if missing:
            raise NotReady(_("不能结束检查：因为还有 %(n)d 处没有报告。") % {"n": len(missing)}, missing)
        row.state, row.closed_at = InspectionState.CLOSED, at
        row.bump("state", "closed_at")
        record(
            "inspection.closed",
            ref=ref_of(row),
            actor=actor,
            at=at,
            data={"sites": len(sites), "handed_over": sum(1 for site in sites if site.lead_id)},
        )
        for site in sites:
            if site.lead is not None:
                _hand_over(site, actor=actor, at=at)
    return row


def _hand_over(site: Site, *, actor: User, at: datetime) -> None:
    """Settle what is still open of the lead's three questions, and classify it where nothing else is missing."""
    lead = site.lead
    if lead is None or site.nature == SiteNature.NOTHING:
        return
    answers = {
        QuestionKind.MACHINE: site.machine,
        QuestionKind.EXTENT: site.extent,
        QuestionKind.NATURE: site.nature,
    }
    for question in lead.questions.filter(answer="").order_by("pk"):
        answer = answers[QuestionKind(question.kind)]
        settle_question(question, answer, source_ref=f"site:{site.pk}", actor=actor, at=at)
    lead.refresh_from_db()
    if not lead.classification and not missing_for(lead, site.nature):
        classify_lead(lead, site.nature, actor=actor, at=at, reason=site.basis)


def need_open(inspection: Inspection) -> None:
    """Refuse when the inspection is over."""
    if inspection.state == InspectionState.CLOSED:
        raise Refused(_("不能办理：因为检查已结束。"), code="closed")
