"""Drafting penalties: what is refused, what is frozen, the published outcomes, what is compared and revised."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cases.enums_penalties import DecidedBy, PenaltyState, Situation, Track
from cases.ladder import MeasureSpec
from cases.models import Penalty
from cases.penalty_content import content_of, digest_of
from cases.ranges import Finding
from cases.selectors.penalties import comparable, inequality, penalties_decided, penalties_proposed, penalties_settled
from cases.services.penalties import advance_penalty, draft_penalty, revise_penalty
from cases.services.recovery import register_gain
from casework.core.errors import Invalid, NotAllowed, NotReady, Refused, Stale
from casework.ledger.record import disclosed
from casework.ledger.selectors import defects, trail
from tests.build import a_user, moment
from tests.build_penalties import ACTS, DRAFTED, MINING, a_case, a_penalty, a_suspect, steps, walk
from tests.cast import Cast

PERFORMANCE = MeasureSpec("HR_BONUS_CUT", quantity=3, unit="quarter")


def entries(penalty: Penalty) -> list[str]:
    return [entry.kind for entry in trail(f"penalty:{penalty.pk}")]


def test_a_draft_freezes_standing_law_and_content(cast: Cast) -> None:
    case = a_case(cast)
    wu, bystander = a_suspect(case, "吴某某"), a_suspect(case, "虞某")
    penalty = a_penalty(cast, wu, MeasureSpec("PD_WARNING"), PERFORMANCE)
    assert penalty.state == PenaltyState.PROPOSED
    assert (penalty.track, penalty.form, penalty.draft) == (Track.SANCTION, 2, 1)
    assert penalty.laws["CDR"] == "CDR2018"
    assert penalty.standing["中共党员"] == "是"
    rows = list(penalty.measures.values_list("code", "quantity", "unit", "article", "verified"))
    assert rows == [
        ("PD_WARNING", None, "", "《中国共产党纪律处分条例》（2018年）第八条、第十条", True),
        ("HR_BONUS_CUT", 3, "quarter", "", False),
    ]
    draft = penalty.drafts.get()
    assert draft.digest == penalty.digest == digest_of(content_of(Penalty.objects.get(pk=penalty.pk)))
    assert not Penalty.objects.filter(suspect=bystander).exists()


def test_the_entry_names_nobody_in_the_clear(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast), "吴某某"))
    (entry,) = trail(f"penalty:{penalty.pk}")
    assert entry.kind == "penalty.drafted"
    assert "吴某某" not in bytes(entry.header).decode()
    assert disclosed(entry)["name"] == "吴某某"
    assert entry.payload["data"]["measures"][0]["code"] == "PD_WARNING"


def test_a_party_sanction_for_a_dispatched_worker_is_refused_with_the_article(cast: Cast) -> None:
    he = a_suspect(a_case(cast), "何某某", employment="dispatched", party_member=False)
    with pytest.raises(Refused) as refused:
        a_penalty(cast, he)
    assert refused.value.message.startswith(
        "不能给予党内警告：何某某不是中共党员。依据《中国共产党纪律处分条例》（2018年）第六条。"
    )
    assert refused.value.article == "《中国共产党纪律处分条例》（2018年）第六条"
    assert not Penalty.objects.exists()


def test_everything_that_is_unlawful_is_said_at_once(cast: Cast) -> None:
    he = a_suspect(a_case(cast), "何某某", employment="dispatched", party_member=False)
    with pytest.raises(Refused) as refused:
        a_penalty(cast, he, MeasureSpec("PD_WARNING"), MeasureSpec("GS_WARNING"), MeasureSpec("HR_BONUS_CUT"))
    assert [row["code"] for row in refused.value.details["measures"]] == ["PD_WARNING", "GS_WARNING", "HR_BONUS_CUT"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"grounds": " "}, "grounds"),
        ({"findings": [Finding("CN_NOTHING")]}, "findings"),
        ({"findings": [MINING, MINING]}, "findings"),
        ({"circumstances": ["XX"]}, "circumstances"),
        ({"acts_on": (ACTS[1], ACTS[0])}, "acts_until"),
        ({"acts_on": (ACTS[0], date(2022, 1, 1))}, "acts_until"),
    ],
)
def test_wrong_input_names_the_field(cast: Cast, change: dict, field: str) -> None:
    wu = a_suspect(a_case(cast))
    with pytest.raises(Invalid) as invalid:
        a_penalty(cast, wu, **change)
    assert field in invalid.value.details
    assert not Penalty.objects.exists()


def test_an_unknown_measure_is_named(cast: Cast) -> None:
    with pytest.raises(Invalid) as invalid:
        a_penalty(cast, a_suspect(a_case(cast)), MeasureSpec("PD_NOTHING"))
    assert "PD_NOTHING" in invalid.value.message


def test_a_grade_outside_the_range_is_refused(cast: Cast) -> None:
    with pytest.raises(Refused, match="幅度只到严重警告"):
        a_penalty(cast, a_suspect(a_case(cast)), MeasureSpec("PD_EXPULSION"))


@pytest.mark.parametrize("situation", [Situation.RETIRED, Situation.DECEASED])
def test_who_retired_or_died_gets_no_administrative_sanction(cast: Cast, situation: Situation) -> None:
    official = a_suspect(a_case(cast), "黄某某", employment="civil_servant", public_official=True)
    with pytest.raises(Refused):
        a_penalty(cast, official, MeasureSpec("GS_WARNING"), situation=situation)


def test_nothing_at_all_needs_a_reason(cast: Cast) -> None:
    case = a_case(cast)
    with pytest.raises(Invalid):
        draft_penalty(
            a_suspect(case, "甲某"), measures=[], grounds="未参与", acts_on=ACTS, actor=cast.officer, at=DRAFTED
        )
    penalty = draft_penalty(
        a_suspect(case, "乙某"),
        measures=[],
        grounds="未参与",
        acts_on=ACTS,
        reason="不知情",
        actor=cast.officer,
        at=DRAFTED,
    )
    assert (penalty.track, penalty.form) == (Track.HANDLING, 0)


def test_a_second_penalty_for_the_same_person_in_the_case_is_refused(cast: Cast) -> None:
    wu = a_suspect(a_case(cast))
    first = a_penalty(cast, wu)
    with pytest.raises(Refused) as refused:
        a_penalty(cast, wu, MeasureSpec("IS_WARNING"))
    assert refused.value.code == "already_drafted"
    assert list(Penalty.objects.all()) == [first]


def test_the_same_act_in_another_case_is_not_sanctioned_twice(cast: Cast) -> None:
    from units.models import Person

    first_case = a_case(cast)
    person = Person.objects.create(unit=first_case.unit, name="吴某某")
    walk(cast, a_penalty(cast, a_suspect(first_case, person=person)), "approve")
    again = a_suspect(a_case(cast), person=person)
    with pytest.raises(Refused, match="同一行为已给予党内警告"):
        a_penalty(cast, again)
    assert a_penalty(cast, again, findings=[Finding("CN_ACCEPT_GIFTS")]).pk


@pytest.mark.parametrize("who", ["outsider", "approver", "custodian", "auditor", "unit_leader", "system_admin"])
def test_only_those_who_work_on_the_case_draft(cast: Cast, who: str) -> None:
    wu = a_suspect(a_case(cast))
    with pytest.raises(NotAllowed):
        draft_penalty(
            wu, measures=[MeasureSpec("PD_WARNING")], grounds="挖矿", acts_on=ACTS, actor=getattr(cast, who), at=DRAFTED
        )


# -- the published outcomes -------------------------------------------------------------------------------------------

OUTCOMES = {
    "丁某某": (
        {"employment": "institution_staff", "party_member": True, "post": "机房管理员"},
        [MeasureSpec("PD_WARNING"), MeasureSpec("HR_BONUS_CUT", quantity=3, unit="month")],
        "党内警告、扣除绩效考核奖金 3 个月",
        2,
    ),
    "何某某": (
        {"employment": "dispatched", "party_member": False},
        [MeasureSpec("HR_TERMINATE")],
        "解聘",
        0,
    ),
    "虞某": (
        {"employment": "institution_manager", "party_member": False, "public_official": True, "post": "副主任"},
        [
            MeasureSpec("FF_CRITICISE_EDUCATE"),
            MeasureSpec("FF_SELF_CHECK"),
            MeasureSpec("HR_BONUS_CUT", quantity=1, unit="quarter"),
        ],
        "批评教育、责令作出检查、扣除绩效考核奖金 1 个季度",
        1,
    ),
    "吴某某": (
        {"employment": "institution_staff", "party_member": True},
        [MeasureSpec("PD_WARNING"), MeasureSpec("HR_BONUS_CUT", quantity=3, unit="quarter")],
        "党内警告、扣除绩效考核奖金 3 个季度",
        2,
    ),
}


@pytest.mark.parametrize("name", list(OUTCOMES))
def test_the_published_outcomes_are_drafted_decided_and_carried_out(cast: Cast, name: str) -> None:
    standing, specs, words, form = OUTCOMES[name]
    suspect = a_suspect(a_case(cast), name, **standing)
    penalty = walk(cast, a_penalty(cast, suspect, *specs), "finish")
    assert "、".join(measure.words for measure in penalty.measures.all()) == words
    assert penalty.form == form
    assert penalty.number.startswith("浙纪处〔2021〕")
    assert penalty.state == (PenaltyState.RUNNING if form == 2 else PenaltyState.EXECUTED)
    if form == 2:
        assert penalty.effective_on == date(2021, 10, 10)
        assert penalty.period_until == date(2022, 10, 9)
    assert defects() == []


# -- comparison -------------------------------------------------------------------------------------------------------


def _two(cast: Cast, **wu: str) -> tuple[Penalty, Penalty]:
    case = a_case(cast)
    yu = a_suspect(case, "虞某", employment="institution_manager", public_official=True, party_member=True)
    other = a_suspect(case, "吴某某")
    for suspect, quantity in ((yu, "0.03"), (other, "0.76")):
        register_gain(
            case, label="挖矿所得", suspect=suspect, coin="ETH", quantity=Decimal(quantity), price=Decimal(22560),
            priced_at=moment("2021-09-08 12:00"), price_source="中国纪检监察报", actor=cast.officer, at=DRAFTED,
        )  # fmt: skip
    first = a_penalty(cast, yu, MeasureSpec("FF_CRITICISE_EDUCATE"))
    return first, a_penalty(cast, other, MeasureSpec("PD_WARNING"), **wu)


def test_unequal_treatment_asks_for_a_reason(cast: Cast) -> None:
    _yu, wu = _two(cast)
    (words,) = inequality(wu)
    assert "0.76 ETH" in words
    assert "25.3 倍" in words
    assert "重 1 个层次" in words
    told = advance_penalty(wu, "inform", **steps(cast, wu)["inform"])
    with pytest.raises(NotReady) as missing:
        advance_penalty(told, "deliberate", **steps(cast, wu)["deliberate"])
    assert [row.text for row in missing.value.missing] == [words]


def test_with_a_reason_it_goes_on_and_nobody_is_told_again(cast: Cast) -> None:
    _yu, wu = _two(cast)
    told = advance_penalty(wu, "inform", **steps(cast, wu)["inform"])
    changed = revise_penalty(
        told, reason="所得相差约 25 倍", actor=cast.officer, at=DRAFTED + timedelta(days=1, hours=1)
    )
    assert (changed.state, changed.draft) == (PenaltyState.INFORMED, 2)
    assert advance_penalty(changed, "deliberate", **steps(cast, wu)["deliberate"]).state == PenaltyState.DELIBERATED


def test_what_the_standing_explains_warns_of_nothing(cast: Cast) -> None:
    case = a_case(cast)
    he = a_suspect(case, "何某某", employment="dispatched", party_member=False)
    a_penalty(cast, he, MeasureSpec("HR_BONUS_CUT", quantity=3, unit="month"))
    assert inequality(a_penalty(cast, a_suspect(case, "丁某某"))) == []


def test_comparable_cases_are_those_the_reader_may_see(cast: Cast) -> None:
    mine = a_penalty(cast, a_suspect(a_case(cast), "吴某某"))
    theirs = walk(cast, a_penalty(cast, a_suspect(a_case(cast), "丁某某")), "approve")
    assert [row.pk for row in comparable(mine, cast.officer)] == [theirs.pk]
    stranger = a_user("承办人丁")
    assert comparable(mine, stranger) == []
    assert comparable(mine, cast.outsider) == []


# -- revising ---------------------------------------------------------------------------------------------------------


def test_a_change_of_substance_has_to_be_told_again(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "inform")
    changed = revise_penalty(
        penalty, grounds="用单位电脑和网络挖矿", actor=cast.officer, at=DRAFTED + timedelta(days=2)
    )
    assert (changed.state, changed.draft) == (PenaltyState.PROPOSED, 2)
    assert changed.drafts.count() == 2
    assert entries(changed)[-1] == "penalty.revised"


def test_the_defence_never_makes_it_heavier(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "inform")
    at = DRAFTED + timedelta(days=2)
    with pytest.raises(Refused) as refused:
        revise_penalty(penalty, measures=[MeasureSpec("PD_SERIOUS_WARNING")], actor=cast.officer, at=at)
    assert refused.value.code == "aggravated"
    assert "第四十三条" in refused.value.message
    heavier = revise_penalty(
        penalty, measures=[MeasureSpec("PD_SERIOUS_WARNING")], new_facts="又查明转移矿机", actor=cast.officer, at=at
    )
    assert heavier.measures.get().code == "PD_SERIOUS_WARNING"


def test_a_stale_page_changes_nothing(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)))
    revise_penalty(penalty, evidence="另有账本", actor=cast.officer, at=DRAFTED + timedelta(hours=1))
    with pytest.raises(Stale):
        revise_penalty(
            penalty,
            evidence="没有证据",
            expected_version=penalty.version,
            actor=cast.officer,
            at=DRAFTED + timedelta(hours=2),
        )
    assert Penalty.objects.get(pk=penalty.pk).evidence == "另有账本"


def test_after_the_decision_nothing_is_revised(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast))), "approve")
    with pytest.raises(NotAllowed):
        revise_penalty(penalty, evidence="改", actor=cast.officer, at=DRAFTED + timedelta(days=9))


# -- what a case asks -------------------------------------------------------------------------------------------------


def test_a_case_knows_what_its_penalties_still_lack(cast: Cast) -> None:
    case = a_case(cast)
    wu, ding = a_suspect(case, "吴某某"), a_suspect(case, "丁某某")
    assert [row.text for row in penalties_proposed(case)] == [
        "吴某某还没有处分（处理）建议",
        "丁某某还没有处分（处理）建议",
    ]
    first, second = a_penalty(cast, wu), a_penalty(cast, ding)
    assert penalties_proposed(case) == []
    assert len(penalties_decided(case)) == 2
    walk(cast, first, "finish")
    walk(cast, second, "approve")
    assert penalties_decided(case) == []
    assert ["丁某某" in row.text for row in penalties_settled(case)] == [True]
    assert all(row.url for row in penalties_settled(case))


def test_who_may_know_of_a_penalty(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)))
    seen = {name for name, user in cast.everyone().items() if Penalty.objects.visible_to(user).filter(pk=penalty.pk)}
    assert seen == {"officer", "second_officer", "hearing_officer", "approver", "auditor"}


def test_the_employer_may_lower_the_post_in_its_own_name(cast: Cast) -> None:
    wu = a_suspect(a_case(cast), party_member=False)
    with pytest.raises(Refused, match="监察机关不得直接使用"):
        a_penalty(cast, wu, MeasureSpec("IS_POST_DOWNGRADE"))
    penalty = a_penalty(cast, wu, MeasureSpec("IS_POST_DOWNGRADE"), decided_by=DecidedBy.EMPLOYER)
    assert penalty.decided_by == DecidedBy.EMPLOYER


def test_conducts_on_both_sides_of_new_rules_are_refused_and_nothing_is_lost(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)), at=moment("2024-06-03 09:00"))
    with pytest.raises(Refused, match="跨越纪律处分条例的新旧规定") as refused:
        revise_penalty(
            penalty, acts_on=(date(2023, 11, 1), date(2024, 2, 1)), measures=[MeasureSpec("PD_SERIOUS_WARNING")],
            findings=[MINING, Finding("CN_OBSTRUCT_REVIEW")], actor=cast.officer, at=moment("2024-06-04 09:00"),
        )  # fmt: skip
    assert "第一百五十八条" in refused.value.article
    penalty.refresh_from_db()
    assert (penalty.draft, len(penalty.findings)) == (1, 1)
