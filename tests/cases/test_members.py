"""Who works on a case: standing back, leaving, and the sides that stay apart."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from cases.enums import Duty
from cases.models import Case, CaseMember
from cases.services.cases import advance, amend_case, file_case
from cases.services.facts import state_fact
from cases.services.members import add_member, recuse_member, remove_member
from casework.access.policy import why_not
from casework.accounts.enums import Role
from casework.core.errors import NotAllowed, Refused
from tests.build import a_user, moment
from tests.build_cases import DAY, a_case
from tests.cast import Cast

pytestmark = pytest.mark.django_db
LATER = moment(f"{DAY} 15:00")


def test_a_recused_officer_can_do_nothing_more(cast: Cast) -> None:
    case, neighbour = a_case(cast), a_case(cast, title="邻案")

    recuse_member(case, cast.second_officer, actor=cast.approver, at=LATER, reason="近亲属")

    assert not Case.objects.visible_to(cast.second_officer).filter(pk=case.pk).exists()
    assert Case.objects.visible_to(cast.second_officer).filter(pk=neighbour.pk).exists()
    with pytest.raises(NotAllowed) as refusal:
        amend_case(case, grounds="我来改", actor=cast.second_officer, at=LATER)
    assert "监察法第六十七条" in refusal.value.message
    with pytest.raises(Refused) as back:
        add_member(case, cast.second_officer, actor=cast.officer, at=LATER)
    assert back.value.article == "监察法第六十七条"
    assert "没有" not in why_not(cast.second_officer, "case.amend", neighbour)


def test_nobody_decides_on_his_own_recusal(cast: Cast) -> None:
    case = a_case(cast)

    with pytest.raises(Refused) as refusal:
        recuse_member(case, cast.approver, actor=cast.approver, at=LATER, reason="利害关系")

    assert refusal.value.article == "监察法实施条例第二百九十六条"


def test_a_transferred_officer_knows_nothing_more_and_the_last_one_stays(cast: Cast) -> None:
    case = a_case(cast)

    remove_member(case, cast.second_officer, actor=cast.officer, at=LATER, reason="调离")

    assert not Case.objects.visible_to(cast.second_officer).exists()
    with pytest.raises(NotAllowed):
        state_fact(case, "事实", actor=cast.second_officer, at=LATER)
    with pytest.raises(Refused) as refusal:
        remove_member(case, cast.officer, actor=cast.approver, at=LATER, reason="调离")
    assert refusal.value.code == "last_officer"


def test_whoever_investigated_does_not_hear_even_after_leaving(cast: Cast) -> None:
    both = a_user("两职", Role.CASE_OFFICER, Role.HEARING_OFFICER)
    case = a_case(cast)
    add_member(case, both, duty=Duty.OFFICER, actor=cast.officer, at=LATER)
    remove_member(case, both, actor=cast.officer, at=LATER, reason="另有任务")

    with pytest.raises(Refused) as refusal:
        add_member(case, both, duty=Duty.HEARER, actor=cast.approver, at=LATER)

    assert refusal.value.article == "监察法实施条例第二百二十二条第三款"


def test_the_database_itself_keeps_the_sides_apart(cast: Cast) -> None:
    case = a_case(cast)

    with pytest.raises(IntegrityError), transaction.atomic():
        CaseMember.objects.create(
            case=case, user=cast.officer, duty="hearer", side="hear", from_on=date(2021, 10, 1), until=date(2021, 10, 2)
        )


def test_an_approver_who_drafted_cannot_decide(cast: Cast) -> None:
    drafter = a_user("又办又批", Role.CASE_OFFICER, Role.APPROVER)
    case = file_case(
        None, title="案", unit=None, kind="both", members=[cast.officer, cast.approver], actor=drafter, at=LATER
    )

    with pytest.raises(NotAllowed) as refusal:
        advance(case, "approve_filing", actor=drafter, at=LATER, document="文号")

    assert "起草" in refusal.value.message
