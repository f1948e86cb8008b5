"""What an officer gets wrong about a penalty: the sentence, the article, and nothing lost by it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cases.enums_penalties import Situation
from cases.ladder import MeasureSpec
from cases.models import Appeal, Penalty, PenaltyDraft, Recovery, Suspect
from cases.ranges import Finding
from cases.services.penalties import advance_penalty, revise_penalty
from cases.services.penalty_appeals import lodge_appeal
from cases.services.recovery import register_gain
from casework.core.errors import CaseworkError, NotReady
from casework.ledger.models import Entry
from tests.build import moment
from tests.build_penalties import DRAFTED, MINING, a_case, a_penalty, a_suspect, steps, walk
from tests.cases.test_appeals import OFFICIAL
from tests.cast import Cast

Attempt = Callable[[], object]
LATER = moment("2024-06-03 09:00")


def changed_standing(cast: Cast) -> Attempt:
    wu = a_suspect(a_case(cast))
    penalty = walk(cast, a_penalty(cast, wu), "deliberate")
    Suspect.objects.filter(pk=wu.pk).update(party_member=False)
    return lambda: advance_penalty(penalty, "approve", digest=penalty.digest, **steps(cast, penalty)["approve"])


def died(cast: Cast) -> Attempt:
    official = a_suspect(a_case(cast), "黄某某", **OFFICIAL)
    return lambda: a_penalty(cast, official, MeasureSpec("GS_WARNING"), situation=Situation.DECEASED)


def retired(cast: Cast) -> Attempt:
    official = a_suspect(a_case(cast), "黄某某", **OFFICIAL)
    return lambda: a_penalty(cast, official, MeasureSpec("GS_WARNING"), situation=Situation.RETIRED)


def retired_meanwhile(cast: Cast) -> Attempt:
    penalty = a_penalty(cast, a_suspect(a_case(cast), "黄某某", **OFFICIAL), MeasureSpec("GS_DEMERIT"))
    return lambda: revise_penalty(penalty, situation=Situation.RETIRED, actor=cast.officer, at=DRAFTED)


def twice_in_the_case(cast: Cast) -> Attempt:
    wu = a_suspect(a_case(cast))
    a_penalty(cast, wu)
    return lambda: a_penalty(cast, wu, MeasureSpec("IS_WARNING"))


def twice_for_the_act(cast: Cast) -> Attempt:
    from units.models import Person

    first = a_case(cast)
    person = Person.objects.create(unit=first.unit, name="黄某某")
    walk(
        cast, a_penalty(cast, a_suspect(first, "黄某某", person=person, **OFFICIAL), MeasureSpec("GS_DEMERIT")), "issue"
    )
    again = a_suspect(a_case(cast), "黄某某", person=person, **OFFICIAL)
    return lambda: a_penalty(cast, again, MeasureSpec("EM_WARNING"))


def two_at_once(cast: Cast) -> Attempt:
    official = a_suspect(a_case(cast), "黄某某", **OFFICIAL)
    return lambda: a_penalty(cast, official, MeasureSpec("GS_WARNING"), MeasureSpec("EM_WARNING"))


def above_the_standing(cast: Cast) -> Attempt:
    villager = a_suspect(a_case(cast), "甲某", employment="", party_member=False, village_cadre=True)
    return lambda: a_penalty(cast, villager, MeasureSpec("GS_DEMOTION"), findings=[])


def above_the_range(cast: Cast) -> Attempt:
    wu = a_suspect(a_case(cast))
    return lambda: a_penalty(cast, wu, MeasureSpec("PD_EXPULSION"))


def days_turned_round(cast: Cast) -> Attempt:
    wu = a_suspect(a_case(cast))
    return lambda: a_penalty(cast, wu, acts_on=(date(2021, 8, 31), date(2021, 3, 1)))


def served_before_it_was_issued(cast: Cast) -> Attempt:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "issue")
    data = {**steps(cast, penalty)["serve"], "served_on": date(2021, 10, 1)}
    return lambda: advance_penalty(penalty, "serve", **data)


def across_old_and_new_law(cast: Cast) -> Attempt:
    wu = a_suspect(a_case(cast))
    return lambda: a_penalty(
        cast, wu, MeasureSpec("PD_SERIOUS_WARNING"), acts_on=(date(2023, 11, 1), date(2024, 2, 1)),
        findings=[MINING, Finding("CN_OBSTRUCT_REVIEW")], at=LATER,
    )  # fmt: skip


def _gain(cast: Cast, **change: Any) -> Attempt:
    case = a_case(cast)
    data: dict[str, Any] = {
        "label": "挖矿所得", "coin": "ETH", "quantity": Decimal("0.76"), "price": Decimal(22560),
        "priced_at": moment("2021-09-08 12:00"), "price_source": "中国纪检监察报", **change,
    }  # fmt: skip
    return lambda: register_gain(case, **data, actor=cast.officer, at=DRAFTED)


def unknown_coin(cast: Cast) -> Attempt:
    return _gain(cast, coin="某某币")


def price_without_its_moment(cast: Cast) -> Attempt:
    return _gain(cast, priced_at=None)


def appeal_too_late(cast: Cast) -> Attempt:
    penalty = walk(
        cast, a_penalty(cast, a_suspect(a_case(cast), "黄某某", **OFFICIAL), MeasureSpec("GS_DEMERIT")), "finish"
    )
    return lambda: lodge_appeal(
        penalty, kind="review", received_on=date(2021, 11, 16), request="过重", actor=cast.officer,
        at=moment("2021-11-20 09:00"),
    )  # fmt: skip


ASL = "《公职人员政务处分法》"
#: What is tried, what is said, by which rule (where the law has one: a slip of the pen breaks none), at which field.
WRONG = [
    (changed_standing, "不能给予党内警告：吴某某不是中共党员。", "《中国共产党纪律处分条例》（2018年）第六条", ""),
    (died, "不能给予政务警告：黄某某已经去世。", f"{ASL}第二十七条", ""),
    (retired, "不能给予政务警告：黄某某已经退休，不再给予政务处分，可以依法调整待遇。", f"{ASL}第二十七条", ""),
    (retired_meanwhile, "不能给予政务记过：黄某某已经退休，不再给予政务处分", f"{ASL}第二十七条", ""),
    (twice_in_the_case, "同一行为不得重复处分。", "公职人员政务处分法第十六条", ""),
    (twice_for_the_act, "同一行为已给予政务记过，不得重复处分。", f"{ASL}第十六条", ""),
    (two_at_once, "已选政务警告，对同一违法行为不得重复给予政务处分和处分。", f"{ASL}第十六条", ""),
    (above_the_standing, "不能给予政务降级：基层群众性自治组织中从事管理的人员只能给予警告、记过、记大过。", f"{ASL}第二十二条", ""),
    (above_the_range, "不能给予开除党籍：幅度只到严重警告，没有加重的依据。", "《中国共产党纪律处分条例》（2018年）（条文号待核）", ""),
    (days_turned_round, "行为的起止日期颠倒了。", "", "acts_until"),
    (served_before_it_was_issued, "日期不早于决定书制发日期", "", "on"),
    (
        across_old_and_new_law,
        "几个行为跨越纪律处分条例的新旧规定（2018年、2023年），须各按行为时的规定认定",
        "（2023年）第一百五十八条",
        "",
    ),
    (unknown_coin, "没有收录“某某币”", "", "coin"),
    (price_without_its_moment, "写明是哪一时点的价格", "", "priced_at"),
    (appeal_too_late, "不能登记复审：因为已经逾期，最后一日是2021-11-15。", "第五十六条", ""),
]  # fmt: skip


def _everything() -> dict[str, Any]:
    rows = {table.__name__: table._base_manager.count() for table in (PenaltyDraft, Recovery, Appeal, Entry)}
    return {**rows, "penalties": list(Penalty.objects.order_by("pk").values_list("pk", "version", "state", "digest"))}


@pytest.mark.parametrize(
    ("attempt", "sentence", "article", "field"), WRONG, ids=lambda one: getattr(one, "__name__", "")
)
def test_what_is_wrong_is_said_with_its_article_and_nothing_is_lost(
    cast: Cast, attempt: Callable[[Cast], Attempt], sentence: str, article: str, field: str
) -> None:
    bystander = a_penalty(cast, a_suspect(a_case(cast), "旁人某"))
    act = attempt(cast)
    before = _everything()
    with pytest.raises(CaseworkError) as refused:
        act()
    said = refused.value.message
    if isinstance(refused.value, NotReady):
        said += "".join(str(row.text) for row in refused.value.missing)
    assert sentence in said
    assert article in said
    assert "！" not in said
    if field:
        assert field in refused.value.details
    assert _everything() == before
    assert Penalty.objects.get(pk=bystander.pk).version == bystander.version
