"""An issue to many units goes in parts: refused as a whole, gone on with by anybody, nobody issued to twice."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from casework.core.errors import NotReady, Refused
from casework.deadlines.models import Deadline
from casework.ledger.models import Entry
from casework.notices.models import Notice
from tests.build_campaigns import DUE, ISSUED, OPENED, a_campaign, a_leader, a_unit, stage_of
from tests.cast import Cast
from units.models import SelfInspection, Stage, UnitLeader
from units.services import issue_runs
from units.services.campaigns import add_units
from units.services.issue_runs import begin_issue, go_on, lost_runs
from units.tasks import issue, take_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage of a campaign over five units, and one of another campaign that nobody touches."""
    monkeypatch.setattr(issue_runs, "PART", 2)
    for code, count in (("many", 5), ("bystander", 1)):
        campaign = a_campaign(cast.campaign_officer, *cast.members(), code=code)
        units = [a_unit() for _ in range(count)]
        for unit in units:
            a_leader(unit)
        add_units(campaign, units, actor=cast.campaign_officer, at=OPENED)
    return stage_of(Stage.objects.get(campaign__code="many", order=1).campaign)


def test_an_issue_goes_in_parts_and_reaches_everybody_once(cast: Cast, stage: Stage) -> None:
    run = begin_issue(stage, due_on=DUE, actor=cast.campaign_officer, at=ISSUED)
    assert (run.total, run.done) == (5, 0)
    seen = []
    while go_on(run, at=ISSUED):
        run.refresh_from_db()
        seen.append(run.done)
    run.refresh_from_db()
    assert seen == [2, 4]
    assert (run.state, run.done) == ("done", 5)
    assert not go_on(run, at=ISSUED)
    rows = SelfInspection.objects.filter(stage=stage)
    assert rows.count() == SelfInspection.objects.count() == 5
    assert Deadline.objects.filter(due_on=DUE).count() == 5
    assert Notice.objects.filter(kind="selfinspection.issued").count() == 5
    for row in rows:
        assert [entry.stream_seq for entry in Entry.objects.of(row.ref)] == [1]
    kinds = list(Entry.objects.of(f"campaign:{stage.campaign_id}").values_list("kind", flat=True))
    assert kinds[-5:] == ["campaign.issue_begun", *["campaign.issued"] * 3, "campaign.issue_ended"]


def test_an_issue_whose_worker_is_lost_is_taken_up(cast: Cast, stage: Stage, settings: Any) -> None:
    run = begin_issue(stage, due_on=DUE, actor=cast.campaign_officer, at=ISSUED)
    go_on(run, at=ISSUED)
    assert lost_runs(ISSUED + timedelta(seconds=30)) == []
    settings.CASEWORK_NOW = "2021-10-11T09:05:00+08:00"
    with pytest.raises(Refused, match="正在下发，已发 2 家，共 5 家"):
        begin_issue(stage, due_on=DUE, actor=cast.campaign_officer, at=ISSUED)
    assert take_up() == 1
    assert SelfInspection.objects.filter(stage=stage).count() == 5
    assert take_up() == 0
    issue(run.pk)  # a second worker finds nothing to do
    issue(0)
    assert SelfInspection.objects.count() == 5


def test_units_that_are_not_ready_are_all_named_or_left_for_later(cast: Cast, stage: Stage) -> None:
    gone = UnitLeader.objects.filter(unit__campaign_units__campaign=stage.campaign_id).order_by("pk")[:2]
    UnitLeader.objects.filter(pk__in=[one.pk for one in gone]).update(until=date(2021, 9, 1))
    with pytest.raises(NotReady) as refused:
        begin_issue(stage, due_on=DUE, actor=cast.campaign_officer, at=ISSUED)
    assert len(refused.value.missing) == 2
    run = begin_issue(stage, due_on=DUE, ready_only=True, actor=cast.campaign_officer, at=ISSUED)
    while go_on(run, at=ISSUED):
        pass
    run.refresh_from_db()
    assert (run.total, run.done, run.state) == (3, 3, "done")


def test_the_page_begins_a_run_and_shows_how_far_it_is(
    client: Client, cast: Cast, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("units.web.campaign_issue.AT_ONCE", 4)
    client.force_login(cast.campaign_officer)
    page = client.post("/campaigns/many/issue/", {"stage": "self_inspection", "due_on": "2035-1-10"})
    assert page.status_code == 302
    place = page.headers["Location"]
    assert "5 家中的 0 家" in client.get(place).content.decode()
    assert client.get("/campaigns/many/issue/").headers["Location"] == place
    run = issue_runs.IssueRun.objects.get()
    while go_on(run, at=run.started_at):
        pass
    part = client.get(place, headers={"HX-Request": "true"}).content.decode()
    assert "5 家中的 5 家" in part
    assert "<html" not in part
    client.force_login(cast.auditor)
    assert client.get(place).status_code in {403, 404}
    client.force_login(cast.outsider)
    assert client.get(place).status_code == 404
