"""Two at once on a self-inspection, on the real database."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from casework.core.errors import CaseworkError, Refused, Stale
from casework.deadlines.models import Deadline
from casework.ledger.models import Entry
from tests.build import moment
from tests.build_campaigns import (
    DUE,
    ISSUED,
    OPENED,
    a_campaign,
    a_leader,
    a_scene,
    a_unit,
    fill,
    stage_of,
)
from tests.cast import make_cast
from units.enums_campaign import InspectionState as S
from units.models import (
    Answer,
    Report,
    SelfInspection,
)
from units.services.campaigns import add_units
from units.services.issuing import issue_self_inspections
from units.services.self_inspections import (
    acknowledge,
    save_answer,
    submit_report,
)

NOON = moment("2021-10-26 12:00")


def entries_of(inspection: SelfInspection) -> list[str]:
    """Return the kinds of the inspection's entries, oldest first."""
    return list(Entry.objects.filter(ref=inspection.ref).order_by("id").values_list("kind", flat=True))


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts at the same moment, each on its own connection; return results and refusals in their order."""
    start = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(120)
            results[place] = act()
        except CaseworkError as refusal:
            results[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


@pytest.mark.django_db(transaction=True)
def test_two_submissions_at_once_make_one_report() -> None:
    cast = make_cast()
    scene = a_scene(cast)
    fill(scene.inspection, cast.unit_leader, at=NOON)

    def submit() -> Report:
        return submit_report(scene.inspection, signed_name=cast.unit_leader.name, actor=cast.unit_leader, at=NOON)

    results = together(submit, submit, submit)

    assert sum(isinstance(one, Report) for one in results) == 1
    assert sum(isinstance(one, Refused) for one in results) == 2
    assert Report.objects.count() == 1
    assert entries_of(scene.inspection).count("selfinspection.submitted") == 1


@pytest.mark.django_db(transaction=True)
def test_two_saves_at_once_keep_both_values() -> None:
    cast = make_cast()
    scene = a_scene(cast)
    acknowledge(scene.inspection, actor=cast.unit_leader, at=NOON)

    def save(text: str) -> Callable[[], Answer]:
        return lambda: save_answer(scene.inspection, "rooms", text, version=0, actor=cast.unit_leader, at=NOON)

    results = together(save("一楼"), save("二楼"))

    (kept,) = [one for one in results if isinstance(one, Answer)]
    (stale,) = [one for one in results if isinstance(one, Stale)]
    assert Answer.objects.get().value == kept.value
    assert {stale.details["theirs"], stale.details["yours"]} == {"一楼", "二楼"}


@pytest.mark.django_db(transaction=True)
def test_saving_and_submitting_at_once_never_changes_a_frozen_report() -> None:
    cast = make_cast()
    scene = a_scene(cast)
    fill(scene.inspection, cast.unit_leader, at=NOON)

    results = together(
        lambda: submit_report(scene.inspection, signed_name=cast.unit_leader.name, actor=cast.unit_leader, at=NOON),
        lambda: save_answer(scene.inspection, "rooms", "三楼", actor=cast.unit_leader, at=NOON),
    )

    scene.inspection.refresh_from_db()
    answer = Answer.objects.get(inspection=scene.inspection, code="rooms").value
    assert isinstance(results[0], Report)
    assert json.loads(Report.objects.get().content)["answers"]["rooms"] == answer
    assert scene.inspection.state == S.SUBMITTED


@pytest.mark.django_db(transaction=True)
def test_two_issues_at_once_give_each_unit_one() -> None:
    cast = make_cast()
    campaign = a_campaign(cast.campaign_officer)
    unit = a_unit()
    a_leader(unit)
    add_units(campaign, [unit], actor=cast.campaign_officer, at=OPENED)
    stage = stage_of(campaign)

    def issue() -> int:
        return len(issue_self_inspections(stage, due_on=DUE, actor=cast.campaign_officer, at=ISSUED))

    assert sorted(together(issue, issue)) == [0, 1]
    assert SelfInspection.objects.count() == 1
    assert Deadline.objects.count() == 1
