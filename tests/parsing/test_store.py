"""What goes into the database is what was read, letter for letter, whatever letters a log holds."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from django.db import IntegrityError, connection, transaction

from evidence.log_enums import lane_of
from evidence.models import ItemFile
from evidence.models.logs import LogEvent, LogHour, LogRun, LogTie
from evidence.parsing.events import Event
from evidence.parsing.findings import PROVED, Bound, Finding
from evidence.services import add_file
from evidence.services.log_store import ROWS, PostgresStore
from evidence.services.logs import start_log_run
from tests.build_evidence import START, an_item
from tests.cast import Cast

pytestmark = pytest.mark.django_db
HOSTILE = (
    "a\tb",
    "line\nbreak\r",
    "back\\slash",
    "\\N",
    "\\.",
    "",
    "nul\x00",
    "half\ud83d",
    '"{quoted}",',
    "矿池\u3000",
    "\x7f\x85\u2028",
)


@pytest.fixture
def run(cast: Cast) -> LogRun:
    file: ItemFile = add_file(an_item(cast), [b"log"], name="auth.log", actor=cast.officer, at=START)
    return start_log_run(file, actor=cast.officer, at=START)


def event(number: int, **said: Any) -> Event:
    made = {
        "seq": number,
        "raw_offset": number,
        "raw_length": 5,
        "ts": None,
        "ts_raw": "",
        "ts_quality": (),
        "event_action": "login",
    }
    return cast("Event", {**made, **said})


def kept(text: str) -> str:
    return text.replace("\x00", "\ufffd").replace("\ud83d", "?")


def test_every_letter_arrives_as_it_was_read(run: LogRun) -> None:
    store = PostgresStore(run)
    store.put(3, [
        event(
            number, user_name=text, process_command_line=text, rule_labels=(text,), ts_quality=("exact", text), session_key=text,
            attrs={"said": text, "deep": [{text: text}]}, user_domain=text, source_port=0, process_pid=7, repeat=2, class_uid=3002,
        )
        for number, text in enumerate(HOSTILE)
    ])  # fmt: skip
    store.close()

    rows = list(LogEvent.objects.filter(run=run).order_by("seq"))
    assert [row.user_name for row in rows] == [kept(text) for text in HOSTILE]
    for row, text in zip(rows, map(kept, HOSTILE), strict=True):
        assert (row.process_command_line, row.session_key, row.rule_labels, row.ts_quality) == (
            text,
            text,
            [text],
            ["exact", text],
        )
        assert (row.attrs["said"], row.attrs["deep"], row.attrs["user_domain"]) == (text, [{text: text}], text)
        assert (row.source_port, row.destination_port, row.process_pid, row.repeat, row.member) == (0, None, 7, 2, 3)
        assert (row.ts, row.lane, row.class_uid) == (None, "login", 3002)
    run.refresh_from_db()
    assert run.events_kept == len(HOSTILE)


def test_times_lanes_and_hours(run: LogRun) -> None:
    early, moment = datetime(1, 1, 1, tzinfo=UTC), datetime(2021, 9, 9, 2, 21, 48, 123456, tzinfo=UTC)
    micros = [
        round((one - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000 + one.microsecond
        for one in (early, moment)
    ]
    events = [
        event(1, ts=micros[0]), event(2, ts=micros[1], class_uid=3002), event(3, ts=1 << 62), event(4, ts=micros[1] + 1, class_uid=3002),
        event(5, ts=micros[1], rule_labels=("mining-A",), class_uid=3002), event(6, ts=micros[1], event_action="message"),
        event(7, ts=micros[1], event_action="arp_entry", destination_domain="a.example", user_name="x" * 500, raw_length=1 << 40),
        event(8, destination_domain="a.example", destination_ip="203.0.113.9"),
    ]  # fmt: skip
    store = PostgresStore(run)
    store.put(0, events)
    store.close()

    rows = {row.seq: row for row in LogEvent.objects.filter(run=run)}
    assert sorted(rows) == [1, 2, 3, 4, 5, 7, 8]
    assert (rows[1].ts, rows[2].ts, rows[3].ts) == (early, moment, None)
    assert {number: row.lane for number, row in rows.items()} == {
        one["seq"]: str(lane_of(one)) for one in events if one["seq"] != 6
    }
    assert (len(rows[7].user_name), rows[7].raw_length, rows[7].destination) == (200, (1 << 31) - 1, "a.example")
    assert (rows[8].destination, rows[8].attrs) == ("203.0.113.9", {"destination_domain": "a.example"})
    hours = LogHour.objects.filter(run=run, hour=moment.replace(minute=0, second=0, microsecond=0))
    assert set(hours.values_list("lane", "events", "marked")) == {("login", 2, 0), ("mining", 1, 1), ("address", 1, 0)}


def test_batches_follow_each_other_and_what_fails_is_told(run: LogRun) -> None:
    store = PostgresStore(run)
    for begin in range(0, 2 * ROWS, ROWS):
        store.put(0, [event(number) for number in range(begin, begin + ROWS)])
        store.progress(begin + ROWS)
    store.found(0, [Finding("audit_serial", PROVED, before=Bound(0, 1), facts={"name": "nul\x00"})])
    store.close()
    assert list(LogEvent.objects.filter(run=run).order_by("id").values_list("seq", flat=True)) == list(range(2 * ROWS))

    broken = PostgresStore(run)
    broken.put(0, [event(number, source_port=1 << 40) for number in range(ROWS)])
    with pytest.raises(Exception, match="out of range"):
        broken.settle()
    assert LogEvent.objects.filter(run=run).count() == 2 * ROWS


def test_no_event_stands_without_its_reading_and_its_item(run: LogRun, cast: Cast) -> None:
    """The database holds it for every statement at once: events that hang in the air, and readings taken from under them."""
    bystander = start_log_run(
        add_file(run.file.item, [b"other"], name="b.log", actor=cast.officer, at=START), actor=cast.officer, at=START
    )
    store = PostgresStore(run)
    store.put(0, [event(number) for number in range(ROWS)])
    store.put(1, [event(ROWS)])
    store._copy()
    store.settle()
    said = {"ts_raw": "", "seq": 1, "raw_offset": 0, "raw_length": 1, "lane": "other", "event_action": "login"}

    assert list(LogTie.objects.values_list("run", "item")) == [(run.pk, run.file.item_id)]
    for loose in ({"run_id": 0, "item_id": run.file.item_id}, {"run_id": run.pk, "item_id": 0}):
        row = LogEvent(**loose, **said)
        with pytest.raises(IntegrityError, match="evidence_logtie"):
            _done(row.save)
    with pytest.raises(IntegrityError, match="evidence_logtie"):
        _done(lambda: _deleted(run))
    _done(lambda: _deleted(bystander))
    assert LogEvent.objects.filter(run=run).count() == ROWS + 1


def _done(act: Callable[[], object]) -> None:
    """Act, and have the database ask what it asks at the end of a transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        act()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _deleted(run: LogRun) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM evidence_logrun WHERE id = %s", [run.pk])
