"""Like cases alike: what asks for a reason, what the standing explains, and how it is said."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cases.equality import Treatment, tier, times, warnings
from cases.execution_plan import plan
from cases.ladder import MeasureSpec, Standing, applicable_laws

LAWS = applicable_laws(date(2021, 8, 31), date(2021, 11, 1))
MEMBER = Standing("吴某某", party_member=True, public_official=False, employment="institution_staff")
NO_MEMBER = Standing("何某某", party_member=False, public_official=False, employment="dispatched")
EDUCATED, WARNED, HEAVY = ("FF_CRITICISE_EDUCATE",), ("PD_WARNING",), ("PD_PROBATION_1",)
WU = Treatment("吴某某", WARNED, MEMBER, Decimal("17145.60"), "0.76 ETH")
YU = Treatment("虞某", EDUCATED, replace(MEMBER, name="虞某"), Decimal("676.80"), "0.03 ETH")


@pytest.mark.parametrize(
    ("codes", "weight"),
    [
        ((), 0),
        (("PR_COLLECT",), 0),
        (("HR_BONUS_CUT",), 1),
        (EDUCATED, 1),
        (("FF_ADMONISH", "HR_BONUS_CUT"), 1),
        (WARNED, 2),
        (("GS_MAJOR_DEMERIT",), 2),
        (("IS_WARNING",), 2),
        (("HR_TERMINATE",), 2),
        (("HR_RETURN_DISPATCH",), 2),
        (("OH_REMOVE",), 2),
        (("PD_SERIOUS_WARNING_IN_LIEU",), 3),
        (("GS_DEMOTION", "PD_WARNING"), 3),
        (HEAVY, 3),
        (("PD_EXPULSION",), 4),
        (("GS_EXPULSION",), 4),
        (("IS_EXPULSION",), 4),
    ],
)
def test_how_heavy(codes: tuple[str, ...], weight: int) -> None:
    assert tier(codes) == weight


@pytest.mark.parametrize(
    ("mine", "other", "ratio"),
    [
        ("17145.60", "676.80", "25.3"),
        ("676.80", "17145.60", "25.3"),
        ("100", "100", "1.0"),
        ("100", "0", None),
        ("0", "0", None),
        ("105", "100", "1.1"),
    ],
)
def test_how_many_times(mine: str, other: str, ratio: str | None) -> None:
    assert times(Decimal(mine), Decimal(other)) == (Decimal(ratio) if ratio else None)


@pytest.mark.parametrize(
    ("mine", "other", "said"),
    [
        (WU, YU, "吴某某所得 0.76 ETH，约为虞某 0.03 ETH 的 25.3 倍；拟处理比虞某重 1 个层次，须写明理由。"),
        (YU, WU, "吴某某所得 0.76 ETH，约为虞某 0.03 ETH 的 25.3 倍；拟处理比吴某某轻 1 个层次，须写明理由。"),
        (
            WU,
            replace(YU, codes=WARNED),
            "吴某某所得 0.76 ETH，约为虞某 0.03 ETH 的 25.3 倍；两人处理轻重相同，须写明理由。",
        ),
        (replace(WU, gains=Decimal(0)), replace(YU, gains=Decimal(0)), "拟处理比虞某重 1 个层次，须写明理由。"),
        (replace(WU, codes=HEAVY), replace(YU, gains=Decimal(0)), "拟处理比虞某重 2 个层次，须写明理由。"),
    ],
)
def test_what_asks_for_a_reason(mine: Treatment, other: Treatment, said: str) -> None:
    assert warnings(mine, [other], LAWS) == [said]


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        (WU, replace(YU, same_case=False)),
        (WU, replace(YU, codes=())),
        (WU, replace(YU, codes=WARNED, gains=Decimal(5000))),
        # a warning of the party is not open to somebody who is no member: the standing explains the difference
        (WU, replace(YU, codes=("HR_BONUS_CUT",), standing=NO_MEMBER)),
        (replace(YU, codes=("HR_BONUS_CUT",), standing=NO_MEMBER), WU),
    ],
)
def test_what_asks_for_nothing(mine: Treatment, other: Treatment) -> None:
    assert warnings(mine, [other], LAWS) == []


def test_a_difference_that_standing_does_not_explain_is_said() -> None:
    dismissed = Treatment("何某某", ("HR_TERMINATE",), NO_MEMBER)
    assert len(warnings(dismissed, [replace(YU, gains=Decimal(0))], LAWS)) == 1


def test_the_largest_difference_comes_first() -> None:
    slight = replace(YU, name="甲某", codes=WARNED, gains=Decimal(1000))
    found = warnings(replace(WU, codes=HEAVY), [slight, YU], LAWS)
    assert ["虞某" in words for words in found] == [True, False]


@pytest.mark.parametrize(
    ("specs", "kinds"),
    [
        ([MeasureSpec("PD_WARNING")], ["archive"]),
        ([MeasureSpec("PD_SERIOUS_WARNING_IN_LIEU")], ["archive"]),
        ([MeasureSpec("PD_REMOVAL")], ["archive", "post", "pay"]),
        ([MeasureSpec("GS_DEMOTION")], ["archive", "post", "pay"]),
        ([MeasureSpec("PD_REMOVAL"), MeasureSpec("GS_DISMISSAL_POST")], ["archive", "post", "pay", "post", "pay"]),
        ([MeasureSpec("HR_BONUS_CUT", quantity=1, unit="quarter")], ["bonus"]),
        ([MeasureSpec("HR_TERMINATE")], ["contract"]),
        ([MeasureSpec("HR_RETURN_DISPATCH")], ["contract"]),
        ([MeasureSpec("HR_TRANSFER")], ["advice"]),
        ([MeasureSpec("OH_REMOVE")], ["advice"]),
        ([MeasureSpec("FF_SELF_CHECK")], ["talk"]),
        ([MeasureSpec("PR_COLLECT", amount=Decimal("676.80"))], ["property"]),
        ([MeasureSpec("AL_CIRCULAR")], ["talk"]),
        ([], []),
    ],
)
def test_what_has_to_be_done(specs: list[MeasureSpec], kinds: list[str]) -> None:
    tasks = plan(specs)
    assert [task.kind for task in tasks] == kinds
    assert all(task.text and task.responsible and task.months > 0 for task in tasks)


@pytest.mark.parametrize(
    ("mine", "other", "asks"), [("5", "1", True), ("4.9", "1", False), ("1", "5", True), ("1", "4.9", False)]
)
def test_five_times_as_much_treated_alike_has_to_be_explained(mine: str, other: str, asks: bool) -> None:
    rich = replace(WU, codes=WARNED, gains=Decimal(mine))
    assert bool(warnings(rich, [replace(YU, codes=WARNED, gains=Decimal(other))], LAWS)) is asks


def test_equal_gains_name_the_drafted_one_first_and_nothing_is_no_gain() -> None:
    (said,) = warnings(
        replace(WU, gains=Decimal(100), gains_words="100 元"),
        [replace(YU, gains=Decimal(100), gains_words="100 元")],
        LAWS,
    )
    assert said.startswith("吴某某所得 100 元，约为虞某 100 元 的 1 倍；拟处理比虞某重")
    assert Treatment("某某", (), NO_MEMBER).gains == 0


def test_without_laws_the_same_is_said() -> None:
    assert warnings(WU, [YU]) == warnings(WU, [YU], LAWS)
