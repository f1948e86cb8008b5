"""Appeals: in time, by people who had no part in it, never heavier; what was taken away is put back."""

from datetime import date, timedelta

import pytest

from cases.enums_penalties import AppealKind, AppealState, PenaltyState
from cases.ladder import MeasureSpec
from cases.models import Appeal, Penalty
from cases.services.integrity import declare_tie
from cases.services.penalties import advance_penalty
from cases.services.penalty_appeals import accept_appeal, decide_appeal, lodge_appeal
from cases.services.penalty_execution import finish_task
from casework.access.models import Compartment
from casework.access.services.compartments import recuse
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import CaseworkError, Invalid, NotAllowed, Refused
from casework.deadlines.models import Deadline
from casework.ledger.selectors import defects, trail
from tests.build import a_user, moment
from tests.build_penalties import a_case, a_penalty, a_suspect, walk
from tests.cast import Cast

LODGED = moment("2021-11-05 09:00")
ACCEPTED = moment("2021-11-08 09:00")
DECIDED = moment("2021-11-20 09:00")
OFFICIAL = {"employment": "institution_manager", "public_official": True, "party_member": False}


def a_demerit(cast: Cast) -> Penalty:
    return walk(
        cast, a_penalty(cast, a_suspect(a_case(cast), "黄某某", **OFFICIAL), MeasureSpec("GS_DEMERIT")), "finish"
    )


def reviewers() -> tuple[User, User]:
    return a_user("复查员甲", Role.HEARING_OFFICER), a_user("复查员乙", Role.HEARING_OFFICER)


def a_leader(compartment: Compartment) -> User:
    from casework.access.models import Grant

    leader = a_user("分管领导乙", Role.APPROVER)
    Grant.objects.create(compartment=compartment, user=leader, from_on=date(2020, 1, 1))
    return leader


def lodge(cast: Cast, penalty: Penalty, kind: str = "review", received_on: date = date(2021, 11, 5)) -> Appeal:
    return lodge_appeal(
        penalty, kind=kind, received_on=received_on, request="处理过重", actor=cast.hearing_officer, at=LODGED
    )


def accepted(cast: Cast, penalty: Penalty) -> tuple[Appeal, User]:
    leader = a_leader(penalty.suspect.case.compartment)
    return accept_appeal(lodge(cast, penalty), handlers=reviewers(), actor=leader, at=ACCEPTED), leader


def test_a_late_review_is_refused_with_the_last_day(cast: Cast) -> None:
    penalty = a_demerit(cast)
    served = penalty.deliveries.get(act="served").on
    assert served == date(2021, 10, 13)
    at = moment("2021-11-20 09:00")
    data = {"kind": "review", "request": "过重", "actor": cast.officer, "at": at}
    with pytest.raises(Refused) as refused:
        lodge_appeal(penalty, received_on=date(2021, 11, 16), **data)
    # a month after 13 October is Saturday 13 November: the next working day is Monday the 15th
    assert "2021-11-15" in refused.value.message
    assert refused.value.code == "late"
    assert lodge_appeal(penalty, received_on=date(2021, 11, 15), **data).pk


@pytest.mark.parametrize(("kind", "code"), [("party_appeal", "wrong_kind"), ("second_review", "review_first")])
def test_the_kind_fits_the_sanction_and_the_order(cast: Cast, kind: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        lodge(cast, a_demerit(cast), kind)
    assert refused.value.code == code


def test_a_party_appeal_has_no_time_limit(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "finish")
    appeal = lodge_appeal(
        penalty, kind="party_appeal", received_on=date(2024, 5, 6), request="过重", actor=cast.officer,
        at=moment("2024-05-06 09:00"),
    )  # fmt: skip
    assert appeal.kind == AppealKind.PARTY_APPEAL


def test_one_appeal_at_a_time(cast: Cast) -> None:
    penalty = a_demerit(cast)
    lodge(cast, penalty)
    with pytest.raises(Refused) as refused:
        lodge(cast, penalty)
    assert refused.value.code == "appeal_open"


def test_before_service_nothing_is_appealed(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast), **OFFICIAL), MeasureSpec("GS_DEMERIT")), "issue")
    with pytest.raises(Refused) as refused:
        lodge(cast, penalty)
    assert refused.value.code == "wrong_state"


@pytest.mark.parametrize("why", ["tied", "recused", "nobody"])
def test_who_has_to_stand_back_does_not_review(cast: Cast, why: str) -> None:
    penalty = a_demerit(cast)
    appeal = lodge(cast, penalty)
    case = penalty.suspect.case
    leader = a_leader(case.compartment)
    first, second = reviewers()
    if why == "tied":
        declare_tie(second, kind="relative", person_name=penalty.suspect.name, actor=second, at=LODGED)
    elif why == "recused":
        recuse(case.compartment, second, decided_by=cast.approver, at=LODGED, reason="利害关系")
    else:
        second = cast.unit_leader

    with pytest.raises(CaseworkError, match=second.name):
        accept_appeal(appeal, handlers=(first, second), actor=leader, at=ACCEPTED)
    assert Appeal.objects.get().state == AppealState.LODGED


def test_whoever_reviews_an_appeal_does_not_decide_it(cast: Cast) -> None:
    penalty = a_demerit(cast)
    leader = a_leader(penalty.suspect.case.compartment)
    first, other = a_user("分管领导丙", Role.APPROVER), reviewers()[1]
    appeal = accept_appeal(lodge(cast, penalty), handlers=(first, other), actor=leader, at=ACCEPTED)

    with pytest.raises(Refused) as refusal:
        decide_appeal(appeal, outcome="upheld", reason="适当", document="文号", actor=first, at=DECIDED)
    assert refusal.value.code == "own_review"
    assert (
        decide_appeal(appeal, outcome="upheld", reason="适当", document="文号", actor=leader, at=DECIDED).decided_by
        == leader
    )


def test_who_worked_on_the_case_does_not_review_it(cast: Cast) -> None:
    penalty = a_demerit(cast)
    appeal = lodge(cast, penalty)
    leader = a_leader(penalty.suspect.case.compartment)
    first, second = reviewers()
    for involved in (cast.officer, cast.second_officer, cast.hearing_officer):
        with pytest.raises(NotAllowed, match=involved.name):
            accept_appeal(appeal, handlers=(first, involved), actor=leader, at=ACCEPTED)
    with pytest.raises(NotAllowed):
        accept_appeal(appeal, handlers=(first, second), actor=cast.approver, at=ACCEPTED)
    with pytest.raises(Invalid):
        accept_appeal(appeal, handlers=(first, first), actor=leader, at=ACCEPTED)
    done = accept_appeal(appeal, handlers=(first, second), actor=leader, at=ACCEPTED)
    assert (done.handled_by, done.second_handler) == (first, second)
    clock = Deadline.objects.get(ref=f"appeal:{appeal.pk}")
    assert (clock.kind, clock.due_on) == ("R02", date(2021, 12, 8))


def test_execution_goes_on_meanwhile_and_upheld_changes_nothing(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast), **OFFICIAL), MeasureSpec("GS_DEMERIT")), "execute")
    appeal, leader = accepted(cast, penalty)
    finish_task(
        penalty.tasks.get(), done_on=date(2021, 11, 9), proof="回执", actor=cast.officer, at=moment("2021-11-09 09:00")
    )
    finished = advance_penalty(penalty, "finish", actor=cast.officer, at=moment("2021-11-09 10:00"))
    decide_appeal(appeal, outcome="upheld", reason="事实清楚", document="浙纪复〔2021〕1号", actor=leader, at=DECIDED)
    penalty.refresh_from_db()
    assert (penalty.state, penalty.period_until) == (PenaltyState.RUNNING, finished.period_until)
    assert not Deadline.objects.filter(ref=f"appeal:{appeal.pk}").live().exists()
    second = lodge_appeal(
        penalty, kind="second_review", received_on=date(2021, 12, 1), request="仍过重", actor=cast.officer,
        at=moment("2021-12-01 09:00"),
    )  # fmt: skip
    assert second.state == AppealState.LODGED


def test_an_amendment_is_lighter_keeps_its_day_and_is_carried_out_again(cast: Cast) -> None:
    penalty = a_demerit(cast)
    bystander = a_demerit(cast)
    appeal, leader = accepted(cast, penalty)
    data = {"outcome": "amended", "reason": "情节更轻", "document": "浙纪复〔2021〕2号", "actor": leader, "at": DECIDED}
    for heavier in ("GS_MAJOR_DEMERIT", "GS_DEMERIT"):
        with pytest.raises(Refused) as refused:
            decide_appeal(appeal, measures=[MeasureSpec(heavier)], **data)
        assert refused.value.code == "aggravated"
        assert Penalty.objects.get(pk=penalty.pk).measures.get().code == "GS_DEMERIT"
    decide_appeal(appeal, measures=[MeasureSpec("GS_WARNING")], **data)
    penalty.refresh_from_db()
    assert penalty.state == PenaltyState.AMENDED
    assert penalty.measures.get().code == "GS_WARNING"
    assert (penalty.effective_on, penalty.period_until) == (date(2021, 10, 10), date(2022, 4, 9))
    again = advance_penalty(penalty, "execute", actor=cast.officer, at=DECIDED + timedelta(days=1))
    assert again.tasks.filter(done_on__isnull=True).exists()
    bystander.refresh_from_db()
    assert bystander.measures.get().code == "GS_DEMERIT"
    assert defects() == []


def test_a_revocation_restores_what_was_taken(cast: Cast) -> None:
    penalty = a_demerit(cast)
    appeal, leader = accepted(cast, penalty)
    with pytest.raises(Invalid):
        decide_appeal(appeal, outcome="revoked", reason=" ", document="", actor=leader, at=DECIDED)
    decide_appeal(appeal, outcome="revoked", reason="事实不清", document="浙纪复〔2021〕3号", actor=leader, at=DECIDED)
    penalty.refresh_from_db()
    assert (penalty.state, penalty.period_until) == (PenaltyState.REVOKED, None)
    open_tasks = penalty.tasks.filter(done_on__isnull=True)
    assert [task.kind for task in open_tasks] == ["post", "pay", "archive"]
    for task in open_tasks:
        finish_task(
            task, done_on=date(2021, 11, 22), proof="恢复通知", actor=cast.officer, at=moment("2021-11-22 09:00")
        )
    assert a_penalty(cast, penalty.suspect, MeasureSpec("FF_ADMONISH"), at=moment("2021-11-23 09:00")).pk
    kinds = [entry.kind for entry in trail(f"penalty:{penalty.pk}")]
    assert kinds.count("penalty.appeal_decided") == 1


def test_a_rejected_appeal_is_over(cast: Cast) -> None:
    penalty = a_demerit(cast)
    leader = a_leader(penalty.suspect.case.compartment)
    appeal = lodge(cast, penalty)
    with pytest.raises(Refused):
        decide_appeal(appeal, outcome="upheld", reason="x", document="y", actor=leader, at=DECIDED)
    done = decide_appeal(
        appeal, outcome="rejected", reason="不属于受理范围", document="告知书1号", actor=leader, at=DECIDED
    )
    assert done.state == AppealState.REJECTED
    with pytest.raises(Refused):
        accept_appeal(appeal, handlers=reviewers(), actor=leader, at=DECIDED)
