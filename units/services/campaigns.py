"""Campaigns: opening, taking units in, saying what was found, ending."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.access.enums import CompartmentKind
from casework.access.models import Compartment
from casework.access.policy import require
from casework.access.services.compartments import open_compartment
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record
from units.enums import UnitState
from units.enums_campaign import CampaignState, Outcome
from units.models import Campaign, CampaignUnit, Finding, Lead, Stage, TemplateVersion, Unit
from units.questionnaire import CURRENT

#: Units named in one ledger entry: an entry may have 65,535 bytes.
NAMED = 1000
#: Addresses of pages beside the campaigns' own.
RESERVED = frozenset({"new", "templates", "rectifications", "papers"})


@dataclass(frozen=True)
class StageSpec:
    """A stage to be made; both days are included."""

    code: str
    name: str
    starts_on: date
    due_on: date


def open_campaign(
    code: str,
    name: str,
    *,
    stages: Sequence[StageSpec],
    actor: User,
    at: datetime,
    compartment: Compartment | None = None,
    public_name: str = "",
    contact: str = "",
    template: TemplateVersion | None = None,
) -> Campaign:
    """Open a campaign with its stages, in order; without a compartment one is opened for the actor alone.

    ``public_name`` is what the units read; by default the name itself. The campaign keeps the questionnaire of the
    ``template`` version that it begins with, without one the present questionnaire.
    """
    require(actor, "campaign.open", compartment)
    _check(code, name, stages)
    with transaction.atomic():
        if compartment is None:
            compartment = open_compartment(CompartmentKind.CAMPAIGN, name.strip(), members=[], actor=actor, at=at)
        campaign = Campaign.objects.create(
            code=code,
            name=name.strip(),
            public_name=public_name.strip() or name.strip(),
            compartment=compartment,
            starts_on=stages[0].starts_on,
            contact=contact.strip(),
            questionnaire=template.questionnaire if template else CURRENT,
            template=template,
            opened_at=at,
            opened_by=actor,
        )
        Stage.objects.bulk_create(
            Stage(
                campaign=campaign,
                order=order,
                code=spec.code,
                name=spec.name,
                starts_on=spec.starts_on,
                due_on=spec.due_on,
            )
            for order, spec in enumerate(stages, 1)
        )
        record(
            "campaign.opened",
            ref=f"campaign:{campaign.pk}",
            actor=actor,
            at=at,
            data={
                "code": code,
                "name": campaign.name,
                "public_name": campaign.public_name,
                "questionnaire": campaign.questionnaire,
                "template": f"{template.template.code} {template.number}" if template else "",
                "stages": [
                    {"code": spec.code, "name": spec.name, "starts_on": spec.starts_on, "due_on": spec.due_on}
                    for spec in stages
                ],
            },
        )
    return campaign


def _check(code: str, name: str, stages: Sequence[StageSpec]) -> None:
    wrong: dict[str, str] = {}
    if not name.strip():
        wrong["name"] = _("写明专项行动的名称。")
    if code in RESERVED:
        wrong["code"] = _("代码 %(code)s 已用作页面地址。可以换一个。") % {"code": code}
    elif Campaign._base_manager.filter(code=code).exists():
        wrong["code"] = _("代码 %(code)s 已有。可以换一个。") % {"code": code}
    if not stages:
        wrong["stages"] = _("至少要有一个阶段。")
    if len({spec.code for spec in stages}) != len(stages):
        wrong["stages"] = _("两个阶段的代码相同。可以改其中一个。")
    for spec in stages:
        if spec.due_on < spec.starts_on:
            wrong["stages"] = _("阶段“%(name)s”的截止日早于开始日。可以改截止日。") % {"name": spec.name}
    if wrong:
        raise Invalid(_("不能发起专项行动：%(what)s") % {"what": "".join(wrong.values())}, details=wrong)


def add_units(
    campaign: Campaign, units: Iterable[Unit], *, actor: User, at: datetime, basis: str = ""
) -> list[CampaignUnit]:
    """Take units into the campaign; those already in it stay as they are. Returns the new rows.

    Refuses closed or merged units, all of them named.
    """
    require(actor, "campaign.add_units", campaign)
    chosen = {unit.pk: unit for unit in units}
    closed = [unit for unit in chosen.values() if unit.state != UnitState.ACTIVE]
    if closed:
        names = "、".join(unit.name for unit in closed[:20])
        raise Invalid(
            _("不能列入：%(names)s 已撤销或并入其他单位。可以改列现存的单位。") % {"names": names},
            details={"units": [unit.code for unit in closed]},
        )
    with transaction.atomic():
        row = Campaign.locked(campaign.pk)
        _need_running(row, _("列入单位"))
        known = set(row.campaign_units.filter(unit__in=chosen).values_list("unit_id", flat=True))
        added = CampaignUnit.objects.bulk_create(
            [
                CampaignUnit(campaign=row, unit=unit, basis=basis, added_at=at)
                for pk, unit in chosen.items()
                if pk not in known
            ],
            batch_size=1000,
        )
        for start in range(0, len(added), NAMED):
            part = added[start : start + NAMED]
            record(
                "campaign.units_added",
                ref=f"campaign:{row.pk}",
                actor=actor,
                at=at,
                data={"units": [one.unit.code for one in part], "basis": basis},
            )
    return added


def _need_running(campaign: Campaign, act: str) -> None:
    if campaign.state != CampaignState.RUNNING:
        raise Refused(_("不能%(act)s：专项行动已经结束。可以另行发起。") % {"act": act}, code="closed")


def set_outcome(
    campaign_unit: CampaignUnit, outcome: str, *, basis_ref: str, actor: User, at: datetime, reason: str = ""
) -> CampaignUnit:
    """Say what the campaign found about a unit, on a record (``finding:3``, ``selfinspection:9``, ``lead:12``).

    Changing an outcome once given needs a reason; old and new value go into the ledger.
    """
    require(actor, "campaign.set_outcome", campaign_unit)
    if outcome not in Outcome.values:
        raise Invalid(
            _("不能下结论：没有选结论。可以选主动、被动、科研或排除。"), details={"outcome": _("选一项结论。")}
        )
    if not basis_ref.strip():
        raise Invalid(_("不能下结论：没有写依据。"), details={"basis_ref": _("写明依据的记录。")})
    with transaction.atomic():
        row = CampaignUnit.locked(campaign_unit.pk)
        before = row.outcome
        if before == outcome and row.outcome_basis == basis_ref:
            return row
        if before and before != outcome and not reason.strip():
            raise Invalid(
                _("不能改结论：没有写理由。已有的结论是“%(old)s”。") % {"old": row.get_outcome_display()},
                details={"reason": _("写明为什么改。")},
            )
        row.outcome, row.outcome_basis, row.outcome_at, row.outcome_by = outcome, basis_ref.strip(), at, actor
        row.bump("outcome", "outcome_basis", "outcome_at", "outcome_by")
        record(
            "campaign.outcome_set",
            ref=f"campaignunit:{row.pk}",
            actor=actor,
            at=at,
            data={"unit": row.unit.code, "from": before, "to": outcome, "basis": basis_ref},
            reason=reason,
        )
    return row


def record_finding(
    campaign_unit: CampaignUnit,
    *,
    kind: str,
    summary: str,
    source_ref: str,
    actor: User,
    at: datetime,
    lead: Lead | None = None,
    compartment: Compartment | None = None,
    ip: str | None = None,
    found_at: datetime | None = None,
) -> Finding:
    """Record what was found about a unit and on which record it rests.

    ``compartment``  who may know of it; by default the campaign's, for a finding of a secret inspection that one's.
    """
    owner = compartment or campaign_unit.campaign.compartment
    require(actor, "finding.record", owner)
    wrong = {}
    if kind not in Outcome.values:
        wrong["kind"] = _("选一项：主动、被动、科研或排除。")
    if not summary.strip():
        wrong["summary"] = _("写明发现的情况。")
    if not source_ref.strip():
        wrong["source_ref"] = _("写明来源的记录。")
    if lead is not None and lead.unit_id != campaign_unit.unit_id:
        wrong["lead"] = _("线索属于另一家单位。")
    if wrong:
        raise Invalid(_("不能登记发现：%(what)s") % {"what": "".join(wrong.values())}, details=wrong)
    with transaction.atomic():
        finding = Finding.objects.create(
            campaign_unit=campaign_unit,
            lead=lead,
            compartment=owner,
            kind=kind,
            ip=ip,
            summary=summary.strip(),
            source_ref=source_ref.strip(),
            found_at=found_at or at,
            recorded_by=actor,
        )
        record(
            "finding.recorded",
            ref=f"finding:{finding.pk}",
            actor=actor,
            at=at,
            data={"unit": campaign_unit.unit.code, "kind": kind, "source": finding.source_ref, "ip": ip or ""},
            personal={"summary": finding.summary},
        )
    return finding


def close_campaign(campaign: Campaign, *, actor: User, at: datetime, reason: str = "") -> Campaign:
    """End the campaign; refused while a unit has no outcome, because its sums would not add up."""
    require(actor, "campaign.close", campaign)
    with transaction.atomic():
        row = Campaign.locked(campaign.pk)
        _need_running(row, _("结束专项行动"))
        open_units = row.campaign_units.filter(outcome="").count()
        if open_units:
            raise Refused(
                ngettext(
                    "不能结束专项行动：还有 %(n)s 家单位没有说明去向。可以先逐家下结论。",
                    "不能结束专项行动：还有 %(n)s 家单位没有说明去向。可以先逐家下结论。",
                    open_units,
                )
                % {"n": open_units},
                code="unexplained",
                details={"units": open_units},
            )
        row.state = CampaignState.CLOSED
        row.bump("state")
        record("campaign.closed", ref=f"campaign:{row.pk}", actor=actor, at=at, data={"code": row.code}, reason=reason)
    return row
