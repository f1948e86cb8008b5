"""The procedure of a penalty: every step in order, what each asks for, execution, influence period, probation."""

from datetime import date, timedelta
from typing import Any

import pytest

from cases.enums_penalties import PenaltyState, Track
from cases.ladder import MeasureSpec
from cases.models import Delivery, Execution, Penalty, PenaltyDefence
from cases.penalty_workflow import BY_NAME, STEPS, PenaltyStep
from cases.ranges import Finding, Severity
from cases.services.penalties import advance_penalty
from cases.services.penalty_execution import expire_due, finish_task
from cases.tasks import expire
from casework.core.errors import CaseworkError, Invalid, NotAllowed, NotReady, Refused, Stale
from casework.deadlines.models import Deadline
from casework.ledger.selectors import defects, trail
from casework.notices.models import Notice
from tests.build import moment, tried
from tests.build_penalties import DRAFTED, FORWARD, MINING, a_case, a_penalty, a_suspect, steps, walk
from tests.cast import Cast


def texts(error: NotReady) -> list[str]:
    return [str(row.text) for row in error.missing]


def test_the_whole_way_leaves_one_entry_for_each_act(cast: Cast) -> None:
    case = a_case(cast)
    penalty, bystander = a_penalty(cast, a_suspect(case, "吴某某")), a_penalty(cast, a_suspect(case, "丁某某"))
    done = walk(cast, penalty, "finish")
    assert done.state == PenaltyState.RUNNING
    assert [entry.kind for entry in trail(f"penalty:{penalty.pk}")] == [
        "penalty.drafted",
        "penalty.informed",
        "penalty.deliberated",
        "penalty.approved",
        "penalty.issued",
        "penalty.served",
        "penalty.announced",
        "penalty.execution_begun",
        "penalty.task_done",
        "penalty.executed",
    ]
    untouched = Penalty.objects.get(pk=bystander.pk)
    assert (untouched.state, untouched.version, untouched.number) == (PenaltyState.PROPOSED, bystander.version, "")
    assert defects() == []


def test_the_states_of_the_table_are_reached_from_the_start() -> None:
    reached = {PenaltyState.PROPOSED}
    for _round in STEPS:
        reached |= {step.to for step in STEPS if step.to and reached & {*step.froms, *step.short_froms}}
    written_elsewhere = {
        PenaltyState.RUNNING, PenaltyState.EXPIRED, PenaltyState.AMENDED,
        PenaltyState.REVOKED,
    }  # fmt: skip
    assert reached | written_elsewhere == set(PenaltyState)


def test_no_step_is_taken_before_its_turn(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)))
    for name in FORWARD:
        extra = {"digest": penalty.digest} if name == "approve" else {}
        if name != "inform":
            with tried(name), pytest.raises(Refused) as refused:
                advance_penalty(penalty, name, **steps(cast, penalty)[name], **extra)
            assert refused.value.code == "wrong_state", name
    assert Penalty.objects.get(pk=penalty.pk).state == PenaltyState.PROPOSED


def test_who_does_not_work_on_the_case_takes_no_step(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)))
    for step in STEPS:
        if step.only is None:
            with tried(step.name):
                _outsiders_take_no_step(cast, penalty, step)


def _outsiders_take_no_step(cast: Cast, penalty: Penalty, step: PenaltyStep) -> None:
    Penalty.objects.filter(pk=penalty.pk).update(
        state=step.froms[0], effective_on=date(2021, 10, 9), number="浙纪处〔2021〕900号", document_digest="0" * 64,
        issued_at=DRAFTED,
    )  # fmt: skip
    given = {
        **steps(cast, penalty).get(step.name, {}),
        **({"organ": "组织部", "opinion": "同意"} if step.name == "consult" else {}),
    }
    data = {key: value for key, value in given.items() if key not in {"actor", "at"}}
    for who in (cast.outsider, cast.auditor, cast.custodian):
        extra = {"digest": penalty.digest} if step.name == "approve" else {"reason": "x"} if step.needs_reason else {}
        with pytest.raises(NotAllowed):
            advance_penalty(penalty, step.name, actor=who, at=DRAFTED + timedelta(days=30), **data, **extra)


def test_an_unknown_step_is_named(cast: Cast) -> None:
    with pytest.raises(Invalid, match="没有“jump”这个环节"):
        advance_penalty(a_penalty(cast, a_suspect(a_case(cast))), "jump", actor=cast.officer, at=DRAFTED)


def test_a_step_with_the_wrong_data_names_every_field(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)))
    with pytest.raises(Invalid) as invalid:
        advance_penalty(penalty, "deliberate", actor=cast.officer, at=DRAFTED, members=7, place="会议室")
    assert set(invalid.value.details) == {"body", "held_on", "votes_for", "place"}


def test_telling_takes_two_officers(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)))
    data = {"actor": cast.officer, "at": DRAFTED + timedelta(days=1)}
    for second in (None, cast.officer):
        with pytest.raises(Refused, match="两名以上"):
            advance_penalty(penalty, "inform", second_officer=second, **data)
    assert not PenaltyDefence.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outcome": "rejected", "statement": "只用了一天"}, "answer"),
        ({"outcome": "partly", "statement": "只用了一天"}, "answer"),
        ({"outcome": "accepted"}, "statement"),
        ({"signed": False}, "refusal"),
    ],
)
def test_the_defence_is_answered_and_signed_or_noted(cast: Cast, change: dict, field: str) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)))
    with pytest.raises(Invalid) as invalid:
        advance_penalty(penalty, "inform", **steps(cast, penalty)["inform"], **change)
    assert field in invalid.value.details


def test_what_the_person_said_is_kept_and_not_in_the_clear_in_the_ledger(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)))
    advance_penalty(
        penalty,
        "inform",
        **steps(cast, penalty)["inform"],
        outcome="rejected",
        statement="只用了一天",
        answer="日志为证",
    )
    assert PenaltyDefence.objects.get().statement == "只用了一天"
    assert "只用了一天" not in bytes(trail(f"penalty:{penalty.pk}").last().header).decode()


@pytest.mark.parametrize(
    ("votes", "field"),
    [
        ({"votes_for": 1, "abstentions": 0}, "votes_for"),
        ({"members": 5, "votes_for": 6}, "members"),
        ({"held_on": date(2021, 10, 1)}, "held_on"),
        ({"held_on": date(2021, 12, 1)}, "held_on"),
        ({"body": " "}, "body"),
    ],
)
def test_votes_that_cannot_be(cast: Cast, votes: dict, field: str) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "inform")
    with pytest.raises(Invalid) as invalid:
        advance_penalty(penalty, "deliberate", **{**steps(cast, penalty)["deliberate"], **votes})
    assert field in invalid.value.details


@pytest.mark.parametrize(
    ("votes", "words"),
    [
        ({"votes_for": 2, "abstentions": 1}, "未过应到 7 人的半数"),
        ({"votes_for": 3, "votes_against": 3, "abstentions": 1}, "审议同意 3 票"),
    ],
)
def test_without_a_majority_nobody_approves(cast: Cast, votes: dict, words: str) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "inform")
    held = advance_penalty(penalty, "deliberate", **{**steps(cast, penalty)["deliberate"], **votes})
    with pytest.raises(NotReady) as missing:
        advance_penalty(held, "approve", digest=held.digest, **steps(cast, penalty)["approve"])
    assert words in texts(missing.value)[0]
    again = advance_penalty(
        held, "deliberate", **{**steps(cast, penalty)["deliberate"], "at": DRAFTED + timedelta(days=2, hours=5)}
    )
    assert advance_penalty(again, "approve", digest=again.digest, **steps(cast, penalty)["approve"]).effective_on


def test_the_dates_follow_each_other(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "inform")
    early = {**steps(cast, penalty)["deliberate"], "at": DRAFTED}
    with pytest.raises(Refused) as refused:
        advance_penalty(penalty, "deliberate", **early)
    assert refused.value.code == "wrong_order"


def test_returned_with_a_reason_and_sent_again(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "deliberate")
    data = {"actor": cast.approver, "at": DRAFTED + timedelta(days=3)}
    with pytest.raises(Invalid):
        advance_penalty(penalty, "return", reason=" ", **data)
    back = advance_penalty(penalty, "return", reason="核对所得", **data)
    assert (back.state, back.returned) == (PenaltyState.PROPOSED, True)
    told = advance_penalty(back, "inform", **{**steps(cast, penalty)["inform"], "at": DRAFTED + timedelta(days=4)})
    assert (told.state, told.returned) == (PenaltyState.INFORMED, False)


def test_declined_is_kept_and_void_lets_another_be_drafted(cast: Cast) -> None:
    wu = a_suspect(a_case(cast))
    penalty = walk(cast, a_penalty(cast, wu), "deliberate")
    declined = advance_penalty(penalty, "decline", reason="过重", actor=cast.approver, at=DRAFTED + timedelta(days=3))
    assert declined.decisions.get().verdict == "declined"
    void = advance_penalty(declined, "void", reason="另行处理", actor=cast.approver, at=DRAFTED + timedelta(days=4))
    assert void.state == PenaltyState.VOID
    assert a_penalty(cast, wu, MeasureSpec("FF_ADMONISH"), at=DRAFTED + timedelta(days=5)).pk != penalty.pk


def test_the_leaders_are_told_once_that_a_draft_waits(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "deliberate")
    notice = Notice.objects.get(kind="penalty.waits")
    assert notice.recipient == cast.approver
    assert notice.url == f"/penalties/{penalty.pk}/approval/"


def test_a_decision_starts_its_clocks_and_the_acts_meet_them(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "approve")
    ref = f"penalty:{penalty.pk}"
    assert {row.kind: row.start_on for row in Deadline.objects.filter(ref=ref)} == {
        "X01": date(2021, 10, 10),
        "X03": date(2021, 10, 10),
    }
    walk(cast, penalty, "announce", skip=("inform", "deliberate", "approve"))
    assert set(Deadline.objects.filter(ref=ref).live().values_list("kind", flat=True)) == {"X03"}
    walk(cast, penalty, "finish", skip=FORWARD[:6])
    assert not Deadline.objects.filter(ref=ref).live().exists()


def test_the_decision_holds_what_the_law_demands(cast: Cast) -> None:
    wu = a_suspect(a_case(cast), "吴某某", post="工作人员")
    penalty = walk(cast, a_penalty(cast, wu, MeasureSpec("PD_WARNING")), "issue")
    text = penalty.document
    assert text.startswith("关于给予吴某某同志警告处分的决定")
    for part in (penalty.number, "中共党员", "某地理信息中心", "工作人员", "用单位电脑挖矿", "谈话笔录", "警告处分",
                 "第八条、第十条", "2021年10月10日", "提出申诉", "省纪委监委", "印章"):  # fmt: skip
        assert part in text, part
    assert "党内警告处分" not in text


def test_numbers_of_decisions_follow_each_other(cast: Cast) -> None:
    case = a_case(cast)
    numbers = [walk(cast, a_penalty(cast, a_suspect(case, name)), "issue").number for name in ("甲某", "乙某")]
    assert numbers == ["浙纪处〔2021〕1号", "浙纪处〔2021〕2号"]


@pytest.mark.parametrize("missing", ["post", "unit"])
def test_a_decision_without_its_contents_is_not_issued(cast: Cast, missing: str) -> None:
    wu = a_suspect(a_case(cast), **{"post": {"post": ""}, "unit": {"unit": None}}[missing])
    penalty = walk(cast, a_penalty(cast, wu), "approve")
    with pytest.raises(NotReady) as not_ready:
        advance_penalty(penalty, "issue", **steps(cast, penalty)["issue"])
    assert texts(not_ready.value) == [{"post": "决定书缺职务", "unit": "决定书缺工作单位"}[missing]]


def test_without_the_seal_nothing_is_issued(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "approve")
    with pytest.raises(Invalid, match="印章"):
        advance_penalty(penalty, "issue", sealed=False, **steps(cast, penalty)["issue"])
    assert Penalty.objects.get(pk=penalty.pk).number == ""


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"receipt": ""}, "receipt"),
        ({"receiver": ""}, "receiver"),
        ({"served_on": date(2021, 10, 11)}, "on"),
        ({"served_on": date(2022, 1, 1)}, "on"),
    ],
)
def test_service_needs_its_receipt_and_a_possible_day(cast: Cast, change: dict, field: str) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "issue")
    with pytest.raises(Invalid) as invalid:
        advance_penalty(penalty, "serve", **{**steps(cast, penalty)["serve"], **change})
    assert field in invalid.value.details
    assert not Delivery.objects.exists()


def test_a_refused_signature_is_noted_instead_of_a_receipt(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "issue")
    data = {**steps(cast, penalty)["serve"], "receipt": "", "refusal": "拒绝签收，两人在场"}
    assert advance_penalty(penalty, "serve", **data).state == PenaltyState.SERVED


TASKS = {
    "party warning and bonus": (
        [MeasureSpec("PD_WARNING"), MeasureSpec("HR_BONUS_CUT", quantity=3, unit="month")],
        ["处分决定书归入本人档案", "扣除 3 个月绩效考核奖金"],
    ),
    "dismissal": ([MeasureSpec("HR_TERMINATE")], ["通知工会后解除劳动（人事）关系"]),
    "education": (
        [MeasureSpec("FF_CRITICISE_EDUCATE"), MeasureSpec("HR_BONUS_CUT", quantity=1, unit="quarter")],
        ["对本人批评教育并留存记录", "扣除 1 个季度绩效考核奖金"],
    ),
}


@pytest.mark.parametrize("what", list(TASKS))
def test_what_has_to_be_done_follows_from_the_measures(cast: Cast, what: str) -> None:
    specs, expected = TASKS[what]
    hired = {"employment": "dispatched", "party_member": False} if what == "dismissal" else {}
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast), **hired), *specs), "execute")
    assert list(penalty.tasks.values_list("text", flat=True)) == expected


def test_execution_ends_with_the_last_proof(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "execute")
    data = steps(cast, penalty)
    with pytest.raises(NotReady) as missing:
        advance_penalty(penalty, "finish", **data["finish"])
    assert "归入本人档案" in texts(missing.value)[0]
    task = penalty.tasks.get()
    with pytest.raises(Invalid):
        finish_task(task, done_on=date(2021, 10, 15), proof=" ", actor=cast.officer, at=data["finish"]["at"])
    with pytest.raises(Invalid):
        finish_task(task, done_on=date(2021, 9, 1), proof="回执", actor=cast.officer, at=data["finish"]["at"])
    finish_task(task, done_on=date(2021, 10, 15), proof="归档回执", actor=cast.officer, at=data["finish"]["at"])
    with pytest.raises(Stale):
        finish_task(task, done_on=date(2021, 10, 15), proof="再登记", actor=cast.officer, at=data["finish"]["at"])
    assert Execution.objects.get().proof == "归档回执"
    assert advance_penalty(penalty, "finish", **data["finish"]).executed_on == date(2021, 10, 17)


def test_other_handling_may_go_the_short_way(cast: Cast) -> None:
    yu = a_suspect(a_case(cast), "虞某", party_member=None, public_official=None)
    penalty = a_penalty(cast, yu, MeasureSpec("FF_CRITICISE_EDUCATE"), findings=[])
    assert penalty.track == Track.HANDLING
    done = walk(cast, penalty, "finish", skip=("deliberate", "issue", "serve", "announce"))
    assert done.state == PenaltyState.EXECUTED
    assert done.effective_on == date(2021, 10, 11)


def test_a_sanction_may_not_go_the_short_way(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "inform")
    with pytest.raises(Refused):
        advance_penalty(penalty, "approve", digest=penalty.digest, **steps(cast, penalty)["approve"])


def test_the_period_ends_by_itself(cast: Cast) -> None:
    case = a_case(cast)
    over, running = (walk(cast, a_penalty(cast, a_suspect(case, name)), "finish") for name in ("甲某", "乙某"))
    Penalty.objects.filter(pk=running.pk).update(period_until=date(2023, 1, 1))
    assert expire_due(at=moment("2022-10-09 08:00")) == []
    assert expire_due(at=moment("2022-10-10 08:00")) == [over.pk]
    assert expire_due(at=moment("2022-10-10 08:00")) == []
    assert Penalty.objects.get(pk=over.pk).state == PenaltyState.EXPIRED
    assert Penalty.objects.get(pk=running.pk).state == PenaltyState.RUNNING


def test_probation_needs_a_decision_of_its_own(cast: Cast) -> None:
    wu = a_suspect(a_case(cast))
    draft = a_penalty(cast, wu, MeasureSpec("PD_PROBATION_1"), findings=[Finding(MINING.code, Severity.SERIOUS)])
    heard = walk(cast, draft, "deliberate")
    approved = advance_penalty(
        heard, "approve", digest=heard.digest, committee_document="浙委〔2021〕9号", committee_on=date(2021, 10, 11),
        **steps(cast, draft)["approve"],
    )  # fmt: skip
    assert (approved.probation_until, approved.period_until) == (date(2022, 10, 10), None)
    done = walk(cast, approved, "finish", skip=FORWARD[:3])
    assert done.state == PenaltyState.RUNNING
    assert expire_due(at=moment("2025-01-01 08:00")) == []
    data = {"reason": "期满无违纪", "restored_on": date(2022, 10, 11), "actor": cast.approver}
    with pytest.raises(NotReady, match="不能恢复党员权利"):
        advance_penalty(done, "restore", at=moment("2022-09-01 08:00"), **data)
    restored = advance_penalty(done, "restore", at=moment("2022-10-12 08:00"), **data)
    assert restored.period_until == date(2024, 10, 10)
    assert expire_due(at=moment("2024-10-11 08:00")) == [done.pk]


def test_the_short_list_of_names_is_that_of_the_table() -> None:
    from cases.services.penalties import _STEPS

    assert set(_STEPS) == set(BY_NAME)


def test_a_refusal_leaves_nothing_half_written(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "issue")
    before = (penalty.version, trail(f"penalty:{penalty.pk}").count())
    with pytest.raises(CaseworkError):
        advance_penalty(penalty, "serve", **{**steps(cast, penalty)["serve"], "second_officer": None})
    after = Penalty.objects.get(pk=penalty.pk)
    assert (after.version, trail(f"penalty:{penalty.pk}").count()) == before


def test_the_worker_ends_periods_by_the_clock(cast: Cast, settings: Any) -> None:
    done = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "finish")
    assert settings.CELERY_BEAT_SCHEDULE["penalties-expire"]["task"] == expire.name
    assert expire() == 1
    assert expire() == 0
    assert Penalty.objects.get(pk=done.pk).state == PenaltyState.EXPIRED
