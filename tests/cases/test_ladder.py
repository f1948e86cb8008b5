"""Who may receive what: every row of the catalogue for every standing, and what the refusals say."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from cases.catalogue import article_words, basis_words, catalogue, find_coin, laws_on, numeral
from cases.ladder import (
    Decider,
    MeasureSpec,
    Prior,
    Standing,
    applicable_laws,
    combination,
    double,
    particulars,
    why_not,
)

LAWS = applicable_laws(date(2021, 8, 31), date(2021, 11, 1))
LAWS_2024 = applicable_laws(date(2024, 5, 1), date(2025, 7, 1))

PARTY = {"PD_WARNING", "PD_SERIOUS_WARNING", "PD_PROBATION_1", "PD_PROBATION_2", "PD_EXPULSION"}
NO_POST, POST = PARTY | {"PD_SERIOUS_WARNING_IN_LIEU"}, PARTY | {"PD_REMOVAL"}
GOV3 = {"GS_WARNING", "GS_DEMERIT", "GS_MAJOR_DEMERIT"}
GOV6 = GOV3 | {"GS_DEMOTION", "GS_DISMISSAL_POST", "GS_EXPULSION"}
IS3 = {"IS_WARNING", "IS_DEMERIT", "IS_EXPULSION"}
IS4 = IS3 | {"IS_POST_DOWNGRADE"}
EM6 = {"EM_WARNING", "EM_DEMERIT", "EM_MAJOR_DEMERIT", "EM_DEMOTION", "EM_DISMISSAL_POST", "EM_EXPULSION"}
FORM1 = {
    "FF_REMIND_TALK", "FF_CAUTION_TALK", "FF_CRITICISE_EDUCATE", "FF_STOP_ACT", "FF_SURRENDER_GAINS",
    "FF_RECTIFY_DEADLINE", "FF_SELF_CHECK", "FF_PUBLIC_APOLOGY", "FF_CIRCULAR", "FF_ADMONISH", "FF_OTHER",
}  # fmt: skip
FORM1_PARTY = FORM1 | {"FF_DEMOCRATIC_MEETING"}
OH7 = {
    "OH_SUSPEND",
    "OH_LATERAL_MOVE",
    "OH_TO_RANK",
    "OH_ORDERED_RESIGN",
    "OH_REMOVE",
    "OH_DOWNGRADE",
    "OH_EARLY_RETIRE",
}
AL4 = {"AL_CIRCULAR", "AL_ADMONISH", "AL_ORG", "AL_DISCIPLINE"}
STAFF = {"HR_BONUS_CUT", "HR_TRANSFER", "HR_PAY_CUT"}
HIRED = STAFF | {"HR_TERMINATE"}
SENT = HIRED | {"HR_RETURN_DISPATCH"}
MONEY = {
    "PR_COLLECT", "PR_CONFISCATE", "PR_RECOVER", "PR_REFUND", "PR_REGISTER_SURRENDER", "PR_RETURN", "PR_TRANSFER",
    "PR_AUCTION",
}  # fmt: skip

BASE = Standing("某某", party_member=False, public_official=False)
PEOPLE: dict[str, tuple[Standing, set[str]]] = {
    "civil servant, member with post, leading cadre": (
        replace(
            BASE,
            party_member=True,
            public_official=True,
            employment="civil_servant",
            party_post=True,
            leading_cadre=True,
        ),
        POST | GOV6 | EM6 | FORM1_PARTY | OH7 | AL4 | STAFF | MONEY,
    ),
    "civil servant, member without post": (
        replace(BASE, party_member=True, public_official=True, employment="civil_servant"),
        NO_POST | GOV6 | EM6 | FORM1_PARTY | STAFF | MONEY,
    ),
    "civil servant, no member": (
        replace(BASE, public_official=True, employment="civil_servant"),
        GOV6 | EM6 | FORM1 | STAFF | MONEY,
    ),
    "institution manager, member": (
        replace(BASE, party_member=True, public_official=True, employment="institution_manager"),
        NO_POST | GOV6 | EM6 | FORM1_PARTY | STAFF | MONEY,
    ),
    "institution staff, member (Wu)": (
        replace(BASE, party_member=True, employment="institution_staff"),
        NO_POST | IS3 | FORM1_PARTY | STAFF | MONEY,
    ),
    "institution staff who exercise public power": (
        replace(BASE, public_official=True, employment="institution_staff"),
        GOV3 | IS3 | FORM1 | STAFF | MONEY,
    ),
    "SOE manager, no member": (
        replace(BASE, public_official=True, employment="soe_manager"),
        GOV6 | EM6 | FORM1 | STAFF | MONEY,
    ),
    "village cadre, member": (
        replace(BASE, party_member=True, village_cadre=True),
        NO_POST | GOV3 | FORM1_PARTY | MONEY,
    ),
    "contract staff, no member, no official (Jin)": (
        replace(BASE, employment="temporary"),
        FORM1 | HIRED | MONEY,
    ),
    "contract staff, member": (
        replace(BASE, party_member=True, employment="contract"),
        NO_POST | FORM1_PARTY | HIRED | MONEY,
    ),
    "contract staff with public duty": (
        replace(BASE, public_official=True, employment="contract"),
        GOV3 | FORM1 | HIRED | MONEY,
    ),
    "dispatched worker, no member (He)": (replace(BASE, employment="dispatched"), FORM1 | SENT | MONEY),
    "nobody's employee": (BASE, FORM1 | MONEY),
    "retired civil servant, member": (
        replace(BASE, party_member=True, public_official=True, employment="civil_servant", retired=True),
        NO_POST | FORM1_PARTY | MONEY,
    ),
    "deceased member": (
        replace(BASE, party_member=True, public_official=True, employment="civil_servant", deceased=True),
        MONEY,
    ),
    "nothing known yet": (Standing("某某"), FORM1 | MONEY),
}


@pytest.mark.parametrize("person", list(PEOPLE))
def test_every_grade_for_every_standing(person: str) -> None:
    standing, lawful = PEOPLE[person]
    refusals = {code: why_not(code, standing, LAWS) for code in catalogue().measures}
    assert {code for code, refusal in refusals.items() if refusal is None} == lawful & set(refusals)


@pytest.mark.parametrize("person", list(PEOPLE))
def test_every_refusal_is_a_whole_sentence(person: str) -> None:
    standing, lawful = PEOPLE[person]
    for code in set(catalogue().measures) - lawful:
        refusal = why_not(code, standing, LAWS)
        assert refusal is not None
        assert refusal.sentence.startswith("不能")
        assert refusal.sentence.endswith("。")
        assert "依据" in refusal.sentence
        assert "！" not in refusal.sentence


def test_the_catalogue_holds_71_rows_and_the_grades_ascend() -> None:
    assert len(catalogue().measures) == 71
    for family in ("party_discipline", "gov_sanction"):
        weights = [measure.weight for measure in catalogue().family(family)]
        assert weights == sorted(weights)


def test_the_published_refusal_names_person_article_and_what_is_open() -> None:
    he = Standing("何某某", party_member=False, public_official=False, employment="dispatched")
    refusal = why_not("PD_WARNING", he, LAWS)
    assert refusal is not None
    assert refusal.sentence == (
        "不能给予党内警告：何某某不是中共党员。依据《中国共产党纪律处分条例》（2018年）第六条。"
        "可以选择解聘、退回劳务派遣单位、扣除绩效考核奖金、批评教育。"
    )


def test_an_unverified_number_is_never_printed() -> None:
    refusal = why_not("GS_WARNING", Standing("何某某", party_member=False, public_official=False), LAWS)
    assert refusal is not None
    assert "待核" in refusal.article
    assert "第" not in refusal.article
    for measure in catalogue().measures.values():
        for basis in measure.basis:
            if basis.confidence in {"C", "M"}:
                assert "条、" not in basis.words
                assert "条文号待核" in basis.words


def test_an_unknown_standing_is_said_not_guessed() -> None:
    refusal = why_not("PD_WARNING", Standing("黄某某"), LAWS)
    assert refusal is not None
    assert "尚未查明" in refusal.sentence


def test_lowering_the_post_is_the_employers_alone() -> None:
    wu = Standing("吴某某", party_member=True, public_official=False, employment="institution_staff")
    refusal = why_not("IS_POST_DOWNGRADE", wu, LAWS, Decider.COMMISSION)
    assert refusal is not None
    assert "监察机关不得直接使用" in refusal.why
    assert why_not("IS_POST_DOWNGRADE", wu, LAWS, Decider.EMPLOYER) is None


ONE_PARTY_ONLY, NO_DOUBLE = "只给一个党纪处分", "不得重复给予"


@pytest.mark.parametrize(
    ("codes", "why"),
    [
        (["PD_WARNING"], ""),
        (["PD_WARNING", "GS_WARNING"], ""),
        (["PD_WARNING", "HR_BONUS_CUT", "PR_COLLECT"], ""),
        (["FF_CRITICISE_EDUCATE", "FF_SELF_CHECK", "HR_BONUS_CUT"], ""),
        (["PD_EXPULSION", "GS_EXPULSION"], ""),
        (["PD_WARNING", "PD_SERIOUS_WARNING"], ONE_PARTY_ONLY),
        (["GS_WARNING", "EM_WARNING"], NO_DOUBLE),
        (["GS_WARNING", "IS_DEMERIT"], NO_DOUBLE),
        (["GS_WARNING", "GS_DEMERIT"], NO_DOUBLE),
        (["PD_WARNING", "PD_WARNING"], "列了两次"),
        (["HR_TERMINATE", "HR_RETURN_DISPATCH"], "两者只能选一"),
    ],
)
def test_measures_taken_together(codes: list[str], why: str) -> None:
    found = combination([MeasureSpec(code) for code in codes], LAWS)
    assert bool(found) == bool(why)
    assert all(why in refusal.why for refusal in found[:1])


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (MeasureSpec("HR_BONUS_CUT", quantity=3, unit="month"), ""),
        (MeasureSpec("HR_BONUS_CUT", quantity=1, unit="quarter"), ""),
        (MeasureSpec("HR_BONUS_CUT"), "几个月"),
        (MeasureSpec("HR_BONUS_CUT", quantity=0, unit="month"), "几个月"),
        (MeasureSpec("HR_BONUS_CUT", quantity=3, unit="year"), "几个月"),
        (MeasureSpec("PD_WARNING", quantity=3, unit="month"), "没有数量"),
        (MeasureSpec("PD_WARNING", amount=Decimal("1.00")), "不计金额"),
        (MeasureSpec("PR_COLLECT", amount=Decimal("676.80")), ""),
        (MeasureSpec("PR_COLLECT", amount=Decimal(0)), "大于 0"),
        (MeasureSpec("PD_WARNING", months=12), "由法律规定"),
        (MeasureSpec("GS_WARNING", months=6), ""),
        (MeasureSpec("GS_WARNING", months=5), "6 至 48"),
        (MeasureSpec("GS_WARNING", months=49), "6 至 48"),
        (MeasureSpec("GS_EXPULSION", months=12), "由法律规定"),
        (MeasureSpec("OH_SUSPEND", months=6), ""),
        (MeasureSpec("OH_SUSPEND", months=7), "最长 6 个月"),
    ],
)
def test_particulars_of_a_measure(spec: MeasureSpec, why: str) -> None:
    found = particulars([spec])
    assert bool(found) == bool(why)
    assert all(why in refusal.why for refusal in found)


MARCH, AUGUST, NEXT = date(2021, 3, 1), date(2021, 8, 31), date(2021, 9, 1)


@pytest.mark.parametrize(
    ("new", "prior", "refused"),
    [
        (
            ("GS_WARNING", MARCH, AUGUST, {"CN_ENCROACH_PROPERTY"}),
            ("EM_WARNING", MARCH, AUGUST, {"CN_ENCROACH_PROPERTY"}),
            True,
        ),
        (("GS_WARNING", MARCH, AUGUST, set()), ("EM_WARNING", AUGUST, NEXT, set()), True),
        (("GS_WARNING", NEXT, NEXT, set()), ("EM_WARNING", MARCH, AUGUST, set()), False),
        (
            ("GS_WARNING", MARCH, AUGUST, {"CN_ENCROACH_PROPERTY"}),
            ("EM_WARNING", MARCH, AUGUST, {"CN_ACCEPT_GIFTS"}),
            False,
        ),
        (("PD_WARNING", MARCH, AUGUST, set()), ("GS_WARNING", MARCH, AUGUST, set()), False),
        (("PD_WARNING", MARCH, AUGUST, set()), ("PD_WARNING", MARCH, AUGUST, set()), True),
        (("FF_ADMONISH", MARCH, AUGUST, set()), ("GS_WARNING", MARCH, AUGUST, set()), False),
    ],
)
def test_no_second_sanction_for_the_same_act(new: tuple, prior: tuple, refused: bool) -> None:
    code, since, until, conducts = new
    earlier = Prior(prior[0], "甲单位处〔2021〕1号", prior[1], prior[2], frozenset(prior[3]))
    found = double([MeasureSpec(code)], [earlier], acts_from=since, acts_until=until, conducts=conducts, laws=LAWS)
    assert bool(found) is refused
    if refused:
        assert "甲单位处〔2021〕1号" in found[0].sentence


@pytest.mark.parametrize(
    ("acts_until", "decided_on", "party"),
    [
        (date(2018, 9, 30), date(2021, 11, 1), "CDR2015"),
        (date(2018, 10, 1), date(2021, 11, 1), "CDR2018"),
        (date(2021, 8, 31), date(2021, 11, 1), "CDR2018"),
        (date(2023, 12, 31), date(2024, 3, 1), "CDR2018"),
        (date(2024, 1, 1), date(2024, 3, 1), "CDR2023"),
    ],
)
def test_party_rules_are_those_of_the_act_and_procedure_that_of_the_decision(
    acts_until: date, decided_on: date, party: str
) -> None:
    laws = applicable_laws(acts_until, decided_on)
    assert laws["CDR"] == party
    assert laws["ASL"] == "ASL2020"


def test_versions_of_a_law_follow_each_other_without_a_gap_or_an_overlap() -> None:
    families: dict[str, list] = {}
    for law in catalogue().laws.values():
        families.setdefault(law.family, []).append(law)
    for versions in families.values():
        ordered = sorted(versions, key=lambda law: law.valid_from)
        for earlier, later in pairwise(ordered):
            assert earlier.valid_until is not None
            assert (later.valid_from - earlier.valid_until).days == 1
    assert "ASL" not in laws_on(date(2020, 6, 30))


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "一"), (8, "八"), (10, "十"), (11, "十一"), (20, "二十"), (23, "二十三"), (100, "一百"), (103, "一百零三"),
     (110, "一百一十"), (112, "一百一十二"), (233, "二百三十三"), (327, "三百二十七")],
)  # fmt: skip
def test_article_numbers_in_words(number: int, words: str) -> None:
    assert numeral(number) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("8", "第八条"),
        ("112(2)", "第一百一十二条第二款"),
        ("33(1)[2]", "第三十三条第一款第（二）项"),
        ("20[3]", "第二十条第（三）项"),
    ],
)
def test_articles_in_words(at: str, words: str) -> None:
    assert article_words(at) == words


@pytest.mark.parametrize("number", [0, -1, 1000])
def test_numbers_that_no_article_has_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="1 to 999"):
        numeral(number)


def test_without_a_basis_it_says_so() -> None:
    assert basis_words(()) == "依据待核"


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("ETH", "ETH"),
        ("eth", "ETH"),
        ("以太币", "ETH"),
        (" 门罗币 ", "XMR"),
        ("渡鸦币", "RVN"),
        ("涂鸦币", "涂鸦币"),
        ("某某币", None),
    ],
)
def test_coins_are_found_by_any_of_their_names(word: str, code: str | None) -> None:
    found = find_coin(word)
    assert (found.code if found else None) == code


def test_every_code_that_the_data_names_exists() -> None:
    known = set(catalogue().measures)
    for conduct in catalogue().conducts.values():
        for row in (*conduct.party, *conduct.gov):
            for codes in row.by_severity.values():
                assert set(codes) <= known
    assert len(catalogue().conducts) == 23
