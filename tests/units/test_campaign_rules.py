"""Campaigns: which units are taken in, how each outcome is explained, whom a reminder reaches."""

from datetime import date

import pytest

from casework.accounts.enums import Role
from casework.core.errors import Invalid, Refused
from casework.ledger.models import Entry
from casework.notices.models import Notice
from tests.build import a_user, moment
from tests.build_campaigns import (
    STAGES,
    Scene,
    a_scene,
    a_unit,
    campaign_unit_of,
    submitted,
)
from tests.cast import Cast
from units.enums import UnitState
from units.models import (
    CampaignUnit,
    Unit,
    UnitLeader,
)
from units.services.campaigns import add_units, close_campaign, open_campaign, record_finding, set_outcome
from units.services.issuing import remind_overdue

NOON = moment("2021-10-26 12:00")


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return a_scene(cast)


def test_a_campaign_with_the_code_of_another_is_refused(cast: Cast, scene: Scene) -> None:
    with pytest.raises(Invalid, match="已有。可以换一个"):
        open_campaign(scene.campaign.code, "另一个", stages=STAGES, actor=cast.campaign_officer, at=NOON)


def test_closed_units_are_not_taken_in_and_all_are_named(cast: Cast, scene: Scene) -> None:
    gone = [a_unit("旧一"), a_unit("旧二")]
    Unit.objects.filter(pk__in=[unit.pk for unit in gone]).update(state=UnitState.CLOSED, closed_on=date(2021, 1, 1))
    for unit in gone:
        unit.refresh_from_db()

    with pytest.raises(Invalid, match="旧一、旧二 已撤销"):
        add_units(scene.campaign, [a_unit("新一"), *gone], actor=cast.campaign_officer, at=NOON)

    assert scene.campaign.campaign_units.count() == 2


def test_an_outcome_is_changed_only_with_a_reason(cast: Cast, scene: Scene) -> None:
    row = campaign_unit_of(scene.inspection)
    set_outcome(row, "active", basis_ref="lead:1", actor=cast.campaign_officer, at=NOON)

    with pytest.raises(Invalid, match="已有的结论是“主动”"):
        set_outcome(row, "passive", basis_ref="lead:1", actor=cast.campaign_officer, at=NOON)
    set_outcome(row, "passive", basis_ref="lead:1", reason="鉴定为木马", actor=cast.campaign_officer, at=NOON)

    entry = Entry.objects.filter(ref=f"campaignunit:{row.pk}").order_by("-id").first()
    assert entry is not None
    assert entry.payload["data"]["from"] == "active"
    assert entry.payload["reason"] == "鉴定为木马"
    assert campaign_unit_of(scene.bystander).outcome == ""


def test_a_campaign_ends_only_when_every_unit_is_explained(cast: Cast, scene: Scene) -> None:
    first, second = CampaignUnit.objects.order_by("pk")
    set_outcome(first, "active", basis_ref="lead:1", actor=cast.campaign_officer, at=NOON)

    with pytest.raises(Refused, match="还有 1 家单位没有说明去向"):
        close_campaign(scene.campaign, actor=cast.campaign_officer, at=NOON)
    set_outcome(second, "cleared", basis_ref="lead:2", actor=cast.campaign_officer, at=NOON)

    assert close_campaign(scene.campaign, actor=cast.campaign_officer, at=NOON).state == "closed"


def test_a_finding_needs_its_source_and_its_own_unit(cast: Cast, scene: Scene) -> None:
    row = campaign_unit_of(scene.inspection)

    with pytest.raises(Invalid, match="写明来源的记录"):
        record_finding(row, kind="active", summary="一台矿机", source_ref=" ", actor=cast.officer, at=NOON)
    finding = record_finding(row, kind="active", summary="一台矿机", source_ref="lead:1", actor=cast.officer, at=NOON)

    assert finding.compartment == scene.campaign.compartment


def test_urging_reaches_the_leader_of_that_day_once(cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    UnitLeader.objects.filter(unit=scene.other_unit).update(until=date(2021, 10, 31))
    successor = a_user("继任者", Role.UNIT_LEADER)
    UnitLeader.objects.create(unit=scene.other_unit, user=successor, name="继任者", from_on=date(2021, 11, 1))

    first = remind_overdue(scene.stage, actor=cast.campaign_officer, at=moment("2021-11-02 09:00"))
    again = remind_overdue(scene.stage, actor=cast.campaign_officer, at=moment("2021-11-02 16:00"))
    next_day = remind_overdue(scene.stage, actor=cast.campaign_officer, at=moment("2021-11-03 09:00"))

    assert (first, again, next_day) == (1, 0, 1)
    urged = Notice.objects.filter(kind="selfinspection.urged")
    assert {notice.recipient for notice in urged} == {successor}
    assert {notice.level for notice in urged} == {"alarm"}
