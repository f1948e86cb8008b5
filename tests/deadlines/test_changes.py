"""Stopping, resuming and lengthening clocks."""

from datetime import date

import pytest

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import Invalid, NotAllowed, Refused
from casework.deadlines.enums import State
from casework.deadlines.models import Deadline
from casework.deadlines.services.changes import extend_deadline, resume_deadline, suspend_deadline
from casework.deadlines.services.lifecycle import meet_deadline
from casework.ledger.models import Entry
from tests.build import a_user, moment
from tests.build_deadlines import a_deadline
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> User:
    return a_user("审理员甲", Role.HEARING_OFFICER)


def extend(
    deadline: Deadline, actor: User, amount: int = 1, unit: str = "month", at: str = "2026-09-10 09:00"
) -> Deadline:
    return extend_deadline(
        deadline,
        amount,
        unit,
        approver="省纪委常委会",
        document="审〔2026〕3号",
        actor=actor,
        at=moment(at),
        reason="案情复杂",
    )


#: Who let the clock run again, and why.
RESUMED = {"approver": "分管领导乙", "reason": "鉴定意见已收到", "document": "审〔2026〕5号"}


def suspend(deadline: Deadline, actor: User, at: str, **more: date) -> Deadline:
    return suspend_deadline(deadline, approver="分管领导甲", actor=actor, at=moment(at), reason="补充调查", **more)


def test_a_stop_moves_the_date_by_the_days_it_lasted(officer: User) -> None:
    deadline, bystander = a_deadline("case:1", "H01"), a_deadline("case:2", "H01")

    stopped = suspend(deadline, officer, "2026-09-10 09:00")
    assert (stopped.state, stopped.next_on, stopped.due_on) == (State.STOPPED, None, date(2026, 10, 8))
    resumed = resume_deadline(deadline, **RESUMED, actor=officer, at=moment("2026-09-24 09:00"))

    assert (resumed.state, resumed.due_on, resumed.first_due_on) == (State.OPEN, date(2026, 10, 15), date(2026, 10, 8))
    assert resumed.next_on == date(2026, 10, 9)
    words = "停 14 天（补充调查，分管领导甲批准）。恢复计时（鉴定意见已收到，分管领导乙批准，审〔2026〕5号）。"
    assert any(words in step for step in resumed.explanation)
    entry = Entry.objects.of(f"deadline:{deadline.pk}").get(kind="deadline.resumed")
    assert (entry.payload["data"]["approver"], entry.payload["reason"]) == ("分管领导乙", "鉴定意见已收到")
    kinds = [entry.kind for entry in Entry.objects.of(f"deadline:{deadline.pk}")]
    assert kinds == ["deadline.opened", "deadline.suspended", "deadline.resumed"]
    bystander.refresh_from_db()
    assert (bystander.state, bystander.due_on) == (State.OPEN, date(2026, 10, 8))


def test_any_number_of_stops_and_extensions(officer: User) -> None:
    deadline = a_deadline("case:1", "H01")
    for begin, end in (("2026-09-02", "2026-09-05"), ("2026-09-10", "2026-09-11"), ("2026-09-11", "2026-09-20")):
        suspend(deadline, officer, f"{begin} 09:00")
        resume_deadline(deadline, **RESUMED, actor=officer, at=moment(f"{end} 09:00"))
    extend(deadline, officer, at="2026-09-21 09:00")

    extended = extend(deadline, officer, 15, "day", at="2026-09-22 09:00")

    # 1 September + 2 months, 13 stopped days, 15 days more: 1 November + 13 = 14, + 15 = 29 November, a Sunday.
    assert extended.due_on == date(2026, 11, 30)
    assert extended.suspensions.count() == 3
    assert extended.extensions.count() == 2


def test_an_extension_after_expiry_is_refused_with_the_remedy(officer: User) -> None:
    deadline = a_deadline("case:1", "H01")

    with pytest.raises(Refused, match="已于2026年10月8日到期") as refused:
        extend(deadline, officer, at="2026-10-09 00:01")
    on_the_day = extend(deadline, officer, at="2026-10-08 23:59")

    assert refused.value.code == "expired"
    assert "可以" in refused.value.message
    assert on_the_day.due_on == date(2026, 11, 2)


def test_the_text_bounds_extensions(officer: User) -> None:
    case = a_deadline("case:1", "C03")
    report = a_deadline("report:1", "L02")

    with pytest.raises(Refused, match="最多可以延长 6 个月") as too_long:
        extend(case, officer, 7)
    with pytest.raises(Refused, match="最多可以延长 6 个月"):
        extend(case, officer, 6, "year")
    extend(case, officer, 6)
    with pytest.raises(Refused, match="已经延长 1 次") as twice:
        extend(case, officer, 1)
    with pytest.raises(Refused, match="没有延长的规定"):
        extend(report, officer, 1, "working_day", at="2026-09-02 09:00")

    assert too_long.value.article == "监察法实施条例（2025 年修订）第二百一十五条第二款"
    assert twice.value.code == "no_extension"
    case.refresh_from_db()
    assert case.due_on == date(2028, 3, 1)


def test_a_limit_that_may_be_renewed_is_renewed_again(officer: User) -> None:
    freeze = a_deadline("item:1", "P07")

    for _ in range(3):
        freeze = extend(freeze, officer, 6)

    assert freeze.due_on == date(2028, 9, 1)


@pytest.mark.parametrize(
    ("at", "from_on", "sentence"),
    [
        ("2026-09-10 09:00", date(2026, 9, 1), "暂停之日"),
        ("2026-09-10 09:00", date(2026, 9, 11), "暂停之日"),
        ("2026-11-10 09:00", date(2026, 10, 9), "暂停之日"),
    ],
)
def test_a_stop_lies_within_the_clock_and_not_ahead(officer: User, at: str, from_on: date, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        suspend(a_deadline("case:1", "H01"), officer, at, from_on=from_on)


def test_stops_do_not_overlap(officer: User) -> None:
    deadline = a_deadline("case:1", "H01")
    suspend(deadline, officer, "2026-09-10 09:00")
    with pytest.raises(Refused, match="暂停计时"):
        suspend(deadline, officer, "2026-09-11 09:00")
    with pytest.raises(Invalid, match="恢复之日"):
        resume_deadline(deadline, **RESUMED, actor=officer, at=moment("2026-09-12 09:00"), to_on=date(2026, 9, 9))
    resume_deadline(deadline, **RESUMED, actor=officer, at=moment("2026-09-15 09:00"))

    with pytest.raises(Invalid, match="已经暂停过"):
        suspend(deadline, officer, "2026-09-16 09:00", from_on=date(2026, 9, 12))
    with pytest.raises(Refused, match="没有暂停"):
        resume_deadline(deadline, **RESUMED, actor=officer, at=moment("2026-09-16 09:00"))


def test_liberty_and_backward_limits_do_not_stop(officer: User) -> None:
    with pytest.raises(Refused, match="没有中止的规定"):
        suspend(a_deadline("case:1", "M01", start_at=moment("2026-09-01 09:00")), officer, "2026-09-01 10:00")
    with pytest.raises(Refused, match="没有中止的规定"):
        suspend(a_deadline("case:1", "C08", start_on=date(2026, 10, 9)), officer, "2026-09-10 09:00")


def test_reason_and_approver_are_both_asked_for_at_once(officer: User) -> None:
    with pytest.raises(Invalid) as refused:
        extend_deadline(
            a_deadline("case:1", "H01"),
            1,
            "month",
            approver="",
            actor=officer,
            at=moment("2026-09-10 09:00"),
            reason="",
        )

    assert refused.value.details.keys() == {"reason", "approver"}


def test_a_duty_done_while_the_clock_stands_still_is_in_time(officer: User) -> None:
    deadline = a_deadline("case:1", "H01")
    suspend(deadline, officer, "2026-10-08 09:00")

    met = meet_deadline(deadline, actor=officer, at=moment("2026-10-20 09:00"))

    assert met.verdict is not None
    assert met.verdict["in_time"]
    assert met.suspensions.get().to_on == date(2026, 10, 20)


@pytest.mark.parametrize(
    "name",
    ["auditor", "custodian", "unit_leader", "liaison", "system_admin", "security_admin", "audit_admin", "intake"],
)
def test_those_without_the_duty_change_no_clock(cast: Cast, name: str) -> None:
    deadline, actor = a_deadline("case:1", "H01"), cast.everyone()[name]

    for act in (
        lambda: extend(deadline, actor),
        lambda: suspend(deadline, actor, "2026-09-10 09:00"),
        lambda: resume_deadline(deadline, **RESUMED, actor=actor, at=moment("2026-09-10 09:00")),
    ):
        with pytest.raises(NotAllowed):
            act()

    deadline.refresh_from_db()
    assert (deadline.state, deadline.version) == (State.OPEN, 1)
