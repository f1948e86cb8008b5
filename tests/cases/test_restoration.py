"""An amendment or a revocation gives back what was taken, and nothing of it is carried out any more."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cases.enums_penalties import AppealState, PenaltyState
from cases.ladder import MeasureSpec
from cases.models import Appeal, Penalty
from cases.penalty_content import content_of, digest_of
from cases.ranges import Finding, Severity
from cases.services.penalties import advance_penalty
from cases.services.penalty_appeals import accept_appeal, decide_appeal, lodge_appeal
from cases.services.penalty_execution import finish_task
from cases.services.recovery import register_gain, register_payment
from casework.accounts.models import User
from casework.core.errors import Invalid, NotAllowed
from casework.deadlines.models import Deadline
from casework.ledger.selectors import defects
from tests.build import moment
from tests.build_penalties import DRAFTED, FORWARD, MINING, a_case, a_penalty, a_suspect, steps, walk
from tests.cases.test_appeals import OFFICIAL, a_leader, reviewers
from tests.cast import Cast

REMOVAL = MeasureSpec("PD_REMOVAL")
DEMERIT, GOV_WARNING = MeasureSpec("GS_DEMERIT"), MeasureSpec("GS_WARNING")
COLLECT = MeasureSpec("PR_COLLECT", amount=Decimal("676.80"))
DECIDED = moment("2021-11-20 09:00")


def bonus(quantity: int, unit: str = "month") -> MeasureSpec:
    return MeasureSpec("HR_BONUS_CUT", quantity=quantity, unit=unit)


# -- through the services ---------------------------------------------------------------------------------------------


def removed(cast: Cast, until: str) -> Penalty:
    """A member removed from his party post, with everything done up to that step."""
    wu = a_suspect(a_case(cast), party_post="支部委员")
    draft = a_penalty(cast, wu, REMOVAL, bonus(3, "quarter"), findings=[Finding(MINING.code, Severity.SERIOUS)])
    heard = walk(cast, draft, "deliberate")
    approved = advance_penalty(
        heard, "approve", digest=heard.digest, committee_document="浙委〔2021〕9号", committee_on=date(2021, 10, 11),
        **steps(cast, draft)["approve"],
    )  # fmt: skip
    return walk(cast, approved, until, skip=FORWARD[:3])


def appealed(cast: Cast, penalty: Penalty, kind: str = "party_appeal") -> tuple[Appeal, User]:
    leader = a_leader(penalty.suspect.case.compartment)
    lodged = lodge_appeal(
        penalty, kind=kind, received_on=date(2021, 11, 5), request="处理过重", actor=cast.hearing_officer,
        at=moment("2021-11-05 09:00"),
    )  # fmt: skip
    return accept_appeal(lodged, handlers=reviewers(), actor=leader, at=moment("2021-11-08 09:00")), leader


def test_a_removal_amended_to_a_warning_gives_post_pay_and_bonus_back(cast: Cast) -> None:
    penalty, bystander = removed(cast, "finish"), removed(cast, "finish")
    appeal, leader = appealed(cast, penalty)
    penalty.suspect.refresh_from_db()
    type(penalty).objects.filter(pk=penalty.pk).update(
        findings=[{"code": MINING.code, "severity": "serious"}], circumstances=["PM1"]
    )
    decide_appeal(
        appeal, outcome="amended", reason="有立功表现", document="浙纪复〔2021〕5号", actor=leader, at=DECIDED,
        measures=[MeasureSpec("PD_SERIOUS_WARNING"), bonus(1, "quarter")],
    )  # fmt: skip
    penalty.refresh_from_db()
    back = list(penalty.tasks.filter(done_on__isnull=True).values_list("kind", "text", "due_on"))
    assert back == [
        ("post", "恢复级别、职务、岗位", date(2021, 12, 20)),
        ("pay", "恢复工资待遇，补发减少的部分", date(2021, 12, 20)),
        ("bonus", "补发多扣的 6 个月绩效考核奖金", date(2021, 12, 20)),
        ("notify", "变更决定在原宣布范围宣布", date(2021, 12, 20)),
    ]
    # eighteen months from the committee's day, not from the day of the amendment
    assert (penalty.effective_on, penalty.period_until) == (date(2021, 10, 11), date(2023, 4, 10))
    assert penalty.digest == digest_of(content_of(Penalty.objects.get(pk=penalty.pk)))
    again = advance_penalty(penalty, "execute", actor=cast.officer, at=DECIDED + timedelta(days=1))
    assert list(again.tasks.filter(done_on__isnull=True).values_list("kind", flat=True)) == [
        "post", "pay", "bonus", "notify", "archive",
    ]  # fmt: skip
    for task in again.tasks.filter(done_on__isnull=True):
        finish_task(task, done_on=date(2021, 11, 22), proof="回执", actor=cast.officer, at=DECIDED + timedelta(days=2))
    over = advance_penalty(again, "finish", actor=cast.officer, at=DECIDED + timedelta(days=3))
    assert over.state == PenaltyState.RUNNING
    assert Penalty.objects.get(pk=bystander.pk).period_until == date(2023, 10, 10)
    assert not bystander.tasks.filter(done_on__isnull=True).exists()
    assert defects() == []


def test_what_was_not_carried_out_yet_is_dropped_with_the_reason(cast: Cast) -> None:
    penalty = removed(cast, "execute")
    assert penalty.tasks.filter(done_on__isnull=True).count() == 4
    appeal, leader = appealed(cast, penalty)
    decide_appeal(appeal, outcome="revoked", reason="事实不清", document="浙纪复〔2021〕6号", actor=leader, at=DECIDED)
    dropped = penalty.tasks.exclude(waived_reason="")
    assert {task.waived_reason for task in dropped} == {"处分已撤销（浙纪复〔2021〕6号）"}
    assert dropped.count() == 4
    assert list(penalty.tasks.filter(done_on__isnull=True).values_list("kind", flat=True)) == ["post", "pay", "archive"]
    assert not Deadline.objects.filter(ref=f"penalty:{penalty.pk}").live().exists()
    assert defects() == []


def test_what_was_paid_is_looked_at_again_after_a_revocation(cast: Cast) -> None:
    case = a_case(cast)
    yu = a_suspect(case, "虞某", **OFFICIAL)
    gain = register_gain(
        case, label="挖矿所得", suspect=yu, coin="ETH", quantity=Decimal("0.03"), price=Decimal(22560),
        priced_at=moment("2021-09-08 12:00"), price_source="中国纪检监察报", actor=cast.officer, at=DRAFTED,
    )  # fmt: skip
    register_payment(
        gain, amount=Decimal("676.80"), paid_on=date(2021, 10, 12), receipt="票据1号", actor=cast.officer,
        at=moment("2021-10-12 09:00"),
    )  # fmt: skip
    penalty = walk(cast, a_penalty(cast, yu, GOV_WARNING, COLLECT), "finish")
    appeal, leader = appealed(cast, penalty, "review")
    decide_appeal(appeal, outcome="revoked", reason="事实不清", document="浙纪复〔2021〕7号", actor=leader, at=DECIDED)
    task = penalty.tasks.get(done_on__isnull=True, kind="property")
    assert task.text == "核对已缴 676.80 元，收缴、追缴有误的返还本人"


def test_an_appeal_before_the_service_is_a_wrong_day(cast: Cast) -> None:
    official = a_suspect(a_case(cast), "黄某某", **OFFICIAL)
    penalty = walk(cast, a_penalty(cast, official, DEMERIT), "finish")
    with pytest.raises(Invalid, match="收到日期早于决定书送达日期") as wrong:
        lodge_appeal(
            penalty, kind="review", received_on=date(2021, 10, 12), request="过重", actor=cast.officer,
            at=moment("2021-11-05 09:00"),
        )  # fmt: skip
    assert set(wrong.value.details) == {"received_on"}
    assert not Appeal.objects.exists()


def test_who_reviewed_it_first_does_not_review_it_again(cast: Cast) -> None:
    official = a_suspect(a_case(cast), "黄某某", **OFFICIAL)
    penalty = walk(cast, a_penalty(cast, official, DEMERIT), "finish")
    first, leader = appealed(cast, penalty, "review")
    decide_appeal(first, outcome="upheld", reason="清楚", document="浙纪复〔2021〕8号", actor=leader, at=DECIDED)
    second = lodge_appeal(
        penalty, kind="second_review", received_on=date(2021, 11, 25), request="仍过重", actor=cast.officer,
        at=moment("2021-11-25 09:00"),
    )  # fmt: skip
    at, other = moment("2021-11-26 09:00"), a_leader(penalty.suspect.case.compartment)
    assert first.handled_by is not None
    with pytest.raises(NotAllowed, match="复查过"):
        accept_appeal(second, handlers=(first.handled_by, reviewers()[1]), actor=other, at=at)
    with pytest.raises(NotAllowed, match="复查过"):
        accept_appeal(second, handlers=reviewers(), actor=leader, at=at)
    assert accept_appeal(second, handlers=reviewers(), actor=other, at=at).state == AppealState.ACCEPTED


def test_an_amended_decision_may_be_reviewed_again_before_it_is_carried_out(cast: Cast) -> None:
    official = a_suspect(a_case(cast), "黄某某", **OFFICIAL)
    penalty = walk(cast, a_penalty(cast, official, DEMERIT), "finish")
    first, leader = appealed(cast, penalty, "review")
    decide_appeal(
        first, outcome="amended", reason="较轻", document="浙纪复〔2021〕9号", actor=leader, at=DECIDED,
        measures=[GOV_WARNING],
    )  # fmt: skip
    again = lodge_appeal(
        penalty, kind="second_review", received_on=date(2021, 11, 25), request="仍过重", actor=cast.officer,
        at=moment("2021-11-25 09:00"),
    )  # fmt: skip
    assert again.state == AppealState.LODGED
