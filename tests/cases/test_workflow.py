"""The step table: every state × step × role, and what the table promises about itself."""

import pytest
from django.test import Client
from django.utils.html import escape
from rest_framework.test import APIClient

from cases import gates
from cases.enums import AWAITS_DECISION, CaseState, Duty, Side
from cases.models import Case, StepTaken
from cases.selectors.cases import TURNS, steps_for
from cases.services.cases import advance
from cases.services.members import add_member
from cases.workflow import BY_NAME, LINE, STEPS, Step, diagram
from casework.access.policy import acts
from casework.core.errors import CaseworkError, NotAllowed, Refused
from tests.build import moment, tried
from tests.build_cases import ENDS, a_case, a_suspect, way
from tests.cast import Cast

#: Who of the cast works on which side of the case that the builders make.
SIDE_OF = {
    "officer": Side.INVESTIGATE,
    "second_officer": Side.INVESTIGATE,
    "approver": Side.DECIDE,
    "hearing_officer": Side.HEAR,
}


def test_every_state_but_the_last_can_be_left_forward() -> None:
    for state in CaseState:
        forward = [step for step in STEPS if state in step.froms and not step.back]
        assert forward or state == CaseState.ARCHIVED, state


def test_every_state_can_be_reached() -> None:
    reached = {step.to for step in STEPS} | {CaseState.FILING_PENDING}

    assert set(CaseState) <= reached


def test_the_state_line_covers_every_state_once() -> None:
    states = [state for _label, covered in LINE for state in covered]

    assert sorted(states) == sorted(CaseState)


def test_every_step_is_an_act_of_the_policy_with_its_role() -> None:
    for step in STEPS:
        assert acts()[f"case.{step.name}"].roles == {step.who.role}


def test_every_decision_asks_for_the_draft_that_was_read() -> None:
    for step in STEPS:
        assert step.decides == (gates.paper_read in step.gates), step.name
        assert not step.decides or step.who.side == Side.DECIDE


def test_every_step_that_sends_back_or_ends_early_asks_why() -> None:
    for step in STEPS:
        assert step.needs_reason or not step.back, step.name


def test_every_decision_names_its_article_except_the_return_of_a_paper() -> None:
    for step in STEPS:
        inner = {"return_paper", "resubmit", "resubmit_hearing"}
        assert step.basis or step.name in inner, step.name


def test_waiting_papers_wait_for_a_leader() -> None:
    for state in AWAITS_DECISION - {CaseState.PC_APPROVAL}:
        assert TURNS[state, False] == Side.DECIDE
    assert TURNS[CaseState.FILING_PENDING, True] == Side.INVESTIGATE
    assert TURNS[CaseState.HEARING_REPORT_PENDING, True] == Side.HEAR


def test_the_diagram_shows_every_step() -> None:
    drawn = diagram()

    assert drawn.count(" --> ") == sum(len(step.froms) for step in STEPS)


@pytest.mark.django_db
@pytest.mark.parametrize("state", list(CaseState))
def test_only_the_side_of_a_step_takes_it_from_its_state(cast: Cast, state: CaseState) -> None:
    """Set the state as it stands and try every step as everybody: refused for who, or for where the case stands."""
    case = a_case(cast)
    add_member(case, cast.hearing_officer, duty=Duty.HEARER, actor=cast.approver, at=moment("2021-09-18 09:30"))
    neighbour = a_case(cast, title="邻案")
    day = moment("2021-09-18 09:00").date()
    Case.objects.filter(pk=case.pk).update(state=state, filed_on=day, decided_on=day)
    case.refresh_from_db()

    for role, user in cast.everyone().items():
        offered = {step.name for step in steps_for(case, user)}
        for step in STEPS:
            allowed = step.offered(case) and SIDE_OF.get(role) == step.who.side
            assert (step.name in offered) == allowed, (role, step.name)
            if not allowed:
                with pytest.raises((NotAllowed, Refused)) as refusal:
                    _take(case, step, user)
                assert isinstance(refusal.value, Refused) == (not step.offered(case)), (role, step.name)

    case.refresh_from_db()
    neighbour.refresh_from_db()
    assert case.state == state
    assert not StepTaken.objects.exists()
    assert neighbour.state == CaseState.FILING_PENDING


@pytest.mark.django_db
@pytest.mark.parametrize("state", list(CaseState))
def test_the_api_offers_and_refuses_what_the_table_says(cast: Cast, state: CaseState) -> None:
    """The actions of a case are its row of the table for everybody; what is not one's own is refused, or not there."""
    case = a_case(cast)
    add_member(case, cast.hearing_officer, duty=Duty.HEARER, actor=cast.approver, at=moment("2021-09-18 09:30"))
    day = moment("2021-09-18 09:00").date()
    Case.objects.filter(pk=case.pk).update(state=state, filed_on=day, decided_on=day)
    case.refresh_from_db()
    here = [step for step in STEPS if step.offered(case)]
    elsewhere = next(step for step in STEPS if not step.offered(case))
    headers = {"If-Match": f'"v{case.version}"'}
    knows = {*SIDE_OF, "auditor"}

    for role, user in cast.everyone().items():
        client = APIClient()
        client.force_authenticate(user)
        answer = client.get(f"/api/v1/cases/{case.pk}/")
        mine = {step.name for step in here if SIDE_OF.get(role) == step.who.side}
        assert answer.status_code == (200 if role in knows else 404), role
        if role in knows:
            assert {action["step"] for action in answer.json()["actions"]} == mine, role
        for step in [*here, elsewhere]:
            if step.name in mine:
                continue
            body = {"step": step.name, "reason": "理由", "document": "文号"}
            refused = client.post(f"/api/v1/cases/{case.pk}/steps/", body, headers=headers, format="json")
            wanted = {404} if role not in knows else {403} if role == "auditor" or step in here else {403, 409}
            assert refused.status_code in wanted | ({403} if role == "auditor" else set()), (role, step.name)

    case.refresh_from_db()
    assert case.state == state
    assert not StepTaken.objects.exists()


@pytest.mark.django_db
def test_the_page_of_the_table_shows_every_step_and_every_way(cast: Cast, client: Client) -> None:
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")

    page = client.get("/cases/steps/").content.decode()

    for step in STEPS:
        assert escape(str(step.label)) in page, step.name
    ways = {(start, step.leads_to(start)) for step in STEPS for start in step.froms if step.leads_to(start) != start}
    assert page.count("</title></line>") + page.count("</title></path>") == len(ways)
    for state in CaseState:
        assert str(state.label) in page, state


def _take(case: Case, step: Step, user: object) -> None:
    advance(
        case,
        step,
        actor=user,  # type: ignore[arg-type]
        at=moment("2021-09-19 09:00"),
        reason="理由",
        document="文号",
    )


@pytest.mark.django_db
def test_the_usual_ways_reach_every_state_and_leave_the_neighbour(cast: Cast) -> None:
    neighbour = a_case(cast, title="邻案")
    a_suspect(cast, neighbour, "何某某")
    before = Case.objects.filter(pk=neighbour.pk).values().get()
    reached = set()

    for end in ENDS:
        with tried(end):
            for case in way(cast, a_case(cast), end):
                state = case.state
                reached.add(state)
                assert Case.objects.filter(pk=neighbour.pk).values().get() == before
                taken = list(case.steps_taken.order_by("at", "pk"))
                assert [row.to_state for row in taken][-1:] == ([state] if state != "filing_pending" else [])
                for row in taken:
                    step = BY_NAME[row.step]
                    assert row.from_state in step.froms
                    assert row.to_state == step.leads_to(row.from_state)
                    assert (row.paper is not None) == step.decides
            assert state == end

    assert reached == set(CaseState) - {CaseState.PROSECUTED}


@pytest.mark.django_db
def test_an_unknown_step_is_refused_with_those_there_are(cast: Cast) -> None:
    case = a_case(cast)

    with pytest.raises(CaseworkError) as refusal:
        advance(case, "fly", actor=cast.officer, at=moment("2021-09-19 09:00"))

    assert "approve_filing" in refusal.value.details["step"]
