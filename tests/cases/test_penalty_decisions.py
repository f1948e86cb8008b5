"""Deciding on a penalty: on what was read, by whom, and by one of two at once."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection

from cases.enums_penalties import PenaltyState
from cases.ladder import MeasureSpec
from cases.models import Penalty, PenaltyDecision, PenaltyReading, Suspect
from cases.ranges import Finding, Severity
from cases.services.penalties import advance_penalty, read_draft, revise_penalty
from casework.core.errors import NotAllowed, NotReady, Refused, Stale
from casework.ledger.selectors import defects, trail
from tests.build import a_user
from tests.build_penalties import DRAFTED, MINING, a_case, a_penalty, a_suspect, steps, walk
from tests.cast import Cast


def entries(penalty: Penalty) -> list[str]:
    return [entry.kind for entry in trail(f"penalty:{penalty.pk}")]


def test_an_approval_holds_for_what_was_read_and_nothing_else(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "deliberate")
    read_draft(penalty, actor=cast.approver, at=DRAFTED + timedelta(days=2, hours=1))
    read = penalty.digest
    changed = revise_penalty(penalty, reason="与同案相当", actor=cast.officer, at=DRAFTED + timedelta(days=2, hours=2))
    again = advance_penalty(
        changed,
        "deliberate",
        **{**steps(cast, penalty)["deliberate"], "at": DRAFTED + timedelta(days=3)},
    )
    data = {"actor": cast.approver, "at": DRAFTED + timedelta(days=4)}
    with pytest.raises(Stale) as stale:
        advance_penalty(again, "approve", digest=read, **data)
    assert stale.value.code == "changed_since_read"
    assert not PenaltyDecision.objects.exists()
    assert advance_penalty(again, "approve", digest=again.digest, **data).state == PenaltyState.APPROVED


def test_a_changed_standing_stops_the_decision(cast: Cast) -> None:
    wu = a_suspect(a_case(cast))
    penalty = walk(cast, a_penalty(cast, wu), "deliberate")
    Suspect.objects.filter(pk=wu.pk).update(party_member=False)
    with pytest.raises(NotReady) as missing:
        advance_penalty(penalty, "approve", digest=penalty.digest, **steps(cast, penalty)["approve"])
    texts = [row.text for row in missing.value.missing]
    assert any("不是中共党员" in text for text in texts)
    assert any("身份认定有变化" in text for text in texts)


@pytest.mark.parametrize("who", ["officer", "second_officer", "hearing_officer", "outsider", "auditor", "custodian"])
def test_nobody_but_an_uninvolved_leader_approves(cast: Cast, who: str) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "deliberate")
    with pytest.raises(NotAllowed):
        advance_penalty(
            penalty, "approve", digest=penalty.digest, actor=getattr(cast, who), at=DRAFTED + timedelta(days=4)
        )
    assert not PenaltyDecision.objects.exists()


def test_a_drafter_who_is_also_a_leader_does_not_approve_his_own_draft(cast: Cast) -> None:
    from casework.accounts.enums import Role
    from casework.accounts.models import Appointment

    Appointment.objects.create(user=cast.officer, role=Role.APPROVER, from_on=date(2020, 1, 1))
    cast.officer.__dict__.pop("roles", None)
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "deliberate")
    with pytest.raises(NotAllowed, match="起草人不得审批"):
        advance_penalty(penalty, "approve", digest=penalty.digest, actor=cast.officer, at=DRAFTED + timedelta(days=4))


def test_a_heavy_party_sanction_needs_the_committee(cast: Cast) -> None:
    wu = a_suspect(a_case(cast), party_post="支部委员")
    penalty = walk(
        cast,
        a_penalty(cast, wu, MeasureSpec("PD_REMOVAL"), findings=[Finding(MINING.code, Severity.SERIOUS)]),
        "deliberate",
    )
    data = steps(cast, penalty)["approve"]
    with pytest.raises(Refused) as refused:
        advance_penalty(penalty, "approve", digest=penalty.digest, **data)
    assert refused.value.code == "committee_needed"
    done = advance_penalty(
        penalty,
        "approve",
        digest=penalty.digest,
        committee_document="浙委〔2021〕9号",
        committee_on=date(2021, 10, 11),
        **data,
    )
    assert done.effective_on == date(2021, 10, 11)


@pytest.mark.django_db(transaction=True)
def test_of_two_approvers_at_once_one_decides() -> None:
    from cases.enums import SIDE_OF, Duty
    from cases.models import CaseMember
    from casework.access.models import Grant
    from casework.accounts.enums import Role
    from tests.cast import make_cast

    cast = make_cast()
    case = a_case(cast)
    other = a_user("分管领导乙", Role.APPROVER)
    Grant.objects.create(compartment=case.compartment, user=other, from_on=date(2020, 1, 1))
    CaseMember.objects.create(
        case=case, user=other, duty=Duty.DECIDER, side=SIDE_OF[Duty.DECIDER], from_on=date(2021, 9, 10)
    )
    penalty = walk(cast, a_penalty(cast, a_suspect(case)), "deliberate")
    results: list[str] = []
    gate = threading.Barrier(2)

    def approve(leader: object) -> None:
        gate.wait()
        try:
            advance_penalty(
                penalty,
                "approve",
                digest=penalty.digest,
                actor=leader,
                at=DRAFTED + timedelta(days=4),  # type: ignore[arg-type]
            )
            results.append("approved")
        except (Refused, Stale) as error:
            results.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=approve, args=(leader,)) for leader in (cast.approver, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["approved", "wrong_state"]
    assert PenaltyDecision.objects.count() == 1
    assert defects() == []


def test_reading_is_noted_once(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)))
    read_draft(penalty, actor=cast.approver, at=DRAFTED)
    read_draft(penalty, actor=cast.approver, at=DRAFTED + timedelta(hours=1))
    assert PenaltyReading.objects.count() == 1
    assert entries(penalty).count("penalty.read") == 1
