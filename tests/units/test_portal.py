"""The unit's portal: what a leader sees, fills in and sends."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from casework.accounts.models import User
from tests.build import moment
from tests.build_campaigns import (
    ZERO,
    Scene,
    a_scene,
    a_terminal,
    fill,
    submitted,
)
from tests.cast import Cast
from units.models import Answer, Attachment, Report, Terminal
from units.questionnaire import SHEETS, V1
from units.services.rectification import order_rectification
from units.services.reviews import return_report, start_review, start_spot_check
from units.services.self_inspections import acknowledge, add_rows, save_answer

TODAY = "2021-10-27"
NOON = moment("2021-10-26 12:00")


@pytest.fixture(autouse=True)
def _demo_day(settings: Any) -> None:
    settings.CASEWORK_NOW = TODAY


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return a_scene(cast)


def as_user(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def url(name: str, *args: Any) -> str:
    return reverse(f"units:portal-{name}", args=args)


def text_of(response: Any) -> str:
    return response.content.decode()


def test_home_shows_the_duty_with_its_deadline_in_words(client: Client, cast: Cast, scene: Scene) -> None:
    response = as_user(client, cast.unit_leader).get(reverse("units:portal"))

    page = text_of(response)
    assert response.status_code == 200
    assert "还剩 2 个工作日" in page
    assert "0/14" in page
    assert "签收" in page
    assert "甲单位" in page
    assert "乙单位" not in page


def test_signing_for_opens_the_questions(client: Client, cast: Cast, scene: Scene) -> None:
    response = as_user(client, cast.unit_leader).post(url("acknowledge", scene.inspection.pk), follow=True)

    assert response.status_code == 200
    assert "开始填报" in text_of(response)
    scene.inspection.refresh_from_db()
    assert scene.inspection.acknowledged_by == cast.unit_leader
    scene.bystander.refresh_from_db()
    assert scene.bystander.acknowledged_at is None


@pytest.mark.parametrize("question", V1.questions, ids=lambda question: question.code)
def test_every_question_has_its_page(client: Client, cast: Cast, scene: Scene, question: Any) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)

    response = as_user(client, cast.unit_leader).get(url("question", scene.inspection.pk, question.code))

    assert response.status_code == 200
    assert str(question.ask) in text_of(response)


def test_an_answer_is_saved_and_the_next_open_question_follows(client: Client, cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    asked = url("question", scene.inspection.pk, "rooms")

    response = as_user(client, cast.unit_leader).post(asked, {"value": "一楼机房", "version": "0", "go": "next"})

    assert response.status_code == 302
    assert response["Location"] == url("question", scene.inspection.pk, "found")
    assert Answer.objects.get(inspection=scene.inspection).value == "一楼机房"
    assert not Answer.objects.filter(inspection=scene.bystander).exists()


def test_going_on_without_an_answer_is_allowed(client: Client, cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)

    response = as_user(client, cast.unit_leader).post(
        url("question", scene.inspection.pk, "unit_profile"), {"value": "", "version": "0", "go": "next"}
    )

    assert response["Location"] == url("question", scene.inspection.pk, "addresses")
    assert not Answer.objects.exists()


def test_a_wrong_number_stays_on_the_page_with_what_would_be_right(client: Client, cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)

    response = as_user(client, cast.unit_leader).post(
        url("question", scene.inspection.pk, "terminals"), {"value": "十二", "version": "0", "go": "next"}
    )

    page = text_of(response)
    assert response.status_code == 400
    assert "“十二”不是整数。填 0 或正整数，例如 12。" in page
    assert 'value="十二"' in page


def test_a_number_unlike_its_sheet_is_offered_the_right_one(client: Client, cast: Cast, scene: Scene) -> None:
    leader = cast.unit_leader
    acknowledge(scene.inspection, actor=leader, at=NOON)
    add_rows(scene.inspection, "terminals", [a_terminal(1), a_terminal(2)], actor=leader, at=NOON)
    asked = url("question", scene.inspection.pk, "terminals")

    answer = as_user(client, leader).post(asked, {"value": "3", "version": "0"}, headers={"HX-Request": "true"})
    fixed = client.post(asked, {"fix": "2", "value": "3", "version": "1"})

    assert answer.status_code == 200
    assert "填了 3 台，清单有 2 行。可以加 1 行，或改成 2。" in text_of(answer)
    assert "改成 2" in text_of(answer)
    assert fixed.status_code == 302
    assert Answer.objects.get(inspection=scene.inspection).value == 2


def test_two_people_at_once_lose_nothing(client: Client, cast: Cast, scene: Scene) -> None:
    leader = cast.unit_leader
    acknowledge(scene.inspection, actor=leader, at=NOON)
    asked = url("question", scene.inspection.pk, "rooms")
    save_answer(scene.inspection, "rooms", "一楼机房", version=0, actor=leader, at=NOON)

    response = as_user(client, leader).post(asked, {"value": "二楼机房", "version": "0"})

    page = text_of(response)
    assert response.status_code == 412
    assert "用他的" in page
    assert "用我的" in page
    assert "一楼机房" in page
    assert "二楼机房" in page
    assert Answer.objects.get().value == "一楼机房"
    client.post(asked, {"fix": "二楼机房", "version": "1"})
    assert Answer.objects.get().value == "二楼机房"


def test_rows_are_added_changed_and_taken_out(client: Client, cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    add_rows(scene.inspection, "terminals", [a_terminal(8)], actor=cast.unit_leader, at=NOON)
    pk = scene.inspection.pk
    new = url("row-new", pk, "terminals")

    as_user(client, cast.unit_leader).post(new, a_terminal(9))
    row = Terminal.objects.get(asset_number="ZC-0009")
    edit = url("row", pk, "terminals", row.pk)
    changed = client.post(edit, {**a_terminal(9), "place": "教务处", "version": "1"})
    twice = client.post(new, a_terminal(8))

    row.refresh_from_db()
    assert changed.status_code == 302
    assert row.place == "教务处"
    assert twice.status_code == 400
    assert "资产编号 ZC-0008 在清单里已有一行。可以改那一行。" in text_of(twice)
    client.post(url("row-drop", pk, "terminals", row.pk))
    assert list(Terminal.objects.values_list("asset_number", flat=True)) == ["ZC-0008"]


def test_a_row_changed_by_another_is_not_overwritten(client: Client, cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    (row,) = add_rows(scene.inspection, "terminals", [a_terminal(8)], actor=cast.unit_leader, at=NOON)
    edit = url("row", scene.inspection.pk, "terminals", row.pk)

    as_user(client, cast.unit_leader).post(edit, {**a_terminal(8), "place": "教务处", "version": "1"})
    late = client.post(edit, {**a_terminal(8), "place": "图书馆", "version": "1"})

    page = text_of(late)
    assert late.status_code == 400
    assert "教务处" in page
    assert "图书馆" in page
    assert Terminal.objects.get().place == "教务处"


def test_a_spreadsheet_is_taken_with_its_errors_named(client: Client, cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    lines = [
        "终端清单,,,,",
        "资产编号,类型,放在哪里,IP地址,自查情况,谁填的",
        "ZC-1,台式机,206,10.0.0.7,未发现,甲",
        "ZC-2,电视机,206,,未发现,甲",
        "ZC-3,台式机,,300.1.1.1,未发现,甲",
        "ZC-1,台式机,206,10.0.0.7,未发现,甲",
    ]
    file = SimpleUploadedFile("terminals.csv", "\n".join(lines).encode("gb18030"))
    place = url("rows-import", scene.inspection.pk, "terminals")

    response = as_user(client, cast.unit_leader).post(place, {"file": file})

    page = text_of(response)
    assert response.status_code == 200
    assert "导入了 1 行" in page
    assert "“电视机”不在可选的范围内" in page
    assert "“放在哪里”还空着。" in page
    assert "“300.1.1.1”不是 IP 地址" in page
    assert "谁填的" in page
    assert list(Terminal.objects.values_list("asset_number", "inspection")) == [("ZC-1", scene.inspection.pk)]


def test_the_same_spreadsheet_again_changes_nothing(client: Client, cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    pasted = "资产编号\t类型\t放在哪里\t自查情况\nZC-1\tdesktop\t206\tnone\nZC-2\t服务器\t207\t科研教学\n"
    place = url("rows-import", scene.inspection.pk, "terminals")

    as_user(client, cast.unit_leader).post(place, {"pasted": pasted})
    again = client.post(place, {"pasted": pasted}, follow=True)

    assert "已导入 0 行，2 行原来就有。" in text_of(again)
    assert Terminal.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1,2\n", "缺少列"),
        ("资产编号,类型\nZC-1,台式机\n".encode(), "缺少列 放在哪里、自查情况"),
        (b"%PDF-1.7 nothing", "这是 PDF 文件"),
        (b"", "不能导入：文件是空的"),
    ],
)
def test_an_unusable_spreadsheet_writes_nothing(
    client: Client, cast: Cast, scene: Scene, content: bytes, words: str
) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    place = url("rows-import", scene.inspection.pk, "terminals")

    response = as_user(client, cast.unit_leader).post(place, {"file": SimpleUploadedFile("t.csv", content)})

    assert response.status_code == 400
    assert words in text_of(response)
    assert not Terminal.objects.exists()


@pytest.mark.parametrize("code", sorted(SHEETS))
def test_the_empty_table_of_a_sheet_is_one_that_the_import_reads(
    client: Client, cast: Cast, scene: Scene, code: str
) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    question = next(one for one in V1.questions if one.sheet == code)

    given = as_user(client, cast.unit_leader).get(url("rows-template", scene.inspection.pk, question.code))
    place = url("rows-import", scene.inspection.pk, question.code)
    response = client.post(place, {"file": SimpleUploadedFile("t.csv", given.content)})

    assert response.status_code == 302


def test_attachments_are_added_read_and_taken_out(client: Client, cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    pk = scene.inspection.pk
    as_user(client, cast.unit_leader)

    client.post(url("attach", pk, "watch"), {"file": SimpleUploadedFile("9月.txt", b"watch")})
    found = Attachment.objects.get()
    read = client.get(url("file", pk, found.pk))
    body = b"".join(read.streaming_content)
    nothing = client.post(url("attach", pk, "watch"), {})
    client.post(url("file-drop", pk, found.pk))

    assert body == b"watch"
    assert read["Content-Disposition"].startswith("attachment")
    assert nothing.status_code == 400
    assert "没有选文件，或上传中断" in text_of(nothing)
    found.refresh_from_db()
    assert found.removed_at is not None


def test_signing_lists_everything_that_is_missing(client: Client, cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    place = url("sign", scene.inspection.pk)

    page = text_of(as_user(client, cast.unit_leader).get(place))
    refused = client.post(place, {"signed_name": cast.unit_leader.name})

    assert "还差 14 题" in page
    assert 'aria-disabled="true"' in page
    for code in ("unit_profile", "addresses", "watch", "terminals"):
        assert url("question", scene.inspection.pk, code) in page
    assert refused.status_code == 409
    assert not Report.objects.exists()


def test_the_signature_must_be_the_leaders_name(client: Client, cast: Cast, scene: Scene) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON)

    response = as_user(client, cast.unit_leader).post(url("sign", scene.inspection.pk), {"signed_name": "别人"})

    assert response.status_code == 400
    assert f"请写登记的姓名“{cast.unit_leader.name}”" in text_of(response)
    assert not Report.objects.exists()


def test_a_signed_report_is_frozen_and_locked(client: Client, cast: Cast, scene: Scene) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON)

    response = as_user(client, cast.unit_leader).post(
        url("sign", scene.inspection.pk), {"signed_name": cast.unit_leader.name}, follow=True
    )
    locked = client.post(
        url("question", scene.inspection.pk, "rooms"), {"value": "改一改", "version": "1", "go": "next"}
    )

    report = Report.objects.get()
    assert response.status_code == 200
    assert "自查自纠报告 第 1 次" in text_of(response)
    assert report.sha256[:4] in text_of(response)
    assert not report.late
    assert locked.status_code == 409
    assert "改一改" in text_of(locked)
    assert "不能填报" in text_of(locked)
    assert Answer.objects.get(inspection=scene.inspection, code="rooms").value == ZERO["rooms"]
    # Going through the questions of a locked report saves nothing and refuses nothing.
    assert client.post(url("question", scene.inspection.pk, "rooms"), {"go": "next"}).status_code == 302


def test_a_return_stands_at_its_question_and_the_versions_compare(client: Client, cast: Cast, scene: Scene) -> None:
    leader, officer, pk = cast.unit_leader, cast.campaign_officer, scene.inspection.pk
    submitted(scene.inspection, leader, at=moment("2021-10-20 10:00"))
    start_review(scene.inspection, actor=officer, at=moment("2021-10-21 10:00"))
    remarks = {"rooms": "写明检查的人。"}
    return_report(scene.inspection, remarks, actor=officer, at=moment("2021-10-25 10:00"))

    home = text_of(as_user(client, leader).get(reverse("units:portal")))
    asked = url("question", pk, "rooms")
    question = text_of(client.get(asked))
    client.post(asked, {"value": "一楼机房，甲检查。", "version": "1", "go": "next"})
    client.post(url("sign", pk), {"signed_name": leader.name})
    versions = text_of(client.get(url("version", pk, 2)))

    assert "其中 1 题是退回后要改的" in home
    assert "接着填第 4 题" in home
    assert "写明检查的人。" in question
    assert "10月25日退回：" in question
    assert "<ins>" in versions or "ins" in versions
    assert "第 1 次和第 2 次的差别" in versions


def test_a_spot_check_looks_like_the_review(client: Client, cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    start_review(scene.inspection, actor=cast.campaign_officer, at=NOON)
    before = text_of(as_user(client, cast.unit_leader).get(url("report", scene.inspection.pk)))
    start_spot_check(scene.inspection, actor=cast.campaign_officer, at=NOON)

    after = text_of(client.get(url("report", scene.inspection.pk)))

    assert "审核中" in before
    assert "抽查" not in after
    assert "审核中" in after


def test_a_rectification_duty_is_reported_with_its_proof(client: Client, cast: Cast, scene: Scene) -> None:

    duty = order_rectification(
        scene.inspection.campaign_unit,
        title="加固口令",
        measures="改掉弱口令",
        due_on=date(2021, 11, 8),
        actor=cast.campaign_officer,
        at=NOON,
    )
    place = url("rectification", duty.pk)

    home = text_of(as_user(client, cast.unit_leader).get(reverse("units:portal")))
    blank = client.post(place, {"done": " "})
    response = client.post(place, {"done": "已改", "proof": SimpleUploadedFile("p.txt", b"ok")}, follow=True)

    duty.refresh_from_db()
    assert "加固口令" in home
    assert blank.status_code == 400
    assert "已报整改结果" in text_of(response)
    assert (duty.state, duty.done) == ("reported", "已改")
    assert b"".join(client.get(url("rectification-proof", duty.pk)).streaming_content) == b"ok"
