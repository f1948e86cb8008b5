"""Answering a self-inspection: what is missing, refused and kept, sheets, files, and who leads the unit."""

import json
from datetime import date

import pytest

from casework.accounts.enums import Role
from casework.core.errors import Invalid, NotAllowed, NotReady, Refused, Stale
from casework.files.services.blobs import store_blob
from casework.ledger.models import Entry
from tests.build import a_user, moment
from tests.build_campaigns import (
    Scene,
    a_device,
    a_scene,
    a_terminal,
    fill,
)
from tests.cast import Cast
from units.enums import UnitState
from units.enums_campaign import InspectionState as S
from units.models import (
    Answer,
    Report,
    Unit,
    UnitLeader,
)
from units.questionnaire import V1
from units.selectors.self_inspections import missing_answers
from units.services.self_inspections import (
    acknowledge,
    add_rows,
    attach,
    change_row,
    detach,
    remove_row,
    save_answer,
    save_answers,
    submit_report,
)

NOON = moment("2021-10-26 12:00")


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return a_scene(cast)


def test_everything_that_is_missing_is_listed_with_its_address(scene: Scene) -> None:
    missing = missing_answers(scene.inspection)

    assert len(missing) == V1.total + 1  # question 10 lacks answer and attachment
    assert all(item.url.startswith(f"/portal/self-inspections/{scene.inspection.pk}/") for item in missing)


def test_writing_before_signing_for_is_refused(cast: Cast, scene: Scene) -> None:
    with pytest.raises(Refused, match="还没有签收"):
        save_answer(scene.inspection, "rooms", "一楼", actor=cast.unit_leader, at=NOON)

    assert not Answer.objects.exists()


def test_the_first_answer_makes_it_a_draft_and_the_text_stays_out_of_the_entry(cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)

    save_answer(scene.inspection, "rooms", "一楼机房，甲某某", actor=cast.unit_leader, at=NOON)

    scene.inspection.refresh_from_db()
    entry = Entry.objects.filter(ref=scene.inspection.ref).order_by("-id").first()
    assert scene.inspection.state == S.DRAFTING
    assert scene.inspection.answered == 1
    assert entry is not None
    assert entry.kind == "selfinspection.answered"
    assert "甲某某" not in json.dumps(entry.payload, ensure_ascii=False)


@pytest.mark.parametrize(
    ("code", "value", "words"),
    [
        ("terminals", "-1", "“-1”不是整数"),
        ("terminals", "1.5", "“1.5”不是整数"),
        ("terminals", "99999999", "太大"),
        ("accounts", "maybe", "不在可选的范围内"),
        ("accounts", "", "还没有选"),
        ("logs", "昨天", "不是日期"),
        ("logs", "2021-2-30", "不是日期"),
        ("rooms", "  ", "没有就写“没有”"),
        ("rooms", "字" * 4001, "最多 4000 字"),
        ("addresses", "1", "这一题只填清单"),
        ("nothing", "1", "没有题目“nothing”"),
    ],
)
def test_a_wrong_answer_says_what_would_be_right(cast: Cast, scene: Scene, code: str, value: str, words: str) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)

    with pytest.raises(Invalid, match=words) as refused:
        save_answer(scene.inspection, code, value, actor=cast.unit_leader, at=NOON)

    assert code in refused.value.details
    assert not Answer.objects.exists()


def test_several_answers_are_saved_together_or_not_at_all(cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)

    with pytest.raises(Invalid, match="有 2 题要改") as refused:
        save_answers(
            scene.inspection, {"rooms": "一楼", "terminals": "x", "logs": "y"}, actor=cast.unit_leader, at=NOON
        )

    assert set(refused.value.details) == {"terminals", "logs"}
    assert not Answer.objects.exists()


def test_an_older_form_keeps_both_values(cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    save_answer(scene.inspection, "rooms", "一楼", version=0, actor=cast.unit_leader, at=NOON)

    with pytest.raises(Stale) as refused:
        save_answer(scene.inspection, "rooms", "二楼", version=0, actor=cast.unit_leader, at=NOON)
    same = save_answer(scene.inspection, "rooms", "一楼", version=0, actor=cast.unit_leader, at=NOON)

    assert refused.value.details == {"code": "rooms", "theirs": "一楼", "yours": "二楼", "version": 1}
    assert same.version == 1
    assert Answer.objects.get().value == "一楼"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"found": 1, "computers_sealed": 1, "rigs_sealed": 1}, "封存 2 台（第 6、7 题），多于发现的 1 台"),
        ({"terminals": 1, "computers_sealed": 2, "found": 2}, "封存 2 台计算机（第 6 题），多于自查的 1 台终端"),
        ({"found": 0, "people": 1}, "却填了涉及人员 1"),
        ({"found": 0, "currencies": 2}, "却填了涉及币种 2"),
        ({"terminals": 3}, "填了 3 台，清单有 0 行。可以加 3 行，或改成 0"),
    ],
)
def test_contradicting_numbers_are_kept_but_not_signed(
    cast: Cast, scene: Scene, values: dict[str, int], words: str
) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON)
    scene.inspection.terminals.all().delete()

    save_answers(scene.inspection, values, actor=cast.unit_leader, at=NOON)
    with pytest.raises(NotReady) as refused:
        submit_report(scene.inspection, signed_name=cast.unit_leader.name, actor=cast.unit_leader, at=NOON)

    assert any(words in missing.text for missing in refused.value.missing)
    code, value = next(iter(values.items()))
    assert Answer.objects.get(inspection=scene.inspection, code=code).value == value
    assert not Report.objects.exists()


def test_rows_are_checked_whole_and_all_errors_named(cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    rows = [a_terminal(1), a_terminal(1), a_terminal(2, kind="tv"), a_terminal(3, place="", ip="x")]

    with pytest.raises(Invalid) as refused:
        add_rows(scene.inspection, "terminals", rows, actor=cast.unit_leader, at=NOON)

    wrong = refused.value.details["rows"]
    assert {number: set(fields) for number, fields in wrong.items()} == {
        "2": {"asset_number"},
        "3": {"kind"},
        "4": {"place", "ip"},
    }
    assert not scene.inspection.terminals.exists()


def test_a_seal_stands_on_one_machine_only(cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    add_rows(scene.inspection, "computers", [a_device(1)], actor=cast.unit_leader, at=NOON)

    with pytest.raises(Invalid, match="封条号 SY-0001 在清单里已有一行"):
        add_rows(scene.inspection, "rigs", [a_device(2, seal_number="SY-0001")], actor=cast.unit_leader, at=NOON)


def test_changing_and_removing_rows_touches_only_that_row(cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    first, second = add_rows(
        scene.inspection, "terminals", [a_terminal(1), a_terminal(2)], actor=cast.unit_leader, at=NOON
    )
    acknowledge(scene.bystander, actor=cast.other_leader, at=NOON)
    (other,) = add_rows(scene.bystander, "terminals", [a_terminal(1)], actor=cast.other_leader, at=NOON)

    change_row(scene.inspection, "terminals", first.pk, a_terminal(1, place="教务处"), actor=cast.unit_leader, at=NOON)
    remove_row(scene.inspection, "terminals", second.pk, actor=cast.unit_leader, at=NOON)
    with pytest.raises(Refused, match="清单里没有这一行"):
        remove_row(scene.inspection, "terminals", other.pk, actor=cast.unit_leader, at=NOON)

    assert list(scene.inspection.terminals.values_list("place", flat=True)) == ["教务处"]
    assert list(scene.bystander.terminals.values_list("place", flat=True)) == ["信息楼 206"]


def test_the_same_file_twice_is_one_attachment(cast: Cast, scene: Scene) -> None:
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)
    blob = store_blob([b"same"], actor=cast.unit_leader, at=NOON)

    first = attach(scene.inspection, "watch", blob, "a.txt", actor=cast.unit_leader, at=NOON)
    second = attach(scene.inspection, "watch", blob, "b.txt", actor=cast.unit_leader, at=NOON)
    detach(scene.inspection, first, actor=cast.unit_leader, at=NOON)

    assert first == second
    assert not scene.inspection.attachments.filter(removed_at=None).exists()


# --- who may write -------------------------------------------------------------------------------------------------


def test_a_former_leader_reads_until_when_he_led(cast: Cast, scene: Scene) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON)
    UnitLeader.objects.filter(unit=scene.unit).update(until=date(2021, 10, 20))

    with pytest.raises(NotAllowed, match="您担任负责人到 2021年10月20日 为止。可以请现任负责人办理"):
        submit_report(scene.inspection, signed_name=cast.unit_leader.name, actor=cast.unit_leader, at=NOON)

    assert not Report.objects.exists()


def test_the_successor_goes_on_where_the_former_leader_stopped(cast: Cast, scene: Scene) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON)
    UnitLeader.objects.filter(unit=scene.unit).update(until=date(2021, 10, 25))
    successor = a_user("继任者", Role.UNIT_LEADER)
    UnitLeader.objects.create(unit=scene.unit, user=successor, name="继任者", from_on=date(2021, 10, 26))

    report = submit_report(scene.inspection, signed_name="继任者", actor=successor, at=NOON)

    assert report.submitted_by == successor


@pytest.mark.parametrize("state", [UnitState.CLOSED, UnitState.MERGED])
def test_a_unit_that_no_longer_exists_cannot_report(cast: Cast, scene: Scene, state: str) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON)
    into = scene.other_unit if state == UnitState.MERGED else None
    Unit.objects.filter(pk=scene.unit.pk).update(state=state, closed_on=date(2021, 10, 20), merged_into=into)

    with pytest.raises(NotReady) as refused:
        submit_report(scene.inspection, signed_name=cast.unit_leader.name, actor=cast.unit_leader, at=NOON)

    assert any("本单位" in missing.text for missing in refused.value.missing)
