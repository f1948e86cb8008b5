"""The way of a penalty by grade and office: every rule of the table. Pure."""

from typing import Any

import pytest

from cases.routing import law_rules, route_of, rule_of

LIGHT, HEAVY, GONE = "PD_WARNING", "PD_REMOVAL", "GS_DISMISSAL_POST"

#: Codes, circumstances, and the way: (stop, rule) in order.
WAYS: list[tuple[str, list[str], dict[str, Any], list[tuple[str, str]]]] = [
    ("plain member, light", [LIGHT], {}, [("branch_skipped", "AP16"), ("house", "AP13")]),
    ("plain member, by the branch", [LIGHT], {"branch": "meeting"}, [("branch", "AP12"), ("house", "AP13")]),
    (
        "plain member, expulsion by the branch",
        ["PD_EXPULSION"],
        {"branch": "meeting"},
        [("branch", "AP12"), ("house", "AP13"), ("committee", "AP04")],
    ),
    ("cadre, light", ["PD_SERIOUS_WARNING"], {"cadre": True}, [("house", "AP03")]),
    ("a cadre never goes through the branch", [LIGHT], {"cadre": True, "branch": "meeting"}, [("house", "AP03")]),
    ("cadre, heavy", [HEAVY], {"cadre": True}, [("house", "AP04"), ("committee", "AP04")]),
    ("cadre, one year", ["PD_PROBATION_1"], {"cadre": True}, [("house", "AP04"), ("committee", "AP04")]),
    ("cadre, two years", ["PD_PROBATION_2"], {"cadre": True}, [("house", "AP04"), ("committee", "AP04")]),
    (
        "in lieu",
        ["PD_SERIOUS_WARNING_IN_LIEU"],
        {"cadre": True},
        [("house", "AP04"), ("committee", "AP05")],
    ),
    (
        "member of a local committee, light",
        [LIGHT],
        {"offices": ["local_committee"]},
        [("house", "AP07"), ("upper", "AP07")],
    ),
    (
        "member of a local committee, heavy",
        [HEAVY],
        {"offices": ["local_committee"], "cadre": True},
        [("plenum", "AP08"), ("house", "AP08"), ("upper", "AP08"), ("committee", "AP08")],
    ),
    (
        "the highest of several offices decides",
        [HEAVY],
        {"offices": ["town_committee", "discipline_committee", "local_committee", "party_group"]},
        [("plenum", "AP08"), ("house", "AP08"), ("upper", "AP08"), ("committee", "AP08")],
    ),
    (
        "member of a local discipline commission, heavy",
        [HEAVY],
        {"offices": ["discipline_committee"]},
        [("plenum", "AP10"), ("house", "AP10"), ("committee", "AP10")],
    ),
    ("member of a local discipline commission, light", [LIGHT], {"offices": ["discipline_committee"]}, [("house", "AP03")]),
    (
        "member of a town committee, heavy: no two thirds",
        [HEAVY],
        {"offices": ["town_committee"]},
        [("town", "AP09"), ("house", "AP04"), ("committee", "AP04")],
    ),
    ("party group, light", [LIGHT], {"offices": ["party_group"]}, [("house", "AP17"), ("group", "AP17")]),
    ("party group, heavy", [HEAVY], {"offices": ["party_group"]}, [("house", "AP17"), ("group", "AP17")]),
    ("administrative alone", ["GS_WARNING"], {}, [("house", "AG01")]),
    ("removed by the congress first", [GONE], {"offices": ["by_congress"]}, [("removal", "AG03"), ("house", "AG01")]),
    ("removed by the conference first", [GONE], {"offices": ["by_cppcc"]}, [("removal", "AG04"), ("house", "AG01")]),
    ("expulsion too", ["GS_EXPULSION"], {"offices": ["by_congress"]}, [("removal", "AG03"), ("house", "AG01")]),
    ("a plain official is not removed first", [GONE], {}, [("house", "AG01")]),
    ("a demotion removes nobody", ["GS_DEMOTION"], {"offices": ["by_congress"]}, [("house", "AG01")]),
    (
        "both tracks at once",
        [HEAVY, GONE],
        {"offices": ["by_congress", "local_committee"]},
        [("removal", "AG03"), ("plenum", "AP08"), ("house", "AP08"), ("upper", "AP08"), ("committee", "AP08")],
    ),
    ("the employer", ["EM_DEMERIT"], {"by_employer": True}, [("house", "AG06")]),
    ("the employer removes by its own rules", [GONE], {"offices": ["by_congress"], "by_employer": True}, [("house", "AG06")]),
    ("organisational handling", ["OH_LATERAL_MOVE"], {"cadre": True}, [("advice", "AO01")]),
    ("education", ["FF_CRITICISE_EDUCATE"], {}, []),
    ("nothing", [], {}, []),
]  # fmt: skip


@pytest.mark.parametrize(("codes", "given", "way"), [row[1:] for row in WAYS], ids=[row[0] for row in WAYS])
def test_the_way_follows_from_grade_and_office(
    codes: list[str], given: dict[str, Any], way: list[tuple[str, str]]
) -> None:
    assert [(stop.code, stop.rule.id) for stop in route_of(codes, **given).stops] == way


def test_afterwards_those_are_told_whom_the_law_names() -> None:
    assert route_of([LIGHT], offices=["local_committee"]).after == (("notify", "报上一级纪委的同级党委备案"),)
    assert [kind for kind, _text in route_of(["GS_WARNING"], deputy=True).after] == ["notify"]
    assert route_of(["GS_WARNING"]).after == route_of([LIGHT], deputy=True).after == ()


def test_every_rule_has_a_mark_and_what_is_weak_is_shown_as_unverified() -> None:
    rules = law_rules()
    assert len({rule.id for rule in rules}) == len(rules)
    assert {rule.id for rule in rules if rule.unverified} == {"AP05", "AP10"}


def test_what_is_registered_by_itself_and_what_is_not() -> None:
    stops = route_of(["PD_REMOVAL"], offices=["local_committee"]).stops
    assert [stop.registered for stop in stops] == [True, False, True, False]
    assert route_of(["PD_REMOVAL"], offices=["local_committee"]).committee == "上级党委"
    assert route_of(["PD_REMOVAL"], cadre=True).committee == "同级党委"
    assert route_of(["PD_REMOVAL"], offices=["discipline_committee"]).committee == "本级党委常委会"
    assert route_of(["PD_WARNING"]).committee == ""
    assert route_of(["PD_WARNING"], branch="meeting").stop("branch") is not None
    assert route_of(["PD_WARNING"]).stop("plenum") is None


def test_what_each_stop_asks_for() -> None:
    heavy = route_of(["PD_REMOVAL"], offices=["local_committee"]).stops
    assert [stop.asks for stop in heavy] == ["two_thirds", "house", "document", "committee"]
    assert [stop.asks for stop in route_of(["PD_WARNING"], branch="meeting").stops] == ["half", "house"]
    assert [stop.asks for stop in route_of(["PD_WARNING"]).stops] == ["note", "house"]
    assert [stop.asks for stop in route_of(["PD_REMOVAL"], offices=["party_group"]).stops] == ["house", "document"]
    assert route_of(["GS_EXPULSION"], offices=["by_cppcc"]).stops[0].asks == "document"
    assert route_of(["OH_LATERAL_MOVE"]).stops[0].asks == "note"
    assert route_of(["AL_CIRCULAR"]).stops[0].code == "advice"


def test_a_rule_that_there_is_not_is_no_rule() -> None:
    assert rule_of("AP08").confidence == "B"
    with pytest.raises(StopIteration):
        rule_of("AP99")
