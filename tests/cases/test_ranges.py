"""The lawful range: conduct × severity × circumstance × standing × law, and what the rows of the catalogue say."""

from datetime import date

import pytest

from cases.ladder import MeasureSpec, Standing
from cases.ranges import Finding, Severity, across, form_of, propose, refusals

MINING, PROFIT, OBSTRUCT = "CN_USE_PUBLIC_PROPERTY_FOR_PROFIT", "CN_ILLEGAL_PROFIT_ACTIVITY", "CN_OBSTRUCT_REVIEW"
WU = Standing("吴某某", party_member=True, public_official=False, employment="institution_staff")
OFFICIAL = Standing(
    "黄某某", party_member=True, public_official=True, employment="institution_manager", party_post=True
)
ACTS, DECIDED = date(2021, 8, 31), date(2021, 11, 1)
LIGHT, SERIOUS, GRAVE = Severity.LIGHT, Severity.SERIOUS, Severity.GRAVE
W, SW, LIEU, REMOVAL = "PD_WARNING", "PD_SERIOUS_WARNING", "PD_SERIOUS_WARNING_IN_LIEU", "PD_REMOVAL"
PROBATION, EXPULSION = ("PD_PROBATION_1", "PD_PROBATION_2"), "PD_EXPULSION"


@pytest.mark.parametrize(
    ("findings", "circumstances", "standing", "codes"),
    [
        ([(MINING, LIGHT)], [], WU, (W, SW)),
        ([(MINING, SERIOUS)], [], WU, (LIEU, *PROBATION)),
        ([(MINING, SERIOUS)], [], OFFICIAL, (REMOVAL, *PROBATION)),
        ([(MINING, GRAVE)], [], OFFICIAL, (EXPULSION,)),
        ([(MINING, LIGHT)], ["PM5"], WU, (W, SW)),
        ([(MINING, SERIOUS)], ["PM1"], OFFICIAL, (SW, REMOVAL, *PROBATION)),
        ([(MINING, GRAVE)], ["PM1"], OFFICIAL, (EXPULSION,)),
        ([(MINING, LIGHT)], ["PA2"], OFFICIAL, (W, SW, REMOVAL)),
        ([(MINING, LIGHT)], ["PM2", "PA1"], WU, (W, SW, LIEU)),
        ([(MINING, LIGHT), (OBSTRUCT, LIGHT)], [], OFFICIAL, (SW, REMOVAL)),
        ([(MINING, LIGHT), (OBSTRUCT, SERIOUS)], [], OFFICIAL, (*PROBATION, EXPULSION)),
        ([(MINING, GRAVE), (OBSTRUCT, LIGHT)], [], OFFICIAL, (EXPULSION,)),
        ([(MINING, LIGHT), (OBSTRUCT, LIGHT)], ["PM4"], OFFICIAL, (W, SW, REMOVAL)),
        ([("CN_OCCUPY_PUBLIC_PROPERTY", LIGHT)], [], WU, ()),
        ([("CN_OCCUPY_PUBLIC_PROPERTY", SERIOUS)], [], WU, (W, SW)),
        ([("CN_NEGLECT_SUPERVISION", LIGHT)], [], OFFICIAL, (W, SW)),
        ([("CN_NEGLECT_SUPERVISION", GRAVE)], [], OFFICIAL, (REMOVAL, *PROBATION, EXPULSION)),
        ([("CN_ILLEGAL_ACT_NON_CRIME", LIGHT)], [], OFFICIAL, (W, SW, REMOVAL, *PROBATION, EXPULSION)),
        ([("CN_LEAK_SECRETS", LIGHT)], [], OFFICIAL, None),
        ([(MINING, LIGHT), ("CN_LEAK_SECRETS", LIGHT)], [], OFFICIAL, None),
        ([], [], OFFICIAL, None),
    ],
)
def test_the_party_range(
    findings: list, circumstances: list[str], standing: Standing, codes: tuple[str, ...] | None
) -> None:
    found = propose(
        [Finding(*row) for row in findings], standing, acts_until=ACTS, decided_on=DECIDED, circumstances=circumstances
    )
    assert found.party.codes == codes
    assert found.laws["CDR"] == "CDR2018"


@pytest.mark.parametrize(
    ("findings", "circumstances", "codes", "most"),
    [
        ([(MINING, LIGHT)], [], ("GS_WARNING", "GS_DEMERIT", "GS_MAJOR_DEMERIT"), None),
        ([(MINING, SERIOUS)], [], ("GS_DEMOTION", "GS_DISMISSAL_POST"), None),
        ([(MINING, GRAVE)], [], ("GS_EXPULSION",), None),
        ([(MINING, SERIOUS)], ["GM1"], ("GS_MAJOR_DEMERIT", "GS_DEMOTION", "GS_DISMISSAL_POST"), None),
        ([(MINING, LIGHT)], ["GA3"], ("GS_WARNING", "GS_DEMERIT", "GS_MAJOR_DEMERIT"), None),
        ([(MINING, LIGHT), (OBSTRUCT, LIGHT)], [], ("GS_WARNING", "GS_DEMERIT", "GS_MAJOR_DEMERIT"), None),
        ([(MINING, LIGHT), (PROFIT, LIGHT)], [], ("GS_WARNING", "GS_DEMERIT", "GS_MAJOR_DEMERIT"), 48),
        ([(MINING, LIGHT), (PROFIT, SERIOUS)], [], ("GS_DEMOTION", "GS_DISMISSAL_POST"), 48),
        ([(OBSTRUCT, LIGHT)], [], (), None),
        ([], [], None, None),
    ],
)
def test_the_administrative_range(
    findings: list, circumstances: list[str], codes: tuple[str, ...] | None, most: int | None
) -> None:
    found = propose(
        [Finding(*row) for row in findings], OFFICIAL, acts_until=ACTS, decided_on=DECIDED, circumstances=circumstances
    )
    assert (found.gov.codes, found.gov.most_months) == (codes, most)


def test_destroying_evidence_aggravates_and_says_so() -> None:
    found = propose([Finding(MINING), Finding(OBSTRUCT)], OFFICIAL, acts_until=ACTS, decided_on=DECIDED)
    assert any("对抗组织审查" in reason and "从重" in reason for reason in found.gov.reasons)
    assert any("合并处理" in reason and "第二十三条" in reason for reason in found.party.reasons)


def test_a_mitigated_light_case_may_be_exempted() -> None:
    found = propose([Finding(MINING)], WU, acts_until=ACTS, decided_on=DECIDED, circumstances=["PM2"])
    assert found.party.exempt
    assert not propose(
        [Finding(MINING, SERIOUS)], WU, acts_until=ACTS, decided_on=DECIDED, circumstances=["PM2"]
    ).party.exempt


@pytest.mark.parametrize(
    ("acts_until", "decided_on", "law"),
    [
        (date(2021, 8, 31), date(2021, 11, 1), "CDR2018"),
        (date(2023, 12, 31), date(2024, 6, 1), "CDR2018"),
        (date(2024, 1, 1), date(2024, 6, 1), "CDR2023"),
    ],
)
def test_old_law_for_old_acts_new_law_for_acts_that_go_on(acts_until: date, decided_on: date, law: str) -> None:
    found = propose([Finding(MINING)], WU, acts_until=acts_until, decided_on=decided_on)
    assert found.party.law == law
    assert found.laws["CDR"] == law


def test_acts_before_the_administrative_law_are_left_to_a_person() -> None:
    found = propose([Finding(MINING)], OFFICIAL, acts_until=date(2020, 5, 1), decided_on=DECIDED)
    assert any("须由人核对" in note for note in found.notes)


def test_every_row_of_the_catalogue_says_why() -> None:
    found = propose([Finding(MINING)], WU, acts_until=ACTS, decided_on=DECIDED)
    assert len(found.options) == 71
    assert all(option.why for option in found.options)
    assert {option.measure.code for option in found.options if option.state == "fit"} == {W, SW}
    assert found.option(REMOVAL).why == "吴某某没有党内职务"
    assert "幅度只到严重警告" in found.option(EXPULSION).why
    assert found.option("IS_POST_DOWNGRADE").why == "只能由任免机关、单位作出，监察机关不得直接使用"
    assert "在编" in found.option("HR_TERMINATE").why


def test_below_the_range_is_refused_too() -> None:
    found = propose([Finding(MINING, SERIOUS)], OFFICIAL, acts_until=ACTS, decided_on=DECIDED)
    assert found.option(W).why == "低于幅度，没有减轻的依据"
    wrong = refusals([MeasureSpec(W)], found, OFFICIAL)
    assert len(wrong) == 1
    assert wrong[0].instead == ("撤销党内职务", "留党察看一年", "留党察看二年")


@pytest.mark.parametrize(
    ("findings", "months", "refused"),
    [
        ([Finding(MINING)], 12, True),
        ([Finding(MINING)], 6, False),
        ([Finding(MINING), Finding(PROFIT)], 12, False),
    ],
)
def test_only_several_acts_lengthen_an_administrative_period(
    findings: list[Finding], months: int, refused: bool
) -> None:
    found = propose(findings, OFFICIAL, acts_until=ACTS, decided_on=DECIDED)
    assert bool(refusals([MeasureSpec("GS_WARNING", months=months)], found, OFFICIAL)) is refused


@pytest.mark.parametrize(
    ("codes", "form"),
    [
        ([], 0),
        (["HR_BONUS_CUT"], 0),
        (["FF_CRITICISE_EDUCATE", "FF_SELF_CHECK", "HR_BONUS_CUT"], 1),
        (["PD_WARNING", "HR_BONUS_CUT"], 2),
        (["GS_DEMOTION"], 3),
        (["PD_SERIOUS_WARNING_IN_LIEU"], 3),
        (["PD_EXPULSION", "GS_EXPULSION"], 3),
    ],
)
def test_the_form_is_that_of_the_gravest_measure(codes: list[str], form: int) -> None:
    assert form_of(codes) == form


@pytest.mark.parametrize(
    ("code", "findings", "acts_from", "acts_until", "refused"),
    [
        (W, [MINING, OBSTRUCT], date(2023, 12, 31), date(2024, 1, 1), True),
        (W, [MINING, OBSTRUCT], date(2023, 1, 1), date(2023, 12, 31), False),
        (W, [MINING, OBSTRUCT], date(2024, 1, 1), date(2024, 3, 1), False),
        (W, [MINING], date(2023, 12, 31), date(2024, 1, 1), False),
        (W, [], date(2023, 12, 31), date(2024, 1, 1), False),
        ("GS_WARNING", [MINING, OBSTRUCT], date(2023, 12, 31), date(2024, 1, 1), False),
        ("FF_ADMONISH", [MINING, OBSTRUCT], date(2023, 12, 31), date(2024, 1, 1), False),
    ],
)
def test_several_conducts_on_both_sides_of_a_change_are_not_combined(
    code: str, findings: list[str], acts_from: date, acts_until: date, refused: bool
) -> None:
    rows = [Finding(one) for one in findings]
    wrong = across([MeasureSpec(code)], rows, acts_from=acts_from, acts_until=acts_until)
    assert len(wrong) == int(refused)
    if refused:
        assert (wrong[0].code, wrong[0].article) == (code, "《中国共产党纪律处分条例》（2023年）第一百五十八条")
        assert "（2018年、2023年）" in wrong[0].why
        assert "分案" in wrong[0].sentence
