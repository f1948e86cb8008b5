"""The step table of self-inspections: from which states, by which roles, with which buttons."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from casework.accounts.models import User
from casework.core.errors import NotAllowed, NotReady, Refused
from casework.ledger.models import Entry
from tests.build import moment, tried
from tests.build_campaigns import (
    Scene,
    a_scene,
    campaign_unit_of,
    fill,
    submitted,
)
from tests.cast import Cast
from units.enums_campaign import InspectionState as S
from units.inspection_workflow import BY_NAME, LEADER, STEPS, offers
from units.models import (
    SelfInspection,
)
from units.services.campaigns import set_outcome
from units.services.rectification import (
    close_rectification,
    order_rectification,
    report_rectification,
    return_rectification,
)
from units.services.relapse import reopen_report
from units.services.reviews import (
    accept_report,
    close_report,
    record_spot_check,
    return_report,
    start_review,
    start_spot_check,
    verify_report,
    withdraw_report,
)
from units.services.self_inspections import (
    acknowledge,
    save_answer,
    submit_report,
)

NOON = moment("2021-10-26 12:00")


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return a_scene(cast)


def entries_of(inspection: SelfInspection) -> list[str]:
    """Return the kinds of the inspection's entries, oldest first."""
    return list(Entry.objects.filter(ref=inspection.ref).order_by("id").values_list("kind", flat=True))


def take(name: str, inspection: SelfInspection, actor: User) -> Any:
    """Take a step of the table by the service that stands for it."""
    acts: dict[str, Callable[[], Any]] = {
        "acknowledge": lambda: acknowledge(inspection, actor=actor, at=NOON),
        "draft": lambda: save_answer(inspection, "rooms", "改过的机房", actor=actor, at=NOON),
        "submit": lambda: submit_report(inspection, signed_name="单位负责人甲", actor=actor, at=NOON),
        "withdraw": lambda: withdraw_report(inspection, actor=actor, at=NOON, reason="单位已并入他单位"),
        "start_review": lambda: start_review(inspection, actor=actor, at=NOON),
        "return": lambda: return_report(inspection, {"rooms": "写明检查的人。"}, actor=actor, at=NOON),
        "spot_check": lambda: start_spot_check(inspection, actor=actor, at=NOON),
        "verify": lambda: verify_report(inspection, actor=actor, at=NOON),
        "accept": lambda: accept_report(inspection, actor=actor, at=NOON),
        "rectify": lambda: order_rectification(
            campaign_unit_of(inspection),
            title="加固口令",
            measures="改掉弱口令",
            due_on=date(2021, 11, 20),
            inspection=inspection,
            actor=actor,
            at=NOON,
        ),
        "rectified": lambda: report_rectification(inspection.rectifications.get(), done="已改", actor=actor, at=NOON),
        "relapse": lambda: return_rectification(
            inspection.rectifications.get(), remark="复测再现", due_on=date(2021, 11, 20), actor=actor, at=NOON
        ),
        "reopen": lambda: reopen_report(inspection, due_on=date(2021, 11, 20), actor=actor, at=NOON),
        "close": lambda: close_report(inspection, actor=actor, at=NOON),
    }
    return acts[name]()


def bring_to(inspection: SelfInspection, state: str, cast: Cast) -> SelfInspection:
    """Walk the report to the state by the services, with all gates met for the next step."""
    leader, officer = cast.unit_leader, cast.campaign_officer
    set_outcome(campaign_unit_of(inspection), "cleared", basis_ref=inspection.ref, actor=officer, at=NOON)
    if state == S.ISSUED:
        return inspection
    if state == S.WITHDRAWN:
        return withdraw_report(inspection, actor=officer, at=NOON, reason="误列")
    if state == S.ACKNOWLEDGED:
        return acknowledge(inspection, actor=leader, at=NOON)
    if state == S.DRAFTING:
        return fill(inspection, leader, at=NOON)
    submitted(inspection, leader, at=NOON)
    path: dict[str, tuple[str, ...]] = {
        S.SUBMITTED: (),
        S.UNDER_REVIEW: ("start_review",),
        S.RETURNED: ("start_review", "return"),
        S.SPOT_CHECK: ("start_review", "spot_check"),
        S.VERIFIED: ("start_review", "verify"),
        S.ACCEPTED: ("start_review", "verify", "accept"),
        S.RECTIFYING: ("start_review", "verify", "rectify"),
        S.RECTIFIED: ("start_review", "verify", "rectify", "rectified"),
        S.CLOSED: ("start_review", "verify", "accept", "close"),
    }
    for name in path[state]:
        who = leader if BY_NAME[name].who == LEADER else cast.approver if name == "accept" else officer
        take(name, inspection, who)
        if name == "spot_check":
            record_spot_check(inspection.spot_checks.get(), "confirmed", note="", actor=officer, at=NOON)
    inspection.refresh_from_db()
    return inspection


def prepare(inspection: SelfInspection, name: str, cast: Cast) -> None:
    """Meet what the step needs besides its state."""
    if name == "submit" and inspection.state == S.RETURNED:
        inspection.remarks.update(settled_at=NOON)
    if name == "close" and inspection.state == S.RECTIFIED:
        close_rectification(inspection.rectifications.get(), checked="复测", actor=cast.campaign_officer, at=NOON)


@pytest.mark.parametrize("state", S.values)
def test_a_step_is_open_from_its_states_only(cast: Cast, scene: Scene, state: str) -> None:
    reached = bring_to(scene.inspection, state, cast)
    for step in STEPS:
        # A duty that does not exist can be neither reported nor returned.
        if step.name not in {"rectified", "relapse"} or state in {S.RECTIFYING, S.RECTIFIED}:
            with tried(step.name):
                _try_in_state(cast, SelfInspection.objects.get(pk=reached.pk), step, state)
                scene.bystander.refresh_from_db()
                assert scene.bystander.state == S.ISSUED


def _try_in_state(cast: Cast, inspection: SelfInspection, step: Any, state: str) -> None:
    prepare(inspection, step.name, cast)
    before = entries_of(inspection)
    actor = (
        cast.unit_leader if step.who == LEADER else cast.approver if step.name == "accept" else cast.campaign_officer
    )
    expected = state in step.sources or (step.name, state) in {
        ("draft", S.DRAFTING),  # goes on writing
        ("rectify", S.RECTIFYING),  # a further duty
        ("acknowledge", state),  # a second time changes nothing
    } - {("acknowledge", S.WITHDRAWN)}
    if expected:
        take(step.name, inspection, actor)
    else:
        with pytest.raises(Refused):
            take(step.name, inspection, actor)

    inspection.refresh_from_db()
    if state in step.sources:
        assert inspection.state == step.target
        assert len(entries_of(inspection)) > len(before)
    elif not expected:
        assert inspection.state == state
        assert entries_of(inspection) == before


WHO = ("officer", "outsider", "campaign_officer", "approver", "auditor", "unit_leader", "other_leader", "system_admin")


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_is_taken_by_its_roles_only(cast: Cast, scene: Scene, step: Any) -> None:
    state = min(step.sources)
    reached = bring_to(scene.inspection, state, cast)
    prepare(reached, step.name, cast)
    allowed = {
        "accept": {"approver"},  # the campaign officer verified it
        "rectify": {"campaign_officer", "approver"},
        "reopen": {"campaign_officer", "approver"},
        "withdraw": {"campaign_officer", "approver"},
    }.get(step.name, {"unit_leader"} if step.who == LEADER else {"campaign_officer"})
    for who in WHO:
        with tried(who):
            inspection, actor = SelfInspection.objects.get(pk=reached.pk), cast.everyone()[who]
            if who in allowed:
                take(step.name, inspection, actor)
                inspection.refresh_from_db()
                assert inspection.state == step.target
            else:
                with pytest.raises(NotReady if (step.name, who) == ("accept", "campaign_officer") else NotAllowed):
                    take(step.name, inspection, actor)
                inspection.refresh_from_db()
                assert inspection.state == state


@pytest.mark.parametrize("state", S.values)
def test_the_buttons_are_the_steps_of_the_table(cast: Cast, scene: Scene, state: str) -> None:
    inspection = bring_to(scene.inspection, state, cast)

    drawn = {offer.step.name for offer in offers(inspection, cast.campaign_officer)}

    assert drawn == {step.name for step in STEPS if step.who != LEADER and state in step.sources}
    assert offers(inspection, cast.auditor) == []
    assert offers(inspection, cast.unit_leader) == []
