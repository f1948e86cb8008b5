"""Typed builders for campaigns and self-inspections."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Any

from casework.access.enums import CompartmentKind
from casework.access.models import Compartment
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.files.services.blobs import store_blob
from tests.build import a_compartment, a_user, moment
from tests.cast import Cast
from units.enums import UnitKind
from units.models import Campaign, CampaignUnit, Region, SelfInspection, Stage, Unit, UnitLeader
from units.services.campaigns import StageSpec, add_units, open_campaign
from units.services.issuing import issue_self_inspections
from units.services.self_inspections import acknowledge, add_rows, attach, save_answers, submit_report

_serial = count(1)

OPENED = moment("2021-09-01 09:00")
ISSUED = moment("2021-10-11 09:00")
DUE = date(2021, 10, 29)

STAGES = (
    StageSpec("preparation", "前期准备", date(2021, 7, 1), date(2021, 9, 5)),
    StageSpec("self_inspection", "自查自纠", date(2021, 9, 10), date(2021, 10, 29)),
    StageSpec("key_supervision", "重点督查", date(2021, 9, 6), date(2021, 11, 30)),
    StageSpec("institution", "建章立制", date(2021, 11, 1), date(2021, 12, 31)),
)

#: A report that found nothing, apart from its sheets.
ZERO: dict[str, Any] = {
    "unit_profile": "在职 120 人，办公室管网络，联系人甲。",
    "terminals": 2,
    "rooms": "检查了一楼机房。",
    "found": 0,
    "computers_sealed": 0,
    "rigs_sealed": 0,
    "accounts": "all",
    "logs": "2021-3-1",
    "watch": "值守记录齐全，没有异常。",
    "people": 0,
    "currencies": 0,
    "measures": "每月检查一次流量。",
    "pledge": "yes",
}


def a_unit(name: str = "") -> Unit:
    """Return a new public unit in Hangzhou."""
    number = next(_serial)
    region, _made = Region.objects.get_or_create(code="330100", defaults={"name": "杭州市"})
    return Unit.objects.create(
        code=f"C{number:06d}", name=name or f"某县第{number}中学", kind=UnitKind.SCHOOL, region=region
    )


def a_leader(unit: Unit, user: User | None = None, *, until: date | None = None) -> UnitLeader:
    """Return the unit's leader since 2020, with an account."""
    who = user or a_user("单位负责人丙", Role.UNIT_LEADER)
    return UnitLeader.objects.create(
        unit=unit, user=who, name=who.name, post="主任", email=who.email, from_on=date(2020, 1, 1), until=until
    )


def a_campaign(actor: User, *members: User, code: str = "", compartment: Compartment | None = None) -> Campaign:
    """Return a running campaign of four stages that the actor and the members may know of."""
    owner = compartment or a_compartment(
        *{one.pk: one for one in (actor, *members)}.values(), kind=CompartmentKind.CAMPAIGN, name="专项行动"
    )
    return open_campaign(
        code or f"campaign-{next(_serial)}",
        "整治“挖矿”专项行动",
        public_name="网络安全自查",
        stages=STAGES,
        compartment=owner,
        actor=actor,
        at=OPENED,
    )


def stage_of(campaign: Campaign, code: str = "self_inspection") -> Stage:
    """Return a stage of the campaign."""
    return Stage.objects.get(campaign=campaign, code=code)


@dataclass(frozen=True)
class Scene:
    """A campaign with one issued self-inspection of the unit leader's unit, and a bystander of the other leader's."""

    campaign: Campaign
    stage: Stage
    unit: Unit
    other_unit: Unit
    inspection: SelfInspection
    bystander: SelfInspection


def a_scene(cast: Cast) -> Scene:
    """Return the scene: both self-inspections are issued on 2021-10-11 and due on 2021-10-29."""
    unit, other = a_unit("甲单位"), a_unit("乙单位")
    a_leader(unit, cast.unit_leader)
    a_leader(other, cast.other_leader)
    campaign = a_campaign(cast.campaign_officer, *cast.members())
    add_units(campaign, [unit, other], actor=cast.campaign_officer, at=OPENED)
    stage = stage_of(campaign)
    issue_self_inspections(stage, due_on=DUE, actor=cast.campaign_officer, at=ISSUED)
    return Scene(
        campaign,
        stage,
        unit,
        other,
        SelfInspection.objects.get(unit=unit),
        SelfInspection.objects.get(unit=other),
    )


def campaign_unit_of(inspection: SelfInspection) -> CampaignUnit:
    """Return the campaign unit as the database has it now."""
    return CampaignUnit.objects.get(pk=inspection.campaign_unit_id)


def a_terminal(number: int = 0, **values: Any) -> dict[str, Any]:
    """Return a row of the terminals sheet."""
    return {
        "asset_number": f"ZC-{number or next(_serial):04d}",
        "kind": "desktop",
        "place": "信息楼 206",
        "found": "none",
        **values,
    }


def a_device(number: int = 0, **values: Any) -> dict[str, Any]:
    """Return a row of the sheets of sealed devices."""
    serial = number or next(_serial)
    return {
        "place": "信息楼 206",
        "model": "台式机",
        "serial": f"PC-{serial:04d}",
        "seal_number": f"SY-{serial:04d}",
        **values,
    }


def fill(
    inspection: SelfInspection,
    leader: User,
    *,
    at: datetime,
    address: str = "198.51.100.7",
    found: str = "none",
    computers: int = 0,
    rigs: int = 0,
    values: Mapping[str, Any] | None = None,
) -> SelfInspection:
    """Answer everything, so that the report can be signed; by default a zero report with two terminals."""
    terminals = max(2, computers)
    acknowledge(inspection, actor=leader, at=at)
    answers = {
        **ZERO,
        "terminals": terminals,
        "found": computers + rigs,
        "computers_sealed": computers,
        "rigs_sealed": rigs,
        **(values or {}),
    }
    save_answers(inspection, answers, actor=leader, at=at)
    add_rows(inspection, "addresses", [{"ip": address, "use": "出口", "found": found}], actor=leader, at=at)
    add_rows(inspection, "terminals", [a_terminal() for _ in range(terminals)], actor=leader, at=at)
    if computers:
        add_rows(inspection, "computers", [a_device() for _ in range(computers)], actor=leader, at=at)
    if rigs:
        add_rows(inspection, "rigs", [a_device(model="矿机") for _ in range(rigs)], actor=leader, at=at)
    attach(inspection, "watch", store_blob([b"log"], actor=leader, at=at), "值守记录.txt", actor=leader, at=at)
    inspection.refresh_from_db()
    return inspection


def submitted(inspection: SelfInspection, leader: User, *, at: datetime, **filling: Any) -> SelfInspection:
    """Fill in and submit; returns the inspection as it then is."""
    fill(inspection, leader, at=at, **filling)
    submit_report(inspection, signed_name=leader.name, actor=leader, at=at)
    inspection.refresh_from_db()
    return inspection
