"""What an amendment or a revocation gives back, and what it does not ask for again. Pure."""

from decimal import Decimal

import pytest

from cases.execution_plan import left_over, plan, restoration
from cases.ladder import MeasureSpec

WARNING, REMOVAL, ADMONISH = MeasureSpec("PD_WARNING"), MeasureSpec("PD_REMOVAL"), MeasureSpec("FF_ADMONISH")
DEMERIT, GOV_WARNING = MeasureSpec("GS_DEMERIT"), MeasureSpec("GS_WARNING")
SENT_AWAY, COLLECT = MeasureSpec("HR_TERMINATE"), MeasureSpec("PR_COLLECT", amount=Decimal("676.80"))


def bonus(quantity: int, unit: str = "month") -> MeasureSpec:
    return MeasureSpec("HR_BONUS_CUT", quantity=quantity, unit=unit)


#: before, after, kinds of tasks done, revoked, paid → what has to be given back
GIVEN_BACK = [
    ([REMOVAL], [], {"archive", "post", "pay"}, True, "", ["post", "pay", "archive"]),
    ([REMOVAL], [], set(), True, "", ["post", "pay", "archive"]),
    ([DEMERIT], [], {"archive"}, True, "", ["post", "pay", "archive"]),
    ([WARNING, COLLECT], [], {"archive", "property"}, True, "676.80", ["post", "pay", "archive", "property"]),
    ([WARNING, bonus(3)], [], {"archive", "bonus"}, True, "", ["post", "pay", "bonus", "archive"]),
    ([WARNING, bonus(3)], [], {"archive"}, True, "", ["post", "pay", "archive"]),
    ([SENT_AWAY], [], {"contract"}, True, "", ["post", "pay", "contract", "archive"]),
    ([SENT_AWAY], [], set(), True, "", ["post", "pay", "archive"]),
    ([REMOVAL], [WARNING], {"archive", "post", "pay"}, False, "", ["post", "pay", "notify"]),
    ([REMOVAL], [WARNING], {"archive", "pay"}, False, "", ["pay", "notify"]),
    ([REMOVAL], [WARNING], {"archive"}, False, "", ["notify"]),
    ([DEMERIT], [GOV_WARNING], {"archive", "post", "pay"}, False, "", ["notify"]),
    ([WARNING, bonus(3, "quarter")], [WARNING, bonus(1, "quarter")], {"bonus"}, False, "", ["bonus", "notify"]),
    ([WARNING, bonus(3, "quarter")], [ADMONISH, bonus(9)], {"bonus"}, False, "", ["notify"]),
    ([WARNING, bonus(3, "quarter")], [ADMONISH], {"archive"}, False, "", ["notify"]),
    ([SENT_AWAY], [ADMONISH], {"contract"}, False, "", ["contract", "notify"]),
    ([SENT_AWAY, bonus(1)], [SENT_AWAY], {"contract", "bonus"}, False, "", ["bonus", "notify"]),
    ([WARNING, COLLECT], [ADMONISH, COLLECT], {"property"}, False, "676.80", ["notify"]),
    ([WARNING, COLLECT], [ADMONISH], {"property"}, False, "676.80", ["notify", "property"]),
    ([WARNING], [ADMONISH], {"archive"}, False, "676.80", ["notify"]),
]


@pytest.mark.parametrize(("before", "after", "done", "revoked", "paid", "kinds"), GIVEN_BACK)
def test_what_has_to_be_given_back(
    before: list[MeasureSpec], after: list[MeasureSpec], done: set[str], revoked: bool, paid: str, kinds: list[str]
) -> None:
    found = restoration(before, after, done, revoked=revoked, paid=paid)
    assert [task.kind for task in found] == kinds
    assert {task.months for task in found} == {1}


def test_only_what_was_deducted_too_much_is_paid_back() -> None:
    (task, _told) = restoration([bonus(3, "quarter")], [bonus(2)], {"bonus"}, revoked=False)
    assert task.text == "补发多扣的 7 个月绩效考核奖金"
    (whole,) = [one for one in restoration([bonus(3, "quarter")], [], {"bonus"}, revoked=True) if one.kind == "bonus"]
    assert whole.text == "补发多扣的 9 个月绩效考核奖金"


@pytest.mark.parametrize(
    ("specs", "done", "kinds"),
    [
        (
            [WARNING, bonus(1)],
            {("archive", "处分决定书归入本人档案"), ("bonus", "扣除 9 个月绩效考核奖金")},
            ["archive"],
        ),
        ([WARNING, bonus(1)], set(), ["archive", "bonus"]),
        ([ADMONISH], {("talk", "对本人诫勉并留存记录")}, []),
        ([ADMONISH], {("talk", "对本人批评教育并留存记录")}, ["talk"]),
        ([SENT_AWAY], {("contract", "通知工会后解除劳动（人事）关系")}, []),
    ],
)
def test_what_was_carried_out_is_not_asked_for_again(
    specs: list[MeasureSpec], done: set[tuple[str, str]], kinds: list[str]
) -> None:
    assert [task.kind for task in left_over(plan(specs), done)] == kinds
