"""What goes wrong at the units' side: a clear sentence with the remedy, and nothing that was typed is lost."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from casework.core.errors import Invalid, NotReady, Refused
from casework.deadlines.models import Deadline
from casework.deadlines.services import extend_deadline
from tests.build import moment
from tests.build_campaigns import (
    DUE,
    ISSUED,
    OPENED,
    Scene,
    a_campaign,
    a_scene,
    campaign_unit_of,
    fill,
    stage_of,
    submitted,
)
from tests.build_units import a_block, a_list, a_sighting
from tests.cast import Cast
from units.enums_campaign import RectificationState
from units.models import Answer, Attachment, Unit, UnitLeader
from units.selectors.false_reports import false_reports
from units.services.campaigns import add_units
from units.services.issuing import issue_self_inspections
from units.services.rectification import close_rectification, order_rectification, report_rectification
from units.services.rectification_checks import missing_for_close, record_check
from units.services.reviews import (
    draw_spot_checks,
    record_spot_check,
    start_review,
    withdraw_report,
)
from units.services.self_inspections import acknowledge, save_answer

pytestmark = pytest.mark.django_db

NOON = moment("2021-10-26 12:00")


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return a_scene(cast)


@pytest.fixture
def leading(client: Client, cast: Cast, scene: Scene, settings: Any) -> Client:
    settings.CASEWORK_NOW = "2021-10-26T12:00:00+08:00"
    client.force_login(cast.unit_leader)
    return client


def _question(scene: Scene, code: str = "rooms") -> str:
    return reverse("units:portal-question", args=[scene.inspection.pk, code])


def test_a_former_leader_keeps_his_words_and_learns_nothing_new(leading: Client, cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    UnitLeader.objects.filter(unit=scene.unit).update(until=date(2021, 10, 25))
    page = leading.post(_question(scene), {"value": "三楼机房，由甲检查。", "version": "0"})
    text = page.content.decode()
    assert page.status_code == 403
    assert "担任甲单位负责人到2021年10月25日为止" in text
    assert "三楼机房，由甲检查。" in text
    assert not Answer.objects.exists()
    # Reading stays closed, another unit's report too, and so does one that was issued after his time.
    assert leading.get(_question(scene)).status_code == 404
    other = reverse("units:portal-question", args=[scene.bystander.pk, "rooms"])
    assert leading.post(other, {"value": "x"}).status_code == 404
    UnitLeader.objects.filter(unit=scene.unit, user=cast.unit_leader).update(until=date(2021, 10, 10))
    assert leading.post(_question(scene), {"value": "x"}).status_code == 404


@pytest.mark.parametrize("place", ["sign", "rooms/rows/new", "terminals/rows/new", "terminals/rows/import"])
def test_a_former_leader_is_told_wherever_he_sends(leading: Client, scene: Scene, place: str) -> None:
    UnitLeader.objects.filter(unit=scene.unit).update(until=date(2021, 10, 25))
    page = leading.post(f"/portal/self-inspections/{scene.inspection.pk}/{place}/", {"pasted": "资产编号"})
    assert page.status_code == 403
    assert "没有保存" in page.content.decode()


def test_a_closed_unit_is_told_where_to_report(leading: Client, cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    save_answer(scene.inspection, "rooms", "旧答案", actor=cast.unit_leader, at=NOON)
    Unit.objects.filter(pk=scene.unit.pk).update(
        state="merged", closed_on=date(2021, 10, 20), merged_into=scene.other_unit
    )
    page = leading.post(_question(scene), {"value": "新答案", "version": "1"})
    text = page.content.decode()
    assert page.status_code == 409
    assert "由并入后的单位上报" in text
    assert "新答案" in text
    assert Answer.objects.get().value == "旧答案"
    withdraw_report(scene.inspection, actor=cast.campaign_officer, at=NOON, reason="单位已并入乙单位")
    assert not Deadline.objects.live().filter(ref=scene.inspection.ref).exists()
    assert Deadline.objects.live().filter(ref=scene.bystander.ref).exists()
    assert "已撤回" in leading.get("/portal/").content.decode()


def test_after_the_deadline_a_report_is_taken_and_marked(
    leading: Client, cast: Cast, scene: Scene, settings: Any
) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON)
    settings.CASEWORK_NOW = "2021-11-03T09:00:00+08:00"
    place = reverse("units:portal-sign", args=[scene.inspection.pk])
    assert "逾期 3 个工作日" in leading.get(place).content.decode()
    assert leading.post(place, {"signed_name": cast.unit_leader.name}).status_code == 302
    scene.inspection.refresh_from_db()
    assert scene.inspection.late
    page = leading.post(place, {"signed_name": cast.unit_leader.name})
    assert page.status_code == 409
    assert "这份报告已经上报" in page.content.decode()


def test_sealed_more_than_found_is_kept_and_named(leading: Client, cast: Cast, scene: Scene) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON, values={"found": 0, "computers_sealed": 2})
    page = leading.get(reverse("units:portal-sign", args=[scene.inspection.pk])).content.decode()
    assert "封存 2 台（第 6、7 题），多于发现的 0 台。可以改发现台数或封存台数。" in page
    assert 'aria-disabled="true"' in page
    assert Answer.objects.get(code="computers_sealed").value == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "没有选文件，或上传中断"),
        ({"file": b""}, "是空的，可能没有传完"),
    ],
)
def test_an_attachment_that_breaks_off_leaves_nothing(
    leading: Client, cast: Cast, scene: Scene, given: dict[str, bytes], words: str
) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    files = {name: SimpleUploadedFile("值守.pdf", content) for name, content in given.items()}
    page = leading.post(_question(scene, "watch") + "files/", files)
    assert page.status_code == 400
    assert words in page.content.decode()
    assert not Attachment.objects.exists()


def test_an_extension_moves_the_day_in_every_list(client: Client, cast: Cast, scene: Scene, settings: Any) -> None:
    settings.CASEWORK_NOW = "2021-10-26T12:00:00+08:00"
    clock = Deadline.objects.get(ref=scene.inspection.ref)
    client.force_login(cast.campaign_officer)
    page = client.get(f"/self-inspections/{scene.inspection.pk}/").content.decode()
    assert reverse("deadlines:act", args=[clock.pk, "extend"]) in page
    extend_deadline(clock, 7, "day", approver="领导小组", actor=cast.campaign_officer, at=NOON, reason="停电检修")
    scene.inspection.refresh_from_db()
    scene.bystander.refresh_from_db()
    assert (scene.inspection.due_on, scene.bystander.due_on) == (date(2021, 11, 5), date(2021, 10, 29))
    with pytest.raises(Refused, match=r"已于.*到期"):
        extend_deadline(
            Deadline.objects.get(ref=scene.bystander.ref), 7, "day", approver="领导小组",
            actor=cast.campaign_officer, at=moment("2021-11-02 09:00"), reason="太晚",
        )  # fmt: skip


def _duty(cast: Cast, scene: Scene) -> Any:
    duty = order_rectification(
        campaign_unit_of(scene.inspection), title="加固口令", measures="改口令", due_on=date(2021, 11, 20),
        actor=cast.campaign_officer, at=NOON,
    )  # fmt: skip
    return report_rectification(duty, done="已改", actor=cast.unit_leader, at=NOON)


def test_a_re_scan_that_hits_keeps_a_duty_open(cast: Cast, scene: Scene) -> None:
    officer, duty, later = cast.campaign_officer, _duty(cast, scene), moment("2021-10-28 09:00")
    given: dict[str, Any] = {"kind": "rescan", "note": "复测一周流量", "actor": officer, "at": later}
    with pytest.raises(Invalid, match="早于单位报结果之日"):
        record_check(duty, result="clean", checked_on=date(2021, 10, 25), **given)
    record_check(duty, result="hit", checked_on=date(2021, 10, 28), **given)
    with pytest.raises(NotReady) as refused:
        close_rectification(duty, checked="没问题", actor=officer, at=later)
    assert "发现问题仍在" in refused.value.missing[0].text
    record_check(duty, result="clean", checked_on=date(2021, 10, 28), **given)
    closed = close_rectification(duty, actor=officer, at=later)
    assert (closed.state, closed.checked) == (RectificationState.CLOSED, "复测一周流量")


def test_what_the_monitor_saw_since_keeps_a_duty_open(cast: Cast, scene: Scene) -> None:
    officer, duty = cast.campaign_officer, _duty(cast, scene)
    seen = a_list(scene.campaign.compartment)
    own, others = a_block(scene.unit, "198.51.100.7/32"), a_block(scene.other_unit, "198.51.100.8/32")
    a_sighting(seen, "198.51.100.7", at="2021-10-25 22:00", block=own)
    a_sighting(seen, "198.51.100.8", at="2021-10-27 22:00", block=others)
    assert close_missing(duty, officer) == []
    a_sighting(seen, "198.51.100.7", at="2021-10-27 22:00", block=own)
    assert "监测又见到 198.51.100.7 1 次" in close_missing(duty, officer)[0]


def close_missing(duty: Any, officer: Any) -> list[str]:
    return [str(one.text) for one in missing_for_close(duty, officer, "复测")]


def test_a_false_report_weighs_in_the_next_draw(client: Client, cast: Cast, scene: Scene) -> None:
    officer = cast.campaign_officer
    for inspection, leader in ((scene.inspection, cast.unit_leader), (scene.bystander, cast.other_leader)):
        submitted(inspection, leader, at=NOON)
        start_review(inspection, actor=officer, at=NOON)
    first = draw_spot_checks(scene.stage, 1, seed="a", actor=officer, at=NOON)
    check = first.checks.get()
    record_spot_check(check, "false_report", note="漏报两台", actor=officer, at=NOON)
    unit = check.inspection.unit
    assert [one.pk for one in false_reports(unit.pk, officer)] == [check.inspection_id]

    again = a_campaign(officer, *cast.members())
    add_units(again, [scene.unit, scene.other_unit], actor=officer, at=OPENED)
    rows = issue_self_inspections(stage_of(again), due_on=DUE, actor=officer, at=ISSUED)
    people = {scene.unit.pk: cast.unit_leader, scene.other_unit.pk: cast.other_leader}
    for row in rows:
        submitted(row, people[row.unit_id], at=NOON)
        start_review(row, actor=officer, at=NOON)
    draw = draw_spot_checks(stage_of(again), 1, seed="b", again=True, actor=officer, at=NOON)
    marked = next(row for row in rows if row.unit_id == unit.pk)
    assert draw.always == [marked.pk]
    assert {one.inspection_id for one in draw.checks.all()} == {row.pk for row in rows}
    client.force_login(officer)
    page = client.get(f"/campaigns/{again.code}/units/{marked.campaign_unit_id}/").content.decode()
    assert "以前上报不实" in page
    assert "上报不实" in client.get(f"/units/{unit.pk}/").content.decode()
    client.force_login(people[unit.pk])
    assert "上报不实" not in client.get("/portal/").content.decode()


def test_an_auditor_writes_nothing_in_campaigns(client: Client, cast: Cast, scene: Scene) -> None:
    officer = cast.campaign_officer
    duty = _duty(cast, scene)
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    start_review(scene.inspection, actor=officer, at=NOON)
    unit, code, pk = campaign_unit_of(scene.inspection), scene.campaign.code, scene.inspection.pk
    client.force_login(cast.auditor)
    for place, data in {
        "/campaigns/new/": {"name": "x"},
        "/campaigns/templates/new/": {"name": "x"},
        f"/campaigns/{code}/urge/": {"stage": "self_inspection"},
        f"/campaigns/{code}/issue/": {"due_on": "2035-1-1"},
        f"/campaigns/{code}/draw/": {"size": "1"},
        f"/campaigns/{code}/units/choose/": {"action": "take", "ids": str(unit.unit_id)},
        f"/campaigns/{code}/units/{unit.pk}/": {"outcome": "active", "basis_ref": "x"},
        f"/campaigns/{code}/units/{unit.pk}/rectify/": {"title": "x"},
        f"/self-inspections/{pk}/return/": {"q_rooms": "x"},
        f"/self-inspections/{pk}/steps/verify/": {"reason": "x"},
        f"/self-inspections/{pk}/steps/withdraw/": {"reason": "x"},
        f"/campaigns/rectifications/{duty.pk}/": {"act": "close", "checked": "x"},
        f"/campaigns/rectifications/{duty.pk}/checks/": {"kind": "rescan"},
    }.items():
        assert client.post(place, data).status_code in {403, 404}, place
    scene.inspection.refresh_from_db()
    assert (scene.inspection.state, unit.outcome) == ("under_review", "")
