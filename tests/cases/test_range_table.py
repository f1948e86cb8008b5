"""The range at its edges: what is said, what was not read, where it stops, and every conduct in both laws. Pure."""

from dataclasses import replace
from datetime import date

import pytest

from cases.catalogue import Basis, Range, catalogue
from cases.ladder import Decider, MeasureSpec, Standing
from cases.ranges import Finding, Severity, TrackRange, gov_range, party_range, propose, refusals

MINING, NEGLECT, OBSTRUCT = "CN_USE_PUBLIC_PROPERTY_FOR_PROFIT", "CN_NEGLECT_SUPERVISION", "CN_OBSTRUCT_REVIEW"
LIGHT, SERIOUS, GRAVE = Severity.LIGHT, Severity.SERIOUS, Severity.GRAVE
WU = Standing("吴某某", party_member=True, public_official=False, employment="institution_staff")
CADRE = Standing(
    "黄某某", party_member=True, public_official=True, employment="civil_servant", party_post=True, leading_cadre=True
)
ACTS, DECIDED = date(2021, 8, 31), date(2021, 11, 1)
ASL = {"ASL": "ASL2020"}


def test_a_range_in_words() -> None:
    assert TrackRange(None).words == "幅度未核，由人对照原文"
    assert TrackRange(()).words == "不给予处分"
    assert TrackRange(("PD_WARNING", "GS_DEMERIT")).words == "党内警告、政务记过"


def test_the_reasons_name_what_each_conduct_deserves() -> None:
    found = propose([Finding(MINING)], CADRE, acts_until=ACTS, decided_on=DECIDED)
    assert found.party.reasons == ("占用公物进行营利活动，情节较轻：警告、严重警告",)
    assert found.gov.reasons == ("占用公物进行营利活动，情节较轻：警告、记过、记大过",)
    none = propose([Finding("CN_OCCUPY_PUBLIC_PROPERTY")], CADRE, acts_until=ACTS, decided_on=DECIDED)
    assert none.party.reasons[0].endswith("不给予处分")
    unread = propose([Finding("CN_LEAK_SECRETS")], CADRE, acts_until=ACTS, decided_on=DECIDED)
    assert unread.party.reasons[0].endswith("幅度未核")


def test_what_the_standing_opens_at_all() -> None:
    mine = propose([Finding(MINING)], WU, acts_until=ACTS, decided_on=DECIDED).open_to
    assert (mine["party_discipline"], mine["gov_sanction"], mine["employer_sanction"]) == (True, False, True)
    assert (mine["first_form"], mine["org_handling"], mine["party_org"], mine["unit_measure"]) == (
        True, False, False, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("HR_BONUS_CUT", "由所在单位作出，本机关只能建议"),
        ("EM_WARNING", "由所在单位作出，本机关只能建议"),
        ("OH_LATERAL_MOVE", "由党委（党组）按干部管理权限作出，本机关只能建议"),
        ("FF_ADMONISH", "可以采用"),
        ("PD_WARNING", "在幅度内"),
        ("PD_EXPULSION", "幅度只到严重警告，没有加重的依据"),
        ("GS_EXPULSION", "幅度只到记大过，没有加重的依据"),
    ],
)
def test_every_choice_says_who_makes_it_or_why_not(code: str, why: str) -> None:
    found = propose([Finding(MINING)], CADRE, acts_until=ACTS, decided_on=DECIDED)
    assert found.option(code).why == why


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("PD_WARNING", "低于幅度，没有减轻的依据"),
        ("PD_SERIOUS_WARNING", "低于幅度，没有减轻的依据"),
        ("PD_REMOVAL", "在幅度内"),
        ("PD_PROBATION_2", "在幅度内"),
        ("PD_EXPULSION", "幅度只到留党察看二年，没有加重的依据"),
    ],
)
def test_below_and_above_the_range(code: str, why: str) -> None:
    found = propose([Finding(MINING, SERIOUS)], CADRE, acts_until=ACTS, decided_on=DECIDED)
    assert found.option(code).why == why


@pytest.mark.parametrize(
    ("severity", "circumstances", "exempt"),
    [
        (LIGHT, ["GM1"], True),
        (LIGHT, [], False),
        (SERIOUS, ["GM1"], False),
        (LIGHT, ["GA1"], False),
        (GRAVE, ["GM2"], False),
    ],
)
def test_only_a_mitigated_lightest_grade_may_be_exempted(
    severity: Severity, circumstances: list[str], exempt: bool
) -> None:
    assert gov_range([Finding(MINING, severity)], circumstances, ASL).exempt is exempt


@pytest.mark.parametrize(
    ("severity", "circumstances", "codes"),
    [
        (LIGHT, ["GM1"], ("GS_WARNING", "GS_DEMERIT", "GS_MAJOR_DEMERIT")),
        (SERIOUS, [], ("GS_DEMOTION", "GS_DISMISSAL_POST")),
        (SERIOUS, ["GM1"], ("GS_MAJOR_DEMERIT", "GS_DEMOTION", "GS_DISMISSAL_POST")),
        (SERIOUS, ["GA1"], ("GS_DEMOTION", "GS_DISMISSAL_POST")),
        (GRAVE, [], ("GS_EXPULSION",)),
        (GRAVE, ["GM1"], ("GS_DISMISSAL_POST", "GS_EXPULSION")),
    ],
)
def test_the_administrative_range_by_circumstance(
    severity: Severity, circumstances: list[str], codes: tuple[str, ...]
) -> None:
    assert gov_range([Finding(MINING, severity)], circumstances, ASL).codes == codes


def test_where_no_rules_were_read_a_person_looks_at_the_text() -> None:
    found = gov_range([Finding(MINING)], (), {})
    assert (found.codes, found.reasons) == (None, ("行为时或者决定时的政务处分规定未收录",))


def test_what_the_new_rules_do_not_say_leaves_the_old_range() -> None:
    finding = [Finding("CN_ABUSE_ACCOUNTABILITY")]
    found = party_range(finding, CADRE, (), {"CDR": "CDR2023"}, DECIDED)
    assert (found.codes, found.law) == (("PD_WARNING", "PD_SERIOUS_WARNING"), "CDR2023")
    assert not any("从旧兼从轻" in reason for reason in found.reasons)
    unread = party_range(finding, CADRE, (), {"CDR": "CDR2018"}, date(2024, 6, 1))
    assert unread.codes is None


def test_the_same_rules_then_and_now_are_not_compared() -> None:
    now = propose([Finding(MINING)], CADRE, acts_until=ACTS, decided_on=DECIDED)
    later = propose([Finding(MINING)], CADRE, acts_until=ACTS, decided_on=date(2024, 6, 1))
    assert not any("从旧兼从轻" in reason for reason in now.party.reasons)
    assert later.party.reasons[-1] == "行为发生时的规定仍适用（从旧兼从轻）"
    assert later.party.codes == now.party.codes


def test_the_article_is_that_of_the_rules_that_were_applied() -> None:
    old = propose([Finding(MINING)], CADRE, acts_until=ACTS, decided_on=date(2024, 6, 1))
    new = propose([Finding(MINING)], CADRE, acts_until=date(2024, 2, 1), decided_on=date(2024, 6, 1))
    assert "（2018年）" in old.option("PD_WARNING").article
    assert "（2023年）" in new.option("PD_WARNING").article
    assert "政务处分法" in old.option("GS_WARNING").article


@pytest.mark.parametrize("code", sorted(catalogue().conducts))
@pytest.mark.parametrize("severity", list(Severity))
def test_every_conduct_gives_grades_that_follow_each_other(code: str, severity: Severity) -> None:
    known = catalogue().measures
    found = propose([Finding(code, severity)], CADRE, acts_until=date(2024, 2, 1), decided_on=date(2024, 6, 1))
    for track in (found.party, found.gov):
        weights = [known[one].weight for one in track.codes or ()]
        assert weights == sorted(weights)
        assert set(range(min(weights, default=0), max(weights, default=0) + 1)) - {0} == set(weights)
    heavier = propose(
        [Finding(code, severity)],
        CADRE,
        acts_until=date(2024, 2, 1),
        decided_on=date(2024, 6, 1),
        circumstances=["PA1"],
    )
    if found.party.codes:
        assert set(found.party.codes) <= set(heavier.party.codes or ())


@pytest.mark.parametrize("months", [None, 6, 7])
def test_only_a_period_beyond_the_grade_needs_several_acts(months: int | None) -> None:
    found = propose([Finding(MINING)], CADRE, acts_until=ACTS, decided_on=DECIDED)
    wrong = refusals([MeasureSpec("GS_WARNING", months=months)], found, CADRE)
    assert len(wrong) == (1 if months == 7 else 0)


def test_what_is_open_instead_is_named() -> None:
    found = propose([Finding("CN_OCCUPY_PUBLIC_PROPERTY")], CADRE, acts_until=ACTS, decided_on=DECIDED)
    (wrong,) = refusals([MeasureSpec("PD_WARNING")], found, CADRE)
    assert (wrong.why, wrong.instead) == ("按认定的情节不给予这一类处分", ("批评教育", "诫勉"))


def test_the_employer_decides_in_its_own_name() -> None:
    staff = replace(WU, party_member=False)
    for decider, state in ((Decider.COMMISSION, "off"), (Decider.EMPLOYER, "open")):
        found = propose([Finding(MINING)], staff, acts_until=ACTS, decided_on=DECIDED, decider=decider)
        assert found.option("IS_POST_DOWNGRADE").state == state


W, SW, REMOVAL = "PD_WARNING", "PD_SERIOUS_WARNING", "PD_REMOVAL"


def _invented(monkeypatch: pytest.MonkeyPatch, old: tuple[str, ...], new: tuple[str, ...]) -> Finding:
    """An invented conduct whose article changed with the rules: none of the catalogue became milder."""

    def read(law: str, codes: tuple[str, ...]) -> Range:
        return Range(Basis(catalogue().laws[law], ("1",), "A"), {"情节较轻": codes})

    known = catalogue().conducts
    ranges = (read("CDR2018", old), read("CDR2023", new))
    unread = Range(Basis(catalogue().laws["ASL2020"], (), "A"), {})
    conduct = replace(known[MINING], code="CN_INVENTED", name="某行为", party=ranges, gov=(unread,))
    monkeypatch.setitem(known, "CN_INVENTED", conduct)  # type: ignore[arg-type]
    return Finding("CN_INVENTED")


@pytest.mark.parametrize(
    ("old", "new", "codes", "law"),
    [
        ((SW, REMOVAL), (W, SW), (W, SW), "CDR2023"),
        ((SW, REMOVAL), (W, SW, REMOVAL), (W, SW, REMOVAL), "CDR2023"),
        ((W, SW), (), (), "CDR2023"),
        ((W, SW), (W, SW), (W, SW), "CDR2018"),
        ((W, SW), (SW, REMOVAL), (W, SW), "CDR2018"),
        ((W, SW, REMOVAL), (SW, REMOVAL), (W, SW, REMOVAL), "CDR2018"),
        ((W,), (W, SW), (W,), "CDR2018"),
    ],
)
def test_the_milder_of_two_laws_applies(
    monkeypatch: pytest.MonkeyPatch, old: tuple[str, ...], new: tuple[str, ...], codes: tuple[str, ...], law: str
) -> None:
    finding = _invented(monkeypatch, old, new)
    found = propose([finding], CADRE, acts_until=ACTS, decided_on=date(2024, 6, 1))
    assert (found.party.codes, found.party.law, found.laws["CDR"]) == (codes, law, law)
    milder = "新规定处理较轻，适用新规定（从旧兼从轻，《中国共产党纪律处分条例》（2023年）第一百五十八条）"
    assert found.party.reasons[-1] == (milder if law == "CDR2023" else "行为发生时的规定仍适用（从旧兼从轻）")


def test_what_was_never_read_is_left_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = _invented(monkeypatch, (W,), (W,))
    found = gov_range([finding, Finding(MINING)], (), ASL)
    assert found.codes is None
    assert found.reasons == ("某行为，情节较轻：幅度未核",)
    both = party_range([finding, Finding("CN_LEAK_SECRETS")], CADRE, (), {"CDR": "CDR2018"}, DECIDED)
    assert both.codes is None
    assert len(both.reasons) == 2
