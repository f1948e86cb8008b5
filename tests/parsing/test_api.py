"""Readings, events and findings over the API: the same circle of readers, filters, pages by cursor."""

from typing import Any

import pytest

from casework.ledger.models import Entry
from evidence.models import ItemFile
from evidence.models.logs import ClockOffset, EventMark, LogEvent, LogRun
from evidence.services import add_file
from tests.build_evidence import START, an_item
from tests.cast import Cast
from tests.evidence.test_api import api
from tests.parsing.test_product import file, run  # noqa: F401 (fixtures)

pytestmark = pytest.mark.django_db


def results(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.data
    found: list[dict[str, Any]] = answer.data["results"]
    return found


def test_a_reading_tells_its_account(run: LogRun, cast: Cast) -> None:  # noqa: F811
    (one,) = results(api(cast.auditor).get(f"/api/v1/log-readings/?item={run.file.item_id}"))

    assert (one["lines"], one["parsed"], one["unparsed"]) == (122, 121, 1)
    assert (one["state"], one["sha256"], one["clock"]) == ("done", run.file.blob.sha256, None)
    assert results(api(cast.officer).get("/api/v1/log-readings/?item=999999")) == []


def test_events_come_by_filter_and_page_by_page(run: LogRun, cast: Cast) -> None:  # noqa: F811
    client = api(cast.officer)
    seen: list[int] = []
    url: str | None = f"/api/v1/log-events/?run={run.pk}&limit=50"
    while url:
        answer = client.get(url)
        seen += [one["id"] for one in results(answer)]
        url = answer.data["next"]
    assert seen == sorted(LogEvent.objects.filter(run=run).values_list("pk", flat=True))

    for asked, expected in (
        ("event_action=login&user_name=huang", 30),
        ("label=log-clearing", 1),
        ("lane=command", 1),
        ("source_ip=10.3.0.7", 1),
        ("since=2021-09-06T00:00:00%2B08:00&until=2021-09-06T01:00:00%2B08:00", 4),
        ("starred=true", 0),
        ("event_action=nothing", 0),
    ):
        assert len(results(client.get(f"/api/v1/log-events/?run={run.pk}&limit=200&{asked}"))) == expected, asked
    assert client.get("/api/v1/log-events/?since=yesterday").status_code == 400


def test_findings_quote_both_lines(run: LogRun, cast: Cast) -> None:  # noqa: F811
    (one,) = results(api(cast.officer).get(f"/api/v1/log-findings/?run={run.pk}&gap=true"))

    assert (one["check_name"], one["verdict"], one["expected"], one["found"]) == (
        "logind_sessions",
        "deleted-proved",
        5,
        2,
    )
    assert "New session 50 " in one["before"]["text"]
    assert "New session 55 " in one["after"]["text"]


def test_outsiders_find_nothing_and_the_auditor_writes_nothing(run: LogRun, cast: Cast) -> None:  # noqa: F811
    event = LogEvent.objects.filter(run=run).earliest("pk")
    for name in ("outsider", "custodian", "unit_leader"):
        for part, pk in (("readings", run.pk), ("events", event.pk)):
            answer = api(getattr(cast, name)).get(f"/api/v1/log-{part}/{pk}/")
            assert answer.status_code in {403, 404}, (name, part)
    assert results(api(cast.outsider).get("/api/v1/log-events/")) == []
    assert api(cast.outsider).post(f"/api/v1/log-events/{event.pk}/mark/", {}, format="json").status_code == 404
    for url, data in (
        (f"/api/v1/log-events/{event.pk}/mark/", {"starred": True}),
        (f"/api/v1/log-readings/{run.pk}/clock/", {"offset_ms": 1, "error_ms": 1, "basis": "x"}),
        ("/api/v1/log-readings/", {"file": run.file_id}),
    ):
        assert api(cast.auditor).post(url, data, format="json").status_code == 403
    assert (EventMark.objects.count(), ClockOffset.objects.count(), LogRun.objects.count()) == (0, 0, 1)


def test_an_officer_asks_marks_and_states_the_clock(run: LogRun, cast: Cast) -> None:  # noqa: F811
    client, event = api(cast.officer), LogEvent.objects.filter(run=run).earliest("pk")

    marked = client.post(f"/api/v1/log-events/{event.pk}/mark/", {"starred": True, "comment": "看这里"}, format="json")
    stated = client.post(
        f"/api/v1/log-readings/{run.pk}/clock/", {"offset_ms": 5000, "error_ms": 100, "basis": "比对"}, format="json"
    )
    asked = [
        client.post("/api/v1/log-readings/", {"file": run.file_id}, format="json", HTTP_IDEMPOTENCY_KEY="k1")
        for _ in range(2)
    ]

    assert (marked.status_code, marked.data["starred"]) == (200, True)
    assert stated.data["clock"] == {"offset_ms": 5000, "error_ms": 100, "basis": "比对"}
    assert [answer.status_code for answer in asked] == [201, 201]
    assert asked[0].data["id"] == asked[1].data["id"]
    assert asked[0].data["clock"]["offset_ms"] == 5000
    assert Entry.objects.filter(kind="item.logs_asked", ref=f"item:{run.file.item_id}").count() == 2


def test_a_table_is_asked_for_with_its_columns(file: ItemFile, cast: Cast) -> None:  # noqa: F811
    table = add_file(
        file.item, ["时间,人\n2021-09-09 10:00:00,黄某某\n".encode()], name="a.csv", actor=cast.officer, at=START
    )
    hidden = add_file(an_item(cast), [b"x"], name="b.csv", actor=cast.officer, at=START)
    client = api(cast.officer)

    wrong = client.post(
        "/api/v1/log-readings/", {"file": table.pk, "columns": {"x": "人"}, "mapping": "门"}, format="json"
    )
    good = client.post(
        "/api/v1/log-readings/",
        {"file": table.pk, "columns": {"ts": "时间", "user_name": "人"}, "mapping": "门"},
        format="json",
    )
    foreign = api(cast.outsider).post("/api/v1/log-readings/", {"file": hidden.pk}, format="json")

    assert (wrong.status_code, foreign.status_code) == (400, 400)
    assert (good.status_code, good.data["asked_format"], good.data["mapping"]) == (201, "table", "门")
