"""Pages of campaigns and reviews: the matrix, the list, one report."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from casework.accounts.models import User
from casework.notices.models import Notice
from tests.build import moment
from tests.build_campaigns import (
    ISSUED,
    Scene,
    a_campaign,
    a_leader,
    a_scene,
    a_unit,
    campaign_unit_of,
    stage_of,
    submitted,
)
from tests.cast import Cast
from units.models import Campaign, CampaignUnit, SelfInspection, SpotCheck
from units.selectors.campaigns import FINISHED, CellState, contradictions, matrix, progress
from units.selectors.matrix import matrix_page
from units.selectors.stage_states import _registered, register_stage_state
from units.services.campaigns import add_units, set_outcome
from units.services.issuing import issue_self_inspections
from units.services.rectification import order_rectification
from units.services.reviews import start_review, start_spot_check, verify_report

NOON = moment("2021-10-26 12:00")


@pytest.fixture(autouse=True)
def _demo_day(settings: Any) -> None:
    settings.CASEWORK_NOW = "2021-10-27"


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return a_scene(cast)


def as_user(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    return response.content.decode()


def test_the_matrix_says_where_every_unit_stands(client: Client, cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    start_review(scene.inspection, actor=cast.campaign_officer, at=NOON)

    page = text_of(as_user(client, cast.campaign_officer).get(reverse("units:campaign", args=[scene.campaign.code])))

    assert "整治“挖矿”专项行动" in page
    assert "2 家中的 2 家" in page or "2 家" in page
    assert "审核中" in page
    assert "未签收" in page
    assert "催报 1 家" in page
    assert "还剩 2 个工作日" in page


def test_a_cell_opens_the_units_behind_it(client: Client, cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    place = reverse("units:campaign", args=[scene.campaign.code])

    page = text_of(as_user(client, cast.campaign_officer).get(place, {"stage": "self_inspection", "state": "issued"}))

    assert "乙单位" in page
    assert "甲单位" not in page
    assert "清单页" in page
    listed = client.get(reverse("units:self-inspections"), {"campaign": scene.campaign.code, "group": "issued"})
    assert "乙单位" in text_of(listed)
    assert "甲单位" not in text_of(listed)


def test_after_the_due_day_the_unit_is_late(client: Client, cast: Cast, scene: Scene, settings: Any) -> None:
    settings.CASEWORK_NOW = "2021-11-03"

    page = text_of(as_user(client, cast.campaign_officer).get(reverse("units:campaign", args=[scene.campaign.code])))

    assert "逾期" in page
    assert "0/14" in page


def test_stages_keep_their_own_words(cast: Cast, scene: Scene) -> None:
    user, today = cast.campaign_officer, date(2021, 10, 27)
    duty = order_rectification(
        scene.bystander.campaign_unit, title="a", measures="b", due_on=date(2021, 11, 8), actor=user, at=NOON
    )

    rows = {row.campaign_unit.unit.name: row.cells for row in matrix(scene.campaign, user, today).rows}

    assert [cell.word for cell in rows["甲单位"]] == ["缺地址", "未签收", "未列入", "未到"]
    assert rows["乙单位"][3].word == "整改中"
    assert rows["乙单位"][3].number == "1"
    del duty


def test_an_app_above_supplies_a_stage_for_the_reader(cast: Cast, scene: Scene) -> None:
    seen: list[User] = []

    def states(units: Any, user: User) -> dict[int, CellState]:
        seen.append(user)
        return {units[0].pk: CellState("checking", "核查中", "blue", "progress", "3")}

    before = dict(_registered)
    register_stage_state("key_supervision", states)
    try:
        rows = matrix(scene.campaign, cast.campaign_officer, date(2021, 10, 27)).rows
    finally:
        _registered.clear()
        _registered.update(before)

    assert [row.cells[2].word for row in rows] == ["核查中", "未列入"]
    assert seen == [cast.campaign_officer]


def many(cast: Cast, count: int) -> Campaign:
    campaign = a_campaign(cast.campaign_officer)
    units = [a_unit() for _ in range(count)]
    for unit in units:
        a_leader(unit)
    add_units(campaign, units, actor=cast.campaign_officer, at=ISSUED)
    issue_self_inspections(stage_of(campaign), due_on=date(2021, 10, 29), actor=cast.campaign_officer, at=ISSUED)
    return campaign


@pytest.fixture
def own_stages() -> Iterator[None]:
    """Leave out what apps above say of a stage: their queries are theirs to count."""
    before = dict(_registered)
    _registered.clear()
    yield
    _registered.update(before)


@pytest.mark.parametrize("count", [1, 4])
def test_the_matrix_costs_nine_queries_whatever_its_size(cast: Cast, own_stages: None, count: int) -> None:
    campaign = many(cast, count)
    user = User.objects.get(pk=cast.campaign_officer.pk)
    assert user.roles

    with CaptureQueriesContext(connection) as queries:
        table = matrix(campaign, user, date(2021, 10, 27))

    assert len(table.rows) == count
    assert len(queries) == 9


@pytest.mark.parametrize("day", [date(2021, 10, 27), date(2021, 10, 30), date(2021, 11, 20), date(2021, 6, 1)])
def test_the_database_counts_the_matrix_as_the_cells_say(cast: Cast, scene: Scene, day: date) -> None:
    leader, officer = cast.unit_leader, User.objects.get(pk=cast.campaign_officer.pk)
    add_units(scene.campaign, [a_unit("丙单位")], actor=officer, at=ISSUED)
    submitted(scene.inspection, leader, at=NOON, found="passive", computers=1)
    order_rectification(
        campaign_unit_of(scene.bystander), title="加固", measures="改口令", due_on=date(2021, 11, 10),
        actor=officer, at=NOON,
    )  # fmt: skip
    whole = matrix(scene.campaign, officer, day)
    page = matrix_page(scene.campaign, officer, day)
    assert page.rows == whole.rows
    assert page.shares == whole.shares
    assert (page.total, page.count) == (3, 3)
    for place, stage in enumerate(whole.stages):
        keys = {row.cells[place].key for row in whole.rows}
        for key in keys:
            found = matrix_page(scene.campaign, officer, day, stage_code=stage.code, keys=[key])
            expected = {row.campaign_unit.pk for row in whole.rows if row.cells[place].key == key}
            assert {row.campaign_unit.pk for row in found.rows} == expected
            assert found.count == len(expected)
        unfinished = matrix_page(scene.campaign, officer, day, stage_code=stage.code, keys=["unfinished"], size=1)
        waiting = [row for row in whole.rows if row.cells[place].key not in FINISHED]
        assert unfinished.count == len(waiting)
        assert len(unfinished.rows) == min(len(waiting), 1)


@pytest.mark.parametrize("page", ["campaign", "cell", "list"])
def test_a_page_costs_the_same_queries_whatever_its_size(client: Client, cast: Cast, page: str) -> None:
    as_user(client, cast.campaign_officer)
    costs = []
    for count in (1, 4):
        campaign = many(cast, count)
        place = {
            "campaign": reverse("units:campaign", args=[campaign.code]),
            "cell": reverse("units:campaign", args=[campaign.code]) + "?stage=self_inspection&state=issued",
            "list": reverse("units:self-inspections") + f"?campaign={campaign.code}",
        }[page]
        client.get(place)
        with CaptureQueriesContext(connection) as queries:
            client.get(place)
        costs.append(len(queries))

    assert costs[0] == costs[1]
    assert costs[0] < 50


def test_sums_that_do_not_add_up_stand_side_by_side(client: Client, cast: Cast) -> None:
    campaign = many(cast, 4)
    first, second, _third, _fourth = CampaignUnit.objects.filter(campaign=campaign).order_by("pk")
    for row, outcome in ((first, "active"), (second, "passive")):
        set_outcome(row, outcome, basis_ref="lead:1", actor=cast.campaign_officer, at=NOON)

    (found,) = contradictions(campaign, cast.campaign_officer, "/u/")
    page = text_of(as_user(client, cast.campaign_officer).get(reverse("units:campaign", args=[campaign.code])))
    listed = client.get(reverse("units:campaign-units", args=[campaign.code]), {"outcome": "none"})

    assert found.sum == "4 ≠ 1 ＋ 1"
    assert "主动 1 家、被动 1 家，尚有 2 家未说明去向" in found.text
    assert found.list == "/u/?outcome=none"
    assert "4 ≠ 1 ＋ 1" in page
    assert listed.context["count"] == 2


def test_progress_counts_first_submissions_only(cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=moment("2021-10-20 10:00"))

    figures = progress(scene.stage, moment("2021-10-27 10:00"))
    earlier = progress(scene.stage, moment("2021-10-19 10:00"))

    assert (figures.done, figures.total) == (1, 2)
    assert figures.days[0] == date(2021, 10, 11)
    assert figures.due_on == date(2021, 10, 29)
    assert figures.counts[figures.days.index(date(2021, 10, 19))] == 0
    assert figures.counts[figures.days.index(date(2021, 10, 20))] == 1
    assert earlier.done == 0


def test_urging_is_owed_once_a_day(client: Client, cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    place = reverse("units:campaign-urge", args=[scene.campaign.code])

    first = as_user(client, cast.campaign_officer).post(place, {"stage": "self_inspection"}, follow=True)
    again = client.post(place, {"stage": "self_inspection"}, follow=True)

    assert "已催报 1 家。" in text_of(first)
    assert "今天都已催过，没有再发。" in text_of(again)
    urged = Notice.objects.filter(kind="selfinspection.urged")
    assert [notice.recipient for notice in urged] == [cast.other_leader]


def test_a_new_campaign_is_opened_by_form_with_everything_kept(client: Client, cast: Cast) -> None:
    data = {"name": "另一专项行动", "public_name": "网络安全自查", "code": "another", "contact": "0571"}
    for code, start, due in (
        ("preparation", "2021-7-1", "2021年9月5日"),
        ("self_inspection", "2021-9-10", "2021-10-29"),
        ("key_supervision", "2021-9-6", "2021-11-30"),
        ("institution", "2021-11-1", "2021-10-1"),
    ):
        data |= {f"{code}_from": start, f"{code}_due": due}
    place = reverse("units:campaign-new")

    wrong = as_user(client, cast.campaign_officer).post(place, data)
    right = client.post(place, {**data, "institution_due": "2021-12-31"})

    assert wrong.status_code == 400
    assert "阶段“建章立制”的截止日早于开始日。可以改截止日。" in text_of(wrong)
    assert 'value="另一专项行动"' in text_of(wrong)
    assert right.status_code == 302
    made = Campaign.objects.get(code="another")
    assert [stage.order for stage in made.stages.all()] == [1, 2, 3, 4]


def test_units_are_taken_in_from_the_register(client: Client, cast: Cast, scene: Scene) -> None:
    unit = a_unit("丙单位")
    place = reverse("units:campaign-choose", args=[scene.campaign.code])

    page = text_of(as_user(client, cast.campaign_officer).get(place))
    client.post(place, {"bulk": "take", "pk": [unit.pk], "confirmed": "1"})

    assert "丙单位" in page
    assert "甲单位" not in page
    assert CampaignUnit.objects.filter(campaign=scene.campaign, unit=unit).exists()


def test_issuing_by_form_names_the_units_that_are_not_ready(client: Client, cast: Cast, scene: Scene) -> None:
    unit = a_unit("丙单位")
    add_units(scene.campaign, [unit], actor=cast.campaign_officer, at=NOON)
    place = reverse("units:campaign-issue", args=[scene.campaign.code])

    refused = as_user(client, cast.campaign_officer).post(place, {"due_on": "2021-11-20"})
    a_leader(unit)
    done = client.post(place, {"due_on": "2021-11-20"})

    assert refused.status_code == 409
    assert "丙单位 没有能登录的负责人" in text_of(refused)
    assert done.status_code == 302
    # 20 November 2021 is a Saturday: the due day rolls to the next working day.
    assert SelfInspection.objects.get(unit=unit).due_on == date(2021, 11, 22)


def test_a_report_is_reviewed_step_by_step(client: Client, cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    pk = scene.inspection.pk
    page = reverse("units:self-inspection", args=[pk])

    def step(name: str, **data: str) -> Any:
        return client.post(reverse("units:self-inspection-step", args=[pk, name]), data)

    before = text_of(as_user(client, cast.campaign_officer).get(page))
    step("start_review")
    step("verify")
    refused = step("accept")
    as_user(client, cast.approver)
    step("accept")

    assert "开始审核" in before
    assert refused.status_code == 409
    assert "核验的人不能同时决定通过" in text_of(refused)
    scene.inspection.refresh_from_db()
    assert scene.inspection.state == "accepted"
    scene.bystander.refresh_from_db()
    assert scene.bystander.state == "issued"


def test_returning_needs_a_remark_and_says_where(client: Client, cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    start_review(scene.inspection, actor=cast.campaign_officer, at=NOON)
    place = reverse("units:self-inspection-return", args=[scene.inspection.pk])

    empty = as_user(client, cast.campaign_officer).post(place, {})
    done = client.post(place, {"q_rooms": "写明检查的人。"})

    assert empty.status_code == 400
    assert "没有写意见" in text_of(empty)
    assert done.status_code == 302
    scene.inspection.refresh_from_db()
    assert scene.inspection.state == "returned"
    assert scene.inspection.remarks.get().code == "rooms"


def test_a_draw_and_its_result_are_entered_by_form(client: Client, cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    start_review(scene.inspection, actor=cast.campaign_officer, at=NOON)
    place = reverse("units:campaign-draw", args=[scene.campaign.code])

    too_many = as_user(client, cast.campaign_officer).post(place, {"size": "5"})
    client.post(place, {"size": "1", "seed": "abc"})
    check = SpotCheck.objects.get()
    page = text_of(client.get(place))
    client.post(
        reverse("units:spot-check", args=[scene.inspection.pk, check.pk]), {"result": "false_report", "note": "漏报"}
    )

    assert too_many.status_code == 400
    assert "审核中的报告有 1 份" in text_of(too_many)
    assert "abc" in page
    scene.inspection.refresh_from_db()
    assert scene.inspection.false_report


def test_what_an_outcome_rests_on_is_chosen_by_name_or_written(client: Client, cast: Cast, scene: Scene) -> None:
    row = campaign_unit_of(scene.inspection)
    place = reverse("units:campaign-unit", args=[scene.campaign.code, row.pk])
    page = as_user(client, cast.campaign_officer).get(place)
    assert f'<option value="{scene.inspection.ref}" selected>{scene.inspection}</option>' in text_of(page)

    foreign = client.post(place, {"outcome": "active", "basis_ref": scene.bystander.ref})
    neither = client.post(place, {"outcome": "active", "basis_ref": "other", "basis": ""})
    written = client.post(place, {"outcome": "active", "basis_ref": "other", "basis": "通管局 51 号函"})

    assert (foreign.status_code, neither.status_code, written.status_code) == (400, 400, 302)
    assert "写明依据的记录。" in text_of(neither)
    assert "通管局 51 号函" in text_of(client.get(place))
    row.refresh_from_db()
    assert (row.outcome, row.outcome_basis) == ("active", "通管局 51 号函")
    assert campaign_unit_of(scene.bystander).outcome == ""


def test_an_outcome_is_set_from_the_report(client: Client, cast: Cast, scene: Scene) -> None:
    row = scene.inspection.campaign_unit
    place = reverse("units:campaign-unit", args=[scene.campaign.code, row.pk])
    data = {"outcome": "passive", "basis_ref": scene.inspection.ref, "back": str(scene.inspection.pk)}

    response = as_user(client, cast.campaign_officer).post(place, data)
    changed = client.post(place, {**data, "outcome": "active"})

    assert response["Location"] == reverse("units:self-inspection", args=[scene.inspection.pk])
    assert changed.status_code == 400
    assert "写明为什么改。" in text_of(changed)
    assert campaign_unit_of(scene.inspection).outcome == "passive"
    assert campaign_unit_of(scene.bystander).outcome == ""


def test_rectification_is_ordered_and_closed_by_form(client: Client, cast: Cast, scene: Scene) -> None:
    row = scene.inspection.campaign_unit
    order = reverse("units:campaign-order", args=[scene.campaign.code, row.pk])

    made = as_user(client, cast.campaign_officer).post(
        order, {"title": "加固口令", "measures": "改掉弱口令", "due_on": "2021-11-8"}
    )
    early = client.post(made["Location"], {"act": "close", "checked": "复测无异常"})

    assert made.status_code == 302
    assert early.status_code == 400
    assert "单位还没有报整改结果" in text_of(early)


def test_a_spot_check_is_shown_to_the_office(client: Client, cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    start_review(scene.inspection, actor=cast.campaign_officer, at=NOON)
    start_spot_check(scene.inspection, actor=cast.campaign_officer, at=NOON)

    page = text_of(
        as_user(client, cast.campaign_officer).get(reverse("units:self-inspection", args=[scene.inspection.pk]))
    )

    assert "重点抽查" in page
    assert "登记抽查结果" in page
    assert "抽查结果还没有登记" in page


def test_a_blocked_act_lists_what_is_missing(client: Client, cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON, found="active", computers=1)
    start_review(scene.inspection, actor=cast.campaign_officer, at=NOON)
    verify_report(scene.inspection, actor=cast.campaign_officer, at=NOON)

    page = text_of(as_user(client, cast.approver).get(reverse("units:self-inspection", args=[scene.inspection.pk])))

    assert "上报了 1 台设备、1 个地址的问题，先下发整改" in page
    assert "还没有结论：主动、被动、科研或排除" in page
    assert 'aria-disabled="true"' in page


def test_bulk_acceptance_leaves_what_is_not_ready(client: Client, cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    start_review(scene.inspection, actor=cast.campaign_officer, at=NOON)
    verify_report(scene.inspection, actor=cast.campaign_officer, at=NOON)
    chosen = [scene.inspection.pk, scene.bystander.pk]
    place = reverse("units:self-inspections")

    response = as_user(client, cast.approver).post(
        place, {"bulk": "accept", "pk": chosen, "confirmed": "1"}, follow=True
    )

    assert "已通过 1 份报告。另有 1 份现在不能办，打开后看缺什么。" in text_of(response)
    states = dict(SelfInspection.objects.values_list("pk", "state"))
    assert states == {scene.inspection.pk: "accepted", scene.bystander.pk: "issued"}
