"""Through whom a penalty has to go: the whole table of rules, votes at their edges, and who signs on which level."""

from datetime import date
from typing import Any

import pytest

from cases.enums import ApprovalLevel, Duty
from cases.enums_penalties import PenaltyState
from cases.ladder import MeasureSpec
from cases.models import Penalty, PenaltySignature, PenaltyStation, Suspect
from cases.penalty_route import legs
from cases.penalty_workflow import steps_from
from cases.routing import law_rules, route_of
from cases.services.approval import set_seat
from cases.services.members import add_member
from cases.services.penalties import advance_penalty, revise_penalty
from cases.web.penalty_page import next_step
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import Invalid, NotAllowed, NotReady, Refused
from casework.ledger.selectors import trail
from tests.build import a_user, moment
from tests.build_penalties import a_case, a_penalty, a_suspect, steps, walk
from tests.cast import Cast

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


@pytest.mark.parametrize(
    ("members", "votes", "enough"),
    [
        (9, 6, True),
        (9, 5, False),
        (10, 7, True),
        (10, 6, False),
        (3, 2, True),
        (1, 1, True),
        (7, 4, False),
        (6, 4, True),
    ],
)
def test_two_thirds_exactly_are_enough(members: int, votes: int, enough: bool) -> None:
    row = PenaltyStation(members=members, present=members, votes_for=votes)
    assert row.two_thirds is enough


@pytest.mark.parametrize(
    ("members", "present", "votes", "quorate", "majority"),
    [
        (10, 6, 6, True, True),
        (10, 5, 5, False, False),
        (10, 6, 5, True, False),
        (11, 6, 6, True, True),
        (9, 9, 4, True, False),
    ],
)
def test_a_branch_meets_with_more_than_half(
    members: int, present: int, votes: int, quorate: bool, majority: bool
) -> None:
    row = PenaltyStation(members=members, present=present, votes_for=votes)
    assert (row.quorate, row.majority) == (quorate, majority)


def _told(cast: Cast, *specs: MeasureSpec, suspect: Suspect | None = None, **fields: Any) -> Penalty:
    person = suspect or a_suspect(a_case(cast), party_post="县委委员", leading_cadre=True)
    return walk(cast, a_penalty(cast, person, *specs, findings=[], **fields), "deliberate")


def _station(cast: Cast, penalty: Penalty, station: str, **fields: Any) -> Penalty:
    data = {"body": "县委", "document": "县委〔2021〕1号", "on": date(2021, 10, 10), **fields}
    penalty.refresh_from_db()
    return advance_penalty(
        penalty, "station", station=station, actor=cast.officer, at=moment("2021-10-10 18:00"), **data
    )


def _approve(cast: Cast, penalty: Penalty, **fields: Any) -> Penalty:
    penalty.refresh_from_db()
    return advance_penalty(
        penalty, "approve", digest=penalty.digest, actor=fields.pop("actor", cast.approver),
        at=moment("2021-10-12 09:00"), **fields,
    )  # fmt: skip


def test_two_thirds_of_the_plenary_meeting_then_the_body_above_then_its_committee(cast: Cast) -> None:
    penalty = _told(cast, MeasureSpec(HEAVY), offices=["local_committee"])
    bystander = _told(cast, MeasureSpec("PD_WARNING"))
    above = {"committee_document": "省委〔2021〕9号", "committee_on": date(2021, 10, 11)}
    with pytest.raises(NotReady) as refused:
        _approve(cast, penalty, **above)
    assert [str(one.text) for one in refused.value.missing] == [
        "没有登记：本人所在党委全体会议",
        "没有登记：上级纪委常委会审议",
    ]
    _station(cast, penalty, "plenum", members=30, present=28, votes_for=19)
    _station(cast, penalty, "upper", body="省纪委常委会")
    with pytest.raises(NotReady, match="还差 1 项") as short:
        _approve(cast, penalty, **above)
    assert "未到应到 30 人的三分之二" in str(short.value.missing[0].text)
    _station(cast, penalty, "plenum", members=30, present=28, votes_for=20)
    with pytest.raises(Refused, match="须报上级党委批准"):
        _approve(cast, penalty)
    done = _approve(cast, penalty, **above)
    assert (done.state, done.effective_on) == (PenaltyState.APPROVED, date(2021, 10, 11))
    assert penalty.stations.count() == 3, "a vote that fell short stays readable"
    bystander.refresh_from_db()
    assert (bystander.state, bystander.stations.count()) == (PenaltyState.DELIBERATED, 0)
    entries = [entry for entry in trail(f"penalty:{penalty.pk}") if entry.kind == "penalty.station_registered"]
    assert len(entries) == 3


def test_between_two_plenary_meetings_it_is_ratified_later(cast: Cast) -> None:
    penalty = _told(cast, MeasureSpec(HEAVY), offices=["local_committee"])
    _station(cast, penalty, "plenum", body="县委常委会", ahead=True)
    _station(cast, penalty, "upper")
    _approve(cast, penalty, committee_document="省委〔2021〕9号", committee_on=date(2021, 10, 11))
    penalty = walk(cast, penalty, "execute", start=moment("2021-10-12 09:00"), skip=("inform", "deliberate", "approve"))
    assert [task.text for task in penalty.tasks.filter(kind="ratify")] == ["召开全体会议时追认"]


def test_the_body_above_sets_the_day_and_its_committee_is_told(cast: Cast) -> None:
    penalty = _told(cast, MeasureSpec(LIGHT), offices=["local_committee"])
    _station(cast, penalty, "upper", body="省纪委", on=date(2021, 10, 10))
    assert _approve(cast, penalty).effective_on == date(2021, 10, 10)
    penalty = walk(cast, penalty, "execute", start=moment("2021-10-12 09:00"), skip=("inform", "deliberate", "approve"))
    assert [task.text for task in penalty.tasks.filter(kind="notify")] == ["报上一级纪委的同级党委备案"]


def test_a_committee_before_the_bodies_below_it_is_refused(cast: Cast) -> None:
    penalty = _told(cast, MeasureSpec(HEAVY), offices=["discipline_committee"])
    _station(cast, penalty, "plenum", members=9, present=9, votes_for=9)
    with pytest.raises(Invalid, match="批准日期早于"):
        _approve(cast, penalty, committee_document="县委〔2021〕3号", committee_on=date(2021, 10, 9))


@pytest.mark.parametrize(
    ("station", "fields", "error"),
    [
        ("plenum", {"members": 5, "present": 5, "votes_for": 5}, "不经这一环节"),
        ("branch", {}, "写明应到、实到和同意人数"),
        ("branch", {"members": 5, "present": 6, "votes_for": 4}, "实到不多于应到"),
        ("branch", {"members": 5, "present": 4, "votes_for": 5}, "同意不多于实到"),
        ("branch", {"members": 5, "present": 4, "votes_for": 4, "ahead": True}, "常委会先作处理"),
        ("branch", {"members": 5, "present": 4, "votes_for": 4, "document": " "}, "写明文号"),
        ("branch", {"members": 5, "present": 4, "votes_for": 4, "body": " "}, "写明作出决定的组织"),
        ("branch", {"members": 5, "present": 4, "votes_for": 4, "on": date(2021, 10, 11)}, "日期不晚于登记日期"),
        ("branch", {"members": 5, "present": 4, "votes_for": 4, "on": date(2021, 2, 1)}, "日期不早于行为日期"),
    ],
)
def test_a_station_that_cannot_be(cast: Cast, station: str, fields: dict[str, Any], error: str) -> None:
    penalty = _told(cast, MeasureSpec(LIGHT), suspect=a_suspect(a_case(cast)), branch="meeting")
    with pytest.raises((Invalid, Refused), match=error):
        _station(cast, penalty, station, **fields)
    assert not penalty.stations.exists()


@pytest.mark.parametrize("who", ["outsider", "auditor", "approver", "custodian"])
def test_who_does_not_work_on_the_case_registers_no_station(cast: Cast, who: str) -> None:
    penalty = _told(cast, MeasureSpec(LIGHT), suspect=a_suspect(a_case(cast)), branch="meeting")
    with pytest.raises(NotAllowed):
        advance_penalty(
            penalty, "station", station="branch", body="支部", document="1号", on=date(2021, 10, 10), members=5,
            present=5, votes_for=5, actor=getattr(cast, who), at=moment("2021-10-10 18:00"),
        )  # fmt: skip


def test_a_changed_draft_has_to_go_the_way_again(cast: Cast) -> None:
    penalty = _told(cast, MeasureSpec(LIGHT), suspect=a_suspect(a_case(cast)), branch="meeting")
    _station(cast, penalty, "branch", members=5, present=5, votes_for=5)
    revise_penalty(penalty, evidence="另有账册", actor=cast.officer, at=moment("2021-10-11 09:00"))
    penalty.refresh_from_db()
    way = {leg.title: leg.state for leg in legs(penalty, date(2021, 10, 12))}
    assert way["支部大会讨论决定"] == ""
    assert penalty.stations.count() == 1


def test_an_office_stands_in_the_draft_and_an_unknown_one_is_refused(cast: Cast) -> None:
    plain = a_penalty(cast, a_suspect(a_case(cast)))
    assert "任职" not in plain.drafts.get().content, "drafts without an office keep the digest that they were made with"
    held = a_penalty(cast, a_suspect(a_case(cast)), offices=["local_committee", "by_congress"])
    assert held.drafts.get().content["任职"] == ["地方党委委员、候补委员", "人大及其常委会选举或者决定任命"]
    with pytest.raises(Invalid, match="没有这样的任职"):
        a_penalty(cast, a_suspect(a_case(cast)), offices=["king"])


# -- levels ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def deputy(cast: Cast) -> User:
    return a_user("分管领导乙", Role.APPROVER)


def _ranked(cast: Cast, deputy: User) -> Penalty:
    """A draft for somebody of a rank that two levels sign; the cast's approver is the head, ``deputy`` the other."""
    suspect = a_suspect(a_case(cast), rank="正科级")
    add_member(suspect.case, deputy, duty=Duty.DECIDER, actor=cast.officer, at=moment("2021-09-30 10:00"))
    admin = cast.security_admin
    set_seat(cast.approver, ApprovalLevel.HEAD, document="浙纪〔2021〕1号", actor=admin, at=moment("2021-09-30 10:00"))
    set_seat(deputy, ApprovalLevel.DEPUTY, document="浙纪〔2021〕2号", actor=admin, at=moment("2021-09-30 10:00"))
    return walk(cast, a_penalty(cast, suspect, MeasureSpec(LIGHT), findings=[]), "deliberate")


def _sign(penalty: Penalty, actor: User, **fields: Any) -> Penalty:
    penalty.refresh_from_db()
    return advance_penalty(
        penalty,
        "sign",
        digest=fields.pop("digest", penalty.digest),
        actor=actor,
        at=moment("2021-10-11 15:00"),
        **fields,
    )


def test_the_head_waits_for_the_deputy_and_the_wrong_level_is_refused(cast: Cast, deputy: User) -> None:
    penalty = _ranked(cast, deputy)
    with pytest.raises(NotReady) as early:
        _approve(cast, penalty)
    assert [str(one.text) for one in early.value.missing] == ["分管领导还没有会签这一稿"]
    with pytest.raises(Refused) as wrong:
        _sign(penalty, cast.approver)
    assert (wrong.value.code, wrong.value.message) == (
        "wrong_level",
        "不能签批：因为这一级由分管领导签批，您不在这一级，也没有人委托您代行。可以由分管领导办理。",
    )
    _sign(penalty, deputy, opinion="同意")
    with pytest.raises(Refused) as below:
        _approve(cast, penalty, actor=deputy)
    assert below.value.code == "wrong_level"
    assert _approve(cast, penalty).state == PenaltyState.APPROVED
    assert [leg.state for leg in legs(penalty, date(2021, 10, 12))][-2:] == ["done", "done"]


def test_a_leader_without_a_seat_signs_once_and_never_on_two_levels(cast: Cast) -> None:
    suspect = a_suspect(a_case(cast), rank="正科级")
    penalty = walk(cast, a_penalty(cast, suspect, findings=[]), "deliberate")
    _sign(penalty, cast.approver)
    with pytest.raises(Refused) as twice:
        _approve(cast, penalty)
    assert twice.value.code == "same_person"


def test_a_signature_falls_with_the_draft_and_is_kept(cast: Cast, deputy: User) -> None:
    penalty = _ranked(cast, deputy)
    _sign(penalty, deputy)
    revise_penalty(penalty, reason="与同案人员相当", actor=cast.officer, at=moment("2021-10-11 16:00"))
    penalty.refresh_from_db()
    advance_penalty(penalty, "deliberate", **{**steps(cast, penalty)["deliberate"], "at": moment("2021-10-11 17:00")})
    with pytest.raises(NotReady, match="还差 1 项"):
        _approve(cast, penalty)
    assert PenaltySignature.objects.filter(penalty=penalty).count() == 1


def test_what_needs_no_deputy_offers_no_signature(cast: Cast) -> None:
    penalty = walk(cast, a_penalty(cast, a_suspect(a_case(cast)), findings=[]), "deliberate")
    assert "sign" not in {step.name for step in steps_from(penalty)}
    with pytest.raises(Refused) as refused:
        _sign(penalty, cast.approver)
    assert refused.value.code == "wrong_state"


# -- what comes after ------------------------------------------------------------------------------------------------


RUNNING = [
    ("PD_WARNING", "expire", set()),
    ("PD_SERIOUS_WARNING", "expire", set()),
    ("PD_REMOVAL", "expire", set()),
    ("PD_EXPULSION", "expire", set()),
    ("PD_PROBATION_1", "restore", {"restore", "extend"}),
    ("PD_PROBATION_2", "restore", {"restore"}),
    ("GS_WARNING", "expire", set()),
    ("GS_DISMISSAL_POST", "expire", set()),
]


@pytest.mark.parametrize(("code", "ahead", "only"), RUNNING)
def test_rights_are_restored_after_probation_and_after_nothing_else(
    cast: Cast, code: str, ahead: str, only: set[str]
) -> None:
    suspect = a_suspect(a_case(cast), public_official=True, employment="civil_servant", party_post="支部书记")
    penalty = a_penalty(cast, suspect, MeasureSpec(code), findings=[])
    probation = date(2022, 10, 9) if "PROBATION" in code else None
    Penalty.objects.filter(pk=penalty.pk).update(
        state=PenaltyState.RUNNING, effective_on=date(2021, 10, 10), period_until=date(2022, 10, 9),
        probation_until=probation,
    )  # fmt: skip
    penalty.refresh_from_db()
    found = next_step(penalty, cast.approver, date(2021, 12, 1))
    assert found is not None
    assert found["step"].name == ahead
    assert {step.name for step in steps_from(penalty)} & {"restore", "extend"} == only


def test_one_year_of_probation_is_extended_once_and_then_restored(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)), MeasureSpec("PD_PROBATION_1"), findings=[])
    Penalty.objects.filter(pk=penalty.pk).update(
        state=PenaltyState.RUNNING, effective_on=date(2021, 10, 10), probation_until=date(2022, 10, 9)
    )
    penalty.refresh_from_db()
    data = {"reason": "仍不具备恢复条件", "document": "浙纪〔2022〕8号", "actor": cast.approver}
    with pytest.raises(NotReady):
        advance_penalty(penalty, "extend", at=moment("2022-10-09 09:00"), **data)
    longer = advance_penalty(penalty, "extend", at=moment("2022-10-10 09:00"), **data)
    assert (longer.state, longer.probation_until, longer.period_until) == (
        PenaltyState.RUNNING,
        date(2023, 10, 9),
        None,
    )
    with pytest.raises(Refused, match="不能延长留党察看一年"):
        advance_penalty(longer, "extend", at=moment("2023-10-10 09:00"), **data)
    restored = advance_penalty(
        longer, "restore", restored_on=date(2023, 10, 10), reason="确有悔改", actor=cast.approver,
        at=moment("2023-10-10 10:00"),
    )  # fmt: skip
    assert restored.period_until == date(2025, 10, 9)
