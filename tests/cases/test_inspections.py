"""An inspection in the field: arrival, findings, two signatures, evidence, the end."""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from cases.models import Inspection, Site, SiteConfirmation
from cases.services.inspection_people import add_team_member, withdraw_leader
from cases.services.inspections import (
    MemberPlan,
    SitePlan,
    TeamPlan,
    arrive_at_site,
    attach_collection,
    close_inspection,
    confirm_site,
    plan_inspection,
    record_findings,
)
from cases.services.integrity import declare_tie
from cases.services.interviews import take_interview
from cases.services.photos import take_photo
from casework.accounts.models import User
from casework.core.errors import Invalid, NotAllowed, NotReady, Refused, Stale
from casework.ledger.models import Entry
from casework.notices.models import Notice
from evidence.services.collections import open_collection
from tests.build import a_compartment, a_user, moment
from tests.build_cases import a_unit, an_inspection
from tests.build_units import a_lead
from tests.cast import Cast
from units.models import UnitLeader

pytestmark = pytest.mark.django_db
NINE, TEN = moment("2021-09-06 09:00"), moment("2021-09-06 10:00")
FOUND: dict[str, Any] = {
    "nature": "active",
    "machine": "信息楼 3 号柜，机房管理员在用",
    "extent": "3 台，111 天",
    "basis": "当场运行“挖矿”程序，本人承认",
    "machines_found": 3,
}


def _report(site: Site, first: User, second: User, **found: Any) -> Site:
    arrive_at_site(site, actor=first, at=NINE)
    record_findings(site, actor=first, at=TEN, **{**FOUND, **found})
    confirm_site(site, actor=first, at=TEN)
    return confirm_site(site, actor=second, at=TEN)


def _pair(site: Site) -> tuple[User, User]:
    first, second = [member.user for member in site.team.members.order_by("pk")]
    assert first is not None
    assert second is not None
    return first, second


def test_the_way_of_a_site(cast: Cast) -> None:
    an_inspection(cast)
    site, neighbour = Site.objects.order_by("team__number")
    before = Site.objects.filter(pk=neighbour.pk).values().get()
    first, second = _pair(site)

    site = _report(site, first, second, traced=["10.1.1.7"])

    assert site.state == "reported"
    assert site.addresses.get().traced
    assert not neighbour.addresses.get().traced
    assert Site.objects.filter(pk=neighbour.pk).values().get() == before
    kinds = list(Entry.objects.filter(ref=f"site:{site.pk}").order_by("id").values_list("kind", flat=True))
    assert kinds == ["site.arrived", "site.findings_recorded", "site.confirmed", "site.reported"]
    site.team.inspection.refresh_from_db()
    assert site.team.inspection.state == "under_way"


def test_one_signature_is_not_two(cast: Cast) -> None:
    an_inspection(cast)
    site = Site.objects.get(team__number=1)
    first, _second = _pair(site)
    arrive_at_site(site, actor=first, at=NINE)
    record_findings(site, actor=first, at=TEN, **FOUND)

    for _time in range(2):
        site = confirm_site(site, actor=first, at=TEN)

    assert site.state == "visited"
    assert SiteConfirmation.objects.count() == 1


def test_a_change_takes_the_signature_away_and_a_stale_page_signs_nothing(cast: Cast) -> None:
    an_inspection(cast)
    site = Site.objects.get(team__number=1)
    first, second = _pair(site)
    arrive_at_site(site, actor=first, at=NINE)
    site = record_findings(site, actor=first, at=TEN, **FOUND)
    confirm_site(site, actor=first, at=TEN)
    read = site.version

    record_findings(site, actor=second, at=TEN, **{**FOUND, "machines_found": 4})

    assert not SiteConfirmation.objects.exists()
    with pytest.raises(Stale):
        confirm_site(site, actor=first, at=TEN, expected_version=read)


def test_findings_need_arrival_a_machine_an_extent_and_a_basis(cast: Cast) -> None:
    an_inspection(cast)
    site = Site.objects.get(team__number=1)
    first, _second = _pair(site)

    with pytest.raises(Refused) as early:
        record_findings(site, actor=first, at=TEN, **FOUND)
    arrive_at_site(site, actor=first, at=NINE)
    with pytest.raises(Invalid) as empty:
        record_findings(site, nature="passive", machine="", extent="", actor=first, at=TEN)
    with pytest.raises(NotReady):
        confirm_site(site, actor=first, at=TEN)
    record_findings(site, nature="nothing", machine="", extent="", actor=first, at=TEN)

    assert early.value.code == "not_arrived"
    assert set(empty.value.details) == {"machine", "extent", "basis"}


def test_nobody_arrives_before_the_day(cast: Cast) -> None:
    an_inspection(cast)
    site = Site.objects.get(team__number=1)

    with pytest.raises(Refused) as refusal:
        arrive_at_site(site, actor=cast.inspector, at=moment("2021-09-05 23:59"))

    assert refusal.value.code == "too_early"


def test_only_the_team_of_the_site_works_there(cast: Cast) -> None:
    an_inspection(cast)
    site = Site.objects.get(team__number=2)

    for user in (cast.inspector, cast.officer, cast.outsider, cast.auditor, cast.unit_leader):
        with pytest.raises(NotAllowed):
            arrive_at_site(site, actor=user, at=NINE)


def test_evidence_of_a_site_lies_in_its_team(cast: Cast) -> None:
    an_inspection(cast)
    site = Site.objects.get(team__number=1)
    first, second = _pair(site)
    arrive_at_site(site, actor=first, at=NINE)
    elsewhere = open_collection(
        compartment=a_compartment(first), place="别处", officers=[first, second], actor=first, at=TEN,
        measure="obtaining", witness_note="调取",
    )  # fmt: skip

    photo = take_photo(site, [b"\xff\xd8\xff\xe0jpeg"], name="机柜.jpg", second_officer=second, actor=first, at=TEN)
    again = take_photo(site, [b"\xff\xd8\xff\xe0two"], name="铭牌.jpg", second_officer=second, actor=first, at=TEN)

    site.refresh_from_db()
    assert photo.compartment_id == site.compartment_id
    assert site.collection_id == photo.collection_id == again.collection_id
    with pytest.raises(Refused) as refusal:
        attach_collection(site, elsewhere, actor=first, at=TEN)
    assert refusal.value.code == "other_compartment"
    with pytest.raises(Refused):
        take_photo(site, [b"x"], name="x.jpg", second_officer=None, actor=first, at=TEN)


def test_a_talk_at_the_site_is_evidence_of_the_team(cast: Cast) -> None:
    an_inspection(cast)
    site = Site.objects.get(team__number=1)
    first, second = _pair(site)

    record = take_interview(
        site, kind="talk", person_name="丁某某", place="机房", began_at=NINE, ended_at=TEN, rights_told_at=NINE,
        second_officer=second, lines=[("机器是谁的？", "我买的。")], actor=first, at=TEN, signed=True,
    )  # fmt: skip

    assert record.item is not None
    assert record.item.compartment_id == site.compartment_id
    with pytest.raises(Refused) as refusal:
        take_interview(
            site, kind="interrogation", person_name="丁某某", place="机房", began_at=NINE, ended_at=TEN,
            second_officer=second, lines=[("问", "答")], actor=first, at=TEN,
        )  # fmt: skip
    assert refusal.value.article == "监察法实施条例第五十九条"


def test_the_end_needs_every_site_and_hands_the_findings_to_the_leads(cast: Cast) -> None:
    compartment = a_compartment(cast.officer, cast.campaign_officer)
    unit = a_unit("检查单位1")
    lead = a_lead(unit, compartment)
    neighbour = a_lead(a_unit("检查单位9"), compartment)
    inspection = an_inspection(cast, leads={unit.pk: lead})
    mine, other = Site.objects.order_by("team__number")

    with pytest.raises(NotReady) as refusal:
        close_inspection(inspection, actor=cast.officer, at=moment("2021-09-09 18:00"))
    assert len(refusal.value.missing) == 2
    _report(mine, *_pair(mine))
    lead.refresh_from_db()
    assert not lead.classification, "nothing leaves the teams while they are in the field"
    _report(other, *_pair(other), nature="nothing", machine="", extent="", basis="")
    close_inspection(inspection, actor=cast.officer, at=moment("2021-09-09 18:00"))

    lead.refresh_from_db()
    neighbour.refresh_from_db()
    assert lead.classification == "active"
    assert {question.answer for question in lead.questions.all()} == {FOUND["machine"], FOUND["extent"], "active"}
    assert {question.source_ref for question in lead.questions.all()} == {f"site:{mine.pk}"}
    assert not neighbour.classification
    with pytest.raises(Refused):
        record_findings(other, actor=_pair(other)[0], at=TEN, **FOUND)


def test_somebody_added_to_a_team_knows_its_sites(cast: Cast) -> None:
    inspection = an_inspection(cast)
    team = inspection.teams.get(number=1)
    late = a_user("检查员戊", "inspector")
    assert not Site.objects.visible_to(late).exists()

    add_team_member(team, MemberPlan(late.name, "省网信办", late), actor=cast.officer, at=NINE)

    assert list(Site.objects.visible_to(late)) == list(team.sites.all())


def _plan(cast: Cast, **change: Any) -> dict[str, Any]:
    people = [MemberPlan("甲", "省网信办"), MemberPlan("乙", "省通信管理局")]
    plan: dict[str, Any] = {
        "from_on": date(2021, 9, 6),
        "to_on": date(2021, 9, 9),
        "teams": [TeamPlan(people, [SitePlan(a_unit("检查单位1"))])],
        "actor": cast.officer,
        "at": NINE,
    }
    return {**plan, **change}


def test_plans_that_cannot_be(cast: Cast) -> None:
    unit = a_unit("检查单位1")
    two = [MemberPlan("甲", "省网信办"), MemberPlan("乙", "省通信管理局")]
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("to_on", {"to_on": date(2021, 9, 1)}),
        ("cover_name", {"cover_name": " "}),
        ("teams", {"teams": []}),
        ("teams", {"teams": [TeamPlan(two[:1], [SitePlan(unit)])]}),
        ("sites", {"teams": [TeamPlan(two, [SitePlan(unit, visit_on=date(2021, 9, 10))])]}),
        ("sites", {"teams": [TeamPlan(two, [SitePlan(unit)]), TeamPlan(two, [SitePlan(unit)])]}),
        ("teams", {"teams": [TeamPlan([*two, MemberPlan("丙", "单位", cast.unit_leader)], [SitePlan(unit)])]}),
    ]

    for field, change in wrong:
        with pytest.raises(Invalid) as refusal:
            plan_inspection(None, **_plan(cast, **change))
        assert field in refusal.value.details, field
    # Drawn by lot: the leaders of one inspection cannot count the others by its number.
    numbers = {plan_inspection(None, **_plan(cast)).number for _time in range(2)}
    assert len(numbers) == 2
    assert all(re.fullmatch(r"浙突查〔2021〕[2-9A-Z]{3}号", number) for number in numbers)


@pytest.mark.parametrize("role", ["inspector", "hearing_officer", "custodian", "auditor", "unit_leader", "liaison"])
def test_who_may_not_plan(cast: Cast, role: str) -> None:
    with pytest.raises(NotAllowed):
        plan_inspection(None, **_plan(cast, actor=cast.everyone()[role]))


def test_a_tied_person_neither_leads_nor_visits(cast: Cast) -> None:
    unit = a_unit("检查单位1")
    tied, aunt = a_user("检查员戊", "inspector"), a_user("检查员己", "inspector")
    UnitLeader.objects.create(unit=unit, name="王某")
    declare_tie(tied, kind="interest", unit=unit, actor=tied, at=NINE)
    declare_tie(aunt, kind="relative", person_name="王某", actor=aunt, at=NINE)
    others = [MemberPlan("甲", "省网信办"), MemberPlan("乙", "省通信管理局")]

    for user in (tied, aunt):
        plan = _plan(cast, teams=[TeamPlan([*others, MemberPlan(user.name, "省", user)], [SitePlan(unit)])])
        with pytest.raises(Invalid, match=user.name):
            plan_inspection(None, **plan)
    with pytest.raises(Invalid) as refusal:
        plan_inspection(None, **_plan(cast, leaders=[tied]))
    assert "leaders" in refusal.value.details
    inspection = plan_inspection(
        None, **_plan(cast, teams=[TeamPlan(others, [SitePlan(unit)]), TeamPlan(others, [SitePlan(a_unit("另一家"))])])
    )
    first, second = inspection.teams.order_by("number")
    with pytest.raises(Refused) as late:
        add_team_member(first, MemberPlan(tied.name, "省", tied), actor=cast.officer, at=NINE)

    assert late.value.article == "监察法第六十七条"
    assert not Site.objects.visible_to(tied).exists()
    # The places of another team are no reason: to refuse would tell of them.
    add_team_member(second, MemberPlan(tied.name, "省", tied), actor=cast.officer, at=NINE)
    assert list(Site.objects.visible_to(tied)) == list(second.sites.all())


def test_a_tie_declared_later_takes_its_person_off_at_once(cast: Cast) -> None:
    inspection = an_inspection(cast)
    first, second = inspection.teams.order_by("number")
    here, there = first.sites.get(), second.sites.get()
    mate = first.members.exclude(user=cast.inspector).get().user

    declare_tie(cast.inspector, kind="served", unit=there.unit, actor=cast.inspector, at=NINE)
    assert Site.objects.visible_to(cast.inspector).get() == here
    declare_tie(cast.inspector, kind="served", unit=here.unit, actor=cast.inspector, at=NINE)

    assert not Site.objects.visible_to(cast.inspector).exists()
    assert Site.objects.visible_to(mate).get() == here
    with pytest.raises(NotAllowed):
        arrive_at_site(here, actor=cast.inspector, at=NINE)
    assert first.members.get(user=cast.inspector).left_at == NINE
    assert Entry.objects.filter(kind="inspection.member_recused", ref=f"inspection:{inspection.pk}").count() == 1
    # The leaders learn of it, the person himself is told nothing.
    assert [row.recipient_id for row in Notice.objects.filter(kind="inspection.recused")] == [cast.officer.pk]
    with pytest.raises(Refused):
        add_team_member(first, MemberPlan("检查员甲", "省", cast.inspector), actor=cast.officer, at=TEN)


def test_a_leader_with_a_tie_loses_the_whole_of_it(cast: Cast) -> None:
    unit = a_unit("检查单位1")
    inspection = plan_inspection(None, **_plan(cast, leaders=[cast.approver]))

    declare_tie(cast.approver, kind="interest", unit=unit, actor=cast.approver, at=NINE)

    assert not Inspection.objects.visible_to(cast.approver).exists()
    assert not Site.objects.visible_to(cast.approver).exists()
    assert Inspection.objects.visible_to(cast.officer).get() == inspection


def test_a_leader_is_taken_off_and_one_stays(cast: Cast) -> None:
    inspection = plan_inspection(None, **_plan(cast, leaders=[cast.approver]))

    with pytest.raises(Invalid):
        withdraw_leader(inspection, cast.approver, actor=cast.officer, at=NINE, reason=" ")
    withdraw_leader(inspection, cast.approver, actor=cast.officer, at=NINE, reason="调离")

    assert not Inspection.objects.visible_to(cast.approver).exists()
    assert not Site.objects.visible_to(cast.approver).exists()
    with pytest.raises(Refused):
        withdraw_leader(inspection, cast.approver, actor=cast.officer, at=NINE, reason="调离")
    with pytest.raises(Refused):
        withdraw_leader(inspection, cast.officer, actor=cast.officer, at=NINE, reason="调离")
    with pytest.raises(NotAllowed):
        withdraw_leader(inspection, cast.officer, actor=cast.approver, at=NINE, reason="调离")


def test_people_join_and_leave_on_a_page_and_over_the_interface(cast: Cast, client: Client) -> None:
    inspection = an_inspection(cast)
    team = inspection.teams.get(number=1)
    late = a_user("检查员戊", "inspector")
    page = reverse("cases:inspection-people", args=[inspection.pk])
    api = APIClient()
    api.force_authenticate(cast.officer)
    team_api = APIClient()
    team_api.force_authenticate(cast.inspector)
    address = f"/api/v1/inspections/{inspection.pk}"

    client.force_login(cast.inspector)
    assert client.get(page).status_code == 404
    assert team_api.post(f"{address}/members/", {"team": 1, "name": "丙", "agency": "省"}).status_code == 404
    client.force_login(cast.officer)
    assert client.post(page, {"act": "add", "team": team.pk, "user": "", "name": ""}).status_code == 409
    assert client.post(page, {"act": "add", "team": team.pk, "user": late.pk}).status_code == 302
    member = team.members.get(user=late)
    open_page = reverse("cases:site", args=[team.sites.get().pk])
    client.force_login(late)
    assert client.get(open_page).status_code == 200

    client.force_login(cast.officer)
    assert client.post(page, {"act": "leave", "user": member.pk, "reason": ""}).status_code == 409
    assert client.post(page, {"act": "leave", "user": member.pk, "reason": "另有任务"}).status_code == 302
    client.force_login(late)
    assert client.get(open_page).status_code == 404
    assert client.post(reverse("cases:site-arrive", args=[team.sites.get().pk])).status_code == 404

    joined = api.post(f"{address}/members/", {"team": 1, "user": late.pk, "name": late.name, "agency": "省"})
    assert joined.status_code == 201, joined.content
    assert api.post(f"{address}/members/", {"team": 9, "name": "丙", "agency": "省"}).status_code == 404
    left = api.post(f"{address}/members/{joined.json()['id']}/withdraw/", {"reason": "另有任务"})
    assert left.json()["left_at"]
    assert not Site.objects.visible_to(late).exists()
    assert api.post(f"{address}/withdraw-leader/", {"user": cast.officer.pk, "reason": "调离"}).status_code == 409
