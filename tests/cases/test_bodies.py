"""Decisions on party organisations and units: what each may receive, the procedure, the paper."""

from datetime import date, timedelta
from typing import Any

import pytest

from cases.body_workflow import BODY_STEPS, digest_of_body
from cases.enums_bodies import BodyState
from cases.models import BodyAct, BodyDecision
from cases.refs_penalties import _settled
from cases.services.bodies import _KINDS, advance_body, draft_body, revise_body
from cases.web.body_forms import BODY_STEP_FORMS
from casework.core.errors import CaseworkError, Invalid, NotAllowed, NotReady, Refused, Stale
from casework.deadlines.models import Deadline
from casework.ledger.selectors import defects, trail
from tests.build import a_user, tried
from tests.build_bodies import ADVICE, DRAFTED, LONG, PARTY, UNIT, acts, drafted, go
from tests.build_penalties import a_case
from tests.cast import Cast


def test_the_short_list_of_names_is_that_of_the_table() -> None:
    names = {step.name for step in BODY_STEPS}
    assert set(_KINDS) == set(BODY_STEP_FORMS) == names


# -- drafting ---------------------------------------------------------------------------------------------------------


def test_a_draft_freezes_articles_and_names_no_body_in_the_clear(cast: Cast) -> None:
    case = a_case(cast)
    found = drafted(cast, case, PARTY, "AO_CHECK", "AO_CIRCULAR")
    assert (found.state, found.draft) == (BodyState.PROPOSED, 1)
    assert [(row.code, row.article, row.verified) for row in found.measures.all()] == [
        ("AO_CHECK", "《中国共产党问责条例》第八条", True),
        ("AO_CIRCULAR", "《中国共产党问责条例》第八条", True),
    ]
    assert found.digest == digest_of_body(BodyDecision.objects.get(pk=found.pk))
    (entry,) = trail(f"bodydecision:{found.pk}")
    assert entry.kind == "body.drafted"
    assert "支部委员会" not in bytes(entry.header).decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"grounds": " "}, "grounds"),
        ({"rectify_by": date(2021, 11, 1)}, "rectify_by"),
        ({"measures": []}, "measures"),
        ({"measures": ["PO_NOTHING"]}, "measures"),
    ],
)
def test_wrong_input_names_the_field(cast: Cast, change: dict[str, Any], field: str) -> None:
    case = a_case(cast)
    values = {"measures": ["UM_SUPERVISION_SUGGESTION"], "grounds": "无人管理", **change}
    with pytest.raises(Invalid) as wrong:
        draft_body(case, unit=case.unit, receiver=UNIT, actor=cast.officer, at=DRAFTED, **values)
    assert set(wrong.value.details) == {field}
    assert not BodyDecision.objects.exists()


def test_a_persons_sanction_for_a_unit_is_refused_with_the_article(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        drafted(cast, a_case(cast), UNIT, "GS_WARNING")
    assert refused.value.message.startswith(
        "不能给予政务警告：只适用于个人，不适用于单位。依据《监督执纪工作规则》第十九条。"
    )
    assert refused.value.article == "《监督执纪工作规则》第十九条"
    assert not BodyDecision.objects.exists()


def test_the_same_measure_twice_in_a_case_is_refused_until_the_first_is_void(cast: Cast) -> None:
    case, other = a_case(cast), a_case(cast)
    first = drafted(cast, case, PARTY, "PO_CRITICISE")
    with pytest.raises(Refused) as refused:
        drafted(cast, case, PARTY, "PO_CRITICISE")
    assert refused.value.code == "already_drafted"
    assert "同一问题不得重复处理" in refused.value.message
    assert drafted(cast, case, PARTY, "PO_CRITICISE", body="中共某处支部委员会").pk
    assert drafted(cast, other, PARTY, "PO_CRITICISE").pk
    again = drafted(cast, case, PARTY, "PO_CHECK")
    with pytest.raises(Refused):
        revise_body(
            again, measures=["PO_CRITICISE"], grounds="改", body=again.body, actor=cast.officer,
            at=DRAFTED + timedelta(hours=1),
        )  # fmt: skip
    assert [row.code for row in again.measures.all()] == ["PO_CHECK"]
    advance_body(first, "void", text="不再处理", actor=cast.approver, at=DRAFTED + timedelta(hours=2))
    assert drafted(cast, case, PARTY, "PO_CRITICISE").pk


@pytest.mark.parametrize("who", ["outsider", "approver", "custodian", "auditor", "unit_leader", "system_admin"])
def test_only_those_who_work_on_the_case_draft(cast: Cast, who: str) -> None:
    case = a_case(cast)
    with pytest.raises(NotAllowed):
        draft_body(
            case, unit=case.unit, receiver=UNIT, measures=["UM_RECTIFICATION_NOTICE"], grounds="无人管理",
            actor=getattr(cast, who), at=DRAFTED,
        )  # fmt: skip
    assert not BodyDecision.objects.exists()


# -- the way ----------------------------------------------------------------------------------------------------------


def test_a_party_organisation_is_held_accountable_from_draft_to_proof(cast: Cast) -> None:
    case = a_case(cast)
    bystander = drafted(cast, a_case(cast), PARTY, "PO_CRITICISE")
    done = go(cast, drafted(cast, case, PARTY, "PO_CRITICISE", "AO_CIRCULAR"), "finish")
    assert (done.state, done.outcome, done.effective_on) == (BodyState.DONE, "carried_out", date(2021, 11, 3))
    assert done.number == "浙纪问〔2021〕1号"
    lines = done.document.split("\n")
    assert lines[0] == "关于对中共某地理信息中心支部委员会予以问责（通报批评、通报）的决定"
    assert "决定对中共某地理信息中心支部委员会通报批评、通报" in done.document
    assert "本决定自2021年11月3日起生效。" in done.document
    assert "（印章）" in lines[-1]
    kinds = [entry.kind for entry in trail(f"bodydecision:{done.pk}")]
    assert kinds == [
        "body.drafted", "body.heard", "body.deliberated", "body.approved", "body.issued", "body.served", "body.done",
    ]  # fmt: skip
    assert BodyDecision.objects.get(pk=bystander.pk).state == BodyState.PROPOSED
    assert defects() == []


def test_a_recommendation_to_a_unit_states_its_contents_and_is_followed_up(cast: Cast) -> None:
    case = a_case(cast)
    bare = drafted(cast, case, UNIT, "UM_SUPERVISION_SUGGESTION")
    with pytest.raises(NotReady) as missing:
        advance_body(bare, "approve", digest=bare.digest, actor=cast.approver, at=DRAFTED + timedelta(days=3))
    assert [row.text for row in missing.value.missing] == [
        "文书缺建议或者要求", "文书缺整改期限", "文书缺反馈要求", "文书缺提出异议的期限和方式",
    ]  # fmt: skip
    whole = revise_body(
        bare, measures=["UM_SUPERVISION_SUGGESTION"], grounds=bare.grounds, evidence=bare.evidence,
        actor=cast.officer, at=DRAFTED + timedelta(hours=1), **ADVICE,
    )  # fmt: skip
    assert whole.draft == 2
    served = go(cast, whole, "serve")
    assert served.number == "浙纪建〔2021〕1号"
    assert "请于2021年12月31日前完成整改。书面反馈整改情况，附证明材料。" in served.document
    clock = Deadline.objects.get(ref=f"bodydecision:{served.pk}")
    assert (clock.kind, clock.due_on) == ("S01", date(2021, 12, 31))
    assert [row.text for row in _settled(case, cast.officer) if "某地理信息中心" in row.text]
    done = advance_body(served, "finish", outcome="refused", **acts(cast)["finish"])
    assert done.get_outcome_display() == "无正当理由拒不采纳"
    assert not Deadline.objects.filter(ref=f"bodydecision:{served.pk}").live().exists()
    assert not [row for row in _settled(case, cast.officer) if "某地理信息中心" in row.text]


def test_a_rectification_notice_needs_no_way_to_object(cast: Cast) -> None:
    asked = {"demand": ADVICE["demand"], "rectify_by": ADVICE["rectify_by"]}
    done = go(cast, drafted(cast, a_case(cast), UNIT, "UM_RECTIFICATION_NOTICE", **asked), "issue")
    assert "现通知如下：" in done.document
    assert "拒不采纳" not in done.document


@pytest.mark.parametrize("code", ["PO_REORGANISE", "PO_DISSOLVE", "AO_REORGANISE"])
def test_reorganising_and_dissolving_are_decided_above(cast: Cast, code: str) -> None:
    decision = go(cast, drafted(cast, a_case(cast), PARTY, code), "deliberate")
    data = {**acts(cast)["approve"], "digest": decision.digest}
    with pytest.raises(Refused) as refused:
        advance_body(decision, "approve", **data)
    assert refused.value.code == "committee_needed"
    assert "依据待核" in refused.value.message
    done = advance_body(decision, "approve", document="浙委〔2021〕12号", **data)
    assert done.state == BodyState.APPROVED
    assert done.acts.get(kind="approved").document == "浙委〔2021〕12号"


def test_what_was_heard_and_voted_on_holds_for_that_draft_alone(cast: Cast) -> None:
    decision = go(cast, drafted(cast, a_case(cast), PARTY, "PO_CHECK"), "deliberate")
    read = decision.digest
    changed = revise_body(
        decision, measures=["PO_CRITICISE"], grounds=decision.grounds, evidence=decision.evidence, body=decision.body,
        actor=cast.officer, at=DRAFTED + timedelta(days=2, hours=1),
    )  # fmt: skip
    assert changed.state == BodyState.PROPOSED
    at = DRAFTED + timedelta(days=3)
    heard = advance_body(changed, "hear", **{**acts(cast)["hear"], "at": at})
    voted = advance_body(heard, "deliberate", **{**acts(cast)["deliberate"], "at": at})
    with pytest.raises(Stale) as stale:
        advance_body(voted, "approve", digest=read, actor=cast.approver, at=at)
    assert stale.value.code == "changed_since_read"
    assert advance_body(voted, "approve", digest=voted.digest, actor=cast.approver, at=at).state == BodyState.APPROVED


@pytest.mark.parametrize(
    ("votes", "words"),
    [
        ({"present": 3, "votes_for": 3}, "未过应到 7 人的半数"),
        ({"present": 7, "votes_for": 3}, "审议同意 3 票"),
    ],
)
def test_without_a_majority_nobody_approves(cast: Cast, votes: dict[str, int], words: str) -> None:
    decision = go(cast, drafted(cast, a_case(cast), PARTY, "PO_CHECK"), "deliberate", **votes)
    with pytest.raises(NotReady) as missing:
        advance_body(decision, "approve", digest=decision.digest, actor=cast.approver, at=DRAFTED + timedelta(days=3))
    assert words in missing.value.missing[0].text
    assert not BodyAct.objects.filter(kind="approved").exists()


#: What is wrong with what a step is given, and the field at which it is said.
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("hear", {"who": ""}, "who"),
    ("hear", {"on": date(2021, 11, 20)}, "on"),
    ("deliberate", {"who": " "}, "who"),
    ("deliberate", {"present": None}, "members"),
    ("deliberate", {"present": 1, "votes_for": 1}, "present"),
    ("deliberate", {"present": 8}, "members"),
    ("deliberate", {"votes_for": 8, "present": 7}, "votes_for"),
    ("deliberate", {"on": date(2021, 11, 1)}, "on"),
    ("serve", {"who": ""}, "who"),
    ("serve", {"document": ""}, "document"),
    ("finish", {"outcome": ""}, "outcome"),
    ("finish", {"outcome": "adopted"}, "outcome"),
    ("finish", {"text": ""}, "text"),
]


@pytest.mark.parametrize("step", ["hear", "deliberate", "serve", "finish"])
def test_a_step_with_wrong_data_names_the_field(cast: Cast, step: str) -> None:
    before = drafted(cast, a_case(cast), PARTY, "PO_CHECK")
    if step != "hear":
        before = go(cast, before, LONG[LONG.index(step) - 1])
    count = BodyAct.objects.count()
    for _step, change, field in (row for row in WRONG if row[0] == step):
        data = {**acts(cast)[step], **({"outcome": "carried_out"} if step == "finish" else {}), **change}
        with tried(change), pytest.raises(Invalid) as wrong:
            advance_body(BodyDecision.objects.get(pk=before.pk), step, **data)
        assert field in wrong.value.details, change
    assert BodyAct.objects.count() == count


def test_a_unit_says_whether_it_followed_and_a_party_organisation_whether_it_was_done(cast: Cast) -> None:
    served = go(cast, drafted(cast, a_case(cast), UNIT, "UM_JOINT_SUGGESTION", **ADVICE), "serve")
    with pytest.raises(Invalid) as wrong:
        advance_body(served, "finish", outcome="carried_out", **acts(cast)["finish"])
    assert set(wrong.value.details) == {"outcome"}


def test_two_officers_hear_and_serve(cast: Cast) -> None:
    decision = drafted(cast, a_case(cast), PARTY, "PO_CHECK")
    for second in (None, cast.officer):
        with pytest.raises(Refused) as refused:
            advance_body(decision, "hear", **{**acts(cast)["hear"], "second_officer": second})
        assert refused.value.code == "two_officers"


def test_a_day_that_has_passed_is_not_set_as_the_last(cast: Cast) -> None:
    soon = {**ADVICE, "rectify_by": date(2021, 11, 4)}
    approved = go(cast, drafted(cast, a_case(cast), UNIT, "UM_JOINT_SUGGESTION", **soon), "approve")
    with pytest.raises(Refused, match="整改期限 2021-11-04 已过"):
        advance_body(approved, "issue", **acts(cast)["issue"])
    assert BodyDecision.objects.get(pk=approved.pk).number == ""


def test_who_does_not_work_on_the_case_takes_no_step(cast: Cast) -> None:
    decision = drafted(cast, a_case(cast), UNIT, "UM_RECTIFICATION_NOTICE")
    for row in BODY_STEPS:
        BodyDecision.objects.filter(pk=decision.pk).update(
            state=row.froms[0], effective_on=date(2021, 11, 3), number="x", issued_at=DRAFTED, document_digest="0" * 64
        )
        for who in (cast.outsider, cast.custodian, cast.auditor, cast.unit_leader, cast.system_admin):
            with tried((row.name, who)), pytest.raises(NotAllowed):
                advance_body(decision, row.name, actor=who, at=DRAFTED + timedelta(days=9), text="x")
    assert not BodyAct.objects.exists()


def test_the_leader_who_investigated_does_not_approve_and_a_return_needs_a_reason(cast: Cast) -> None:
    decision = drafted(cast, a_case(cast), UNIT, "UM_JOINT_SUGGESTION", **ADVICE)
    at = DRAFTED + timedelta(days=1)
    with pytest.raises(Invalid):
        advance_body(decision, "return", actor=cast.approver, at=at)
    back = advance_body(decision, "return", text="建议写具体些", actor=cast.approver, at=at)
    assert (back.state, back.returned) == (BodyState.PROPOSED, True)
    with pytest.raises(NotAllowed):
        advance_body(back, "approve", digest=back.digest, actor=cast.hearing_officer, at=at)


@pytest.mark.parametrize("name", ["jump", "serve"])
def test_a_step_out_of_turn(cast: Cast, name: str) -> None:
    decision = drafted(cast, a_case(cast), PARTY, "PO_CHECK")
    with pytest.raises(CaseworkError):
        advance_body(decision, name, **acts(cast)["serve"])
    assert not BodyAct.objects.exists()


def test_a_leader_finds_what_waits_for_him(cast: Cast) -> None:
    from cases.selectors.bodies import bodies_waiting

    case = a_case(cast)
    unit = drafted(cast, case, UNIT, "UM_RECTIFICATION_NOTICE")
    party = drafted(cast, case, PARTY, "PO_CHECK")
    assert [row.pk for row in bodies_waiting(cast.approver)] == [unit.pk]
    go(cast, party, "deliberate")
    assert {row.pk for row in bodies_waiting(cast.approver)} == {unit.pk, party.pk}
    assert not bodies_waiting(a_user("分管领导丙")).exists()
