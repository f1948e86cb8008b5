"""In the product: logs of an item against each other, a file that continues another, tables by named columns."""

import json
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from casework.core.errors import CaseworkError
from casework.ledger.models import Entry
from evidence.log_enums import RunState, Verdict
from evidence.models import Item, ItemFile
from evidence.models.logs import LogEvent, LogFinding, LogMapping, LogRun
from evidence.selectors.logs import current_runs, offsets_of, peek
from evidence.services import add_file
from evidence.services.logs import read_columns, run_log, set_clock_offset, start_log_run, waiting_runs
from tests.build_evidence import START, a_collection, an_item
from tests.cast import Cast
from tests.parsing.test_product import LATER, client_of
from tests.parsing.test_together import HOURS, logind, secure, wtmp

pytestmark = pytest.mark.django_db


def read(item: Item, cast: Cast, name: str, data: bytes) -> LogRun:
    file = add_file(item, [data], name=name, actor=cast.officer, at=START)
    run = run_log(start_log_run(file, actor=cast.officer, at=LATER).pk, at=LATER)
    assert run is not None
    return run


def again(run: LogRun, cast: Cast) -> LogRun:
    done = run_log(start_log_run(run.file, actor=cast.officer, at=LATER).pk, at=LATER)
    assert done is not None
    return done


SOME = [hour for hour in range(HOURS) if hour != 17]


@pytest.mark.parametrize("order", [("secure", "wtmp"), ("wtmp", "secure")])
def test_a_login_that_one_log_of_the_item_lacks_is_found_whichever_was_read_first(
    cast: Cast, order: tuple[str, str]
) -> None:
    data = {"secure": secure(SOME), "wtmp": wtmp(list(range(HOURS)))}
    item, bystander = an_item(cast), an_item(cast)
    read(bystander, cast, "secure", secure(list(range(HOURS))))  # another machine's log is not held against this one's

    runs = {name: read(item, cast, name, data[name]) for name in order}

    (found,) = LogFinding.objects.filter(check_name="login_contradicted")
    assert (found.run, found.witness_run, found.verdict) == (runs["secure"], runs["wtmp"], Verdict.CONTRADICTED)
    assert found.before is not None
    assert found.after is not None
    assert found.witness is not None
    assert "10.3.7.16" in found.before["text"]
    assert "10.3.7.18" in found.after["text"]
    assert found.witness["text"] == "huang 10.3.7.17"
    for url in (
        reverse("evidence:timeline") + f"?item={item.pk}",
        reverse("evidence:log-run", args=[runs["secure"].pk]),
    ):
        page = client_of(cast.auditor).get(url).content.decode()
        assert "wtmp 有，secure 没有" in page
        assert "huang 10.3.7.17" in page


@pytest.mark.parametrize("first", ["own", "copy"])
def test_a_login_that_another_item_of_the_matter_tells_of_is_found_whichever_was_read_first(
    cast: Cast, first: str
) -> None:
    matter = a_collection(cast)
    items = {"own": an_item(cast, collection=matter), "copy": an_item(cast, collection=matter)}
    bystander = an_item(cast)  # of another matter
    read(bystander, cast, "secure", secure(SOME))
    data = {"own": ("secure", secure(SOME)), "copy": ("secure-rig.log", secure(list(range(HOURS))))}

    runs = {name: read(items[name], cast, *data[name]) for name in sorted(items, key=lambda name: name != first)}

    (found,) = LogFinding.objects.filter(check_name="login_contradicted")
    assert (found.run, found.item, found.witness_run) == (runs["own"], items["own"], runs["copy"])
    assert (found.verdict, found.benign["filtered_export"]) == (Verdict.CONTRADICTED, False)
    again(runs["copy"], cast)
    assert LogFinding.objects.filter(check_name="login_contradicted").count() == 1
    page = client_of(cast.auditor).get(reverse("evidence:log-run", args=[runs["own"].pk])).content.decode()
    assert "secure-rig.log 有，secure 没有" in page


def test_what_is_known_is_not_told_twice(cast: Cast) -> None:
    item = an_item(cast)
    lacking = read(item, cast, "secure", secure(SOME))
    witness = read(item, cast, "wtmp", wtmp(list(range(HOURS))))

    again(witness, cast)
    fresh = again(lacking, cast)

    rows = LogFinding.objects.filter(check_name="login_contradicted").order_by("pk")
    assert [row.run for row in rows] == [lacking, fresh]


def test_a_clock_stated_before_is_taken_off_and_holds_for_the_next_reading(cast: Cast) -> None:
    unstated, item = an_item(cast), an_item(cast)
    late = wtmp(list(range(HOURS)), ahead=0.2)
    read(unstated, cast, "wtmp", late)
    read(unstated, cast, "secure", secure(list(range(HOURS))))
    ahead = read(item, cast, "wtmp", late)
    set_clock_offset(ahead, offset_ms=720_000, error_ms=1000, basis="与授时服务器比对", actor=cast.officer, at=LATER)
    fresh = again(ahead, cast)

    assert offsets_of([fresh])[fresh.pk].offset_ms == 720_000
    read(item, cast, "secure", secure(list(range(HOURS))))
    (found,) = LogFinding.objects.filter(check_name="login_contradicted")
    assert (found.item, found.verdict, found.benign["few_matches"]) == (unstated, Verdict.UNKNOWN, True)


def test_a_file_that_continues_another_is_counted_on(cast: Cast) -> None:
    item = an_item(cast)
    later = read(item, cast, "auth.log", logind(range(43, 80)))
    read(item, cast, "auth.log.1", logind(range(40)))

    (found,) = LogFinding.objects.filter(check_name="logind_sessions")
    assert (found.run, found.verdict, found.expected, found.found) == (later, Verdict.PROVED, 8, 2)
    page = client_of(cast.officer).get(reverse("evidence:log-run", args=[later.pk])).content.decode()
    assert "与上一份 auth.log.1 之间" in page
    logs = client_of(cast.officer).get(reverse("evidence:item-logs", args=[item.pk])).content.decode()
    assert "是一组轮转的日志（auth.log.1、auth.log），当作一份接着数：共 231 行，没读懂 0" in logs


DOOR = "实验楼门禁记录\n卡号,持卡人,刷卡日期,刷卡时刻,门\n17,黄某某,2021-09-09,10:21:48,三层机房\n18,金某某,2021-09-09,10:22:01,三层机房\n".encode(
    "gb18030"
)
COLUMNS = {"user_name": "持卡人", "date": "刷卡日期", "ts": "刷卡时刻", "tty": "门"}


@pytest.fixture
def door(cast: Cast) -> ItemFile:
    return add_file(an_item(cast), [DOOR], name="door.csv", actor=cast.officer, at=START)


def test_a_table_is_read_by_the_columns_that_the_officer_names(door: ItemFile, cast: Cast) -> None:
    client = client_of(cast.officer)
    url = reverse("evidence:log-columns", args=[door.item_id])
    asked = client.post(
        reverse("evidence:item-logs", args=[door.item_id]),
        {"file": door.pk, "format": "columns", "zone": "Asia/Shanghai"},
    )
    assert asked.status_code == 302
    page = client.get(asked["Location"]).content.decode()
    assert "三层机房" in page
    assert "刷卡日期" in page
    heading = ["卡号", "持卡人", "刷卡日期", "刷卡时刻", "门"]
    sent = {f"c{heading.index(title)}": field for field, title in COLUMNS.items()}

    refused = client.post(url, {"file": door.pk, "name": "", **sent})
    twice = client.post(url, {"file": door.pk, "name": "门禁", **sent, "c0": "ts"})
    assert (refused.status_code, twice.status_code, LogRun.objects.count()) == (422, 422, 0)
    assert client.post(url, {"file": door.pk, "name": "门禁", **sent}).status_code == 302
    done = run_log(LogRun.objects.get().pk, at=LATER)

    assert done is not None
    assert (done.asked_format, done.lines, done.unparsed, done.members[0]["unparsed_reasons"]) == (
        "table",
        4,
        1,
        {"above_heading": 1},
    )
    first = LogEvent.objects.filter(run=done).earliest("pk")
    assert first.ts is not None
    assert (first.user_name, first.tty, first.attrs, first.ts.isoformat()) == (
        "黄某某", "三层机房", {"卡号": "17"}, "2021-09-09T02:21:48+00:00",
    )  # fmt: skip
    entry = Entry.objects.filter(kind="item.logs_asked").latest("pk")
    assert entry.payload["data"]["columns"] == COLUMNS


def test_a_mapping_is_used_again_and_never_changed(door: ItemFile, cast: Cast) -> None:
    run = read_columns(door, name="门禁", columns=COLUMNS, actor=cast.officer, at=LATER)
    run_log(run.pk, at=LATER)
    other = add_file(an_item(cast), [DOOR.replace(b"17,", b"19,")], name="door2.csv", actor=cast.officer, at=START)

    page = (
        client_of(cast.officer)
        .get(reverse("evidence:log-columns", args=[other.item_id]) + f"?file={other.pk}")
        .content.decode()
    )
    assert "门禁" in page
    with pytest.raises(CaseworkError):
        read_columns(other, name="门禁", columns={"ts": "刷卡时刻"}, actor=cast.officer, at=LATER)
    second = read_columns(other, name="门禁", columns=COLUMNS, actor=cast.officer, at=LATER)

    assert second.mapping == run.mapping
    assert LogMapping.objects.count() == 1
    seen = peek(other)
    assert seen is not None
    assert seen.guessed["tty"] == 4


@pytest.mark.parametrize("columns", [{}, {"no_field": "门"}, {"ts": ""}, {"ts": "门", "date": "门"}])
def test_columns_that_make_no_sense_are_refused(door: ItemFile, cast: Cast, columns: dict[str, str]) -> None:
    with pytest.raises(CaseworkError):
        read_columns(door, name="门禁", columns=columns, actor=cast.officer, at=LATER)

    assert LogRun.objects.count() == LogMapping.objects.count() == 0


def test_only_those_who_read_logs_name_columns(door: ItemFile, cast: Cast) -> None:
    url = reverse("evidence:log-columns", args=[door.item_id]) + f"?file={door.pk}"

    statuses = {
        name: (
            client_of(getattr(cast, name)).get(url).status_code,
            client_of(getattr(cast, name)).post(url, {"file": door.pk}).status_code,
        )
        for name in ("auditor", "outsider", "custodian")
    }

    assert statuses == {"auditor": (403, 403), "outsider": (404, 404), "custodian": (404, 404)}
    assert client_of(cast.officer).get(url.partition("?")[0]).status_code == 404


def test_the_command_reads_a_table_by_a_file_of_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "door.csv").write_bytes(DOOR)
    (tmp_path / "door.json").write_text(json.dumps(COLUMNS))
    (tmp_path / "wrong.json").write_text('{"ts": 3}')

    with pytest.raises(SystemExit):
        call_command("parse-log", str(tmp_path / "door.csv"), "--json", "--mapping", str(tmp_path / "door.json"))
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["user_name"] for row in rows[:-1]] == ["黄某某", "金某某"]
    assert rows[-1]["summary"]["unparsed_reasons"] == {"above_heading": 1}
    with pytest.raises(CommandError):
        call_command("parse-log", str(tmp_path / "door.csv"), "--mapping", str(tmp_path / "wrong.json"))


def test_the_newest_reading_speaks(cast: Cast) -> None:
    item = an_item(cast)
    run = read(item, cast, "secure", secure(SOME))
    fresh = again(run, cast)

    assert [one.pk for one in current_runs(cast.officer)] == [fresh.pk]
    assert fresh.asked_at - START == timedelta(hours=2)


def test_a_reading_whose_worker_died_ends_and_one_that_nobody_was_told_of_is_taken_up(cast: Cast) -> None:
    item = an_item(cast)
    files = [add_file(item, [f"x{n}".encode()], name=f"{n}.log", actor=cast.officer, at=START) for n in range(4)]
    dead, alive, untold, fresh = (start_log_run(file, actor=cast.officer, at=LATER) for file in files)
    LogRun.objects.filter(pk__in=[dead.pk, alive.pk]).update(state=RunState.RUNNING, started_at=LATER)
    LogRun.objects.filter(pk=fresh.pk).update(asked_at=LATER + timedelta(minutes=5))
    settings = connection.settings_dict
    other = psycopg.connect(
        dbname=settings["NAME"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        host=settings["HOST"],
        port=settings["PORT"] or None,
    )
    try:
        other.execute("SELECT pg_advisory_lock(hashtext('evidence.log_run'), %s)", [alive.pk])
        waiting = waiting_runs(at=LATER + timedelta(minutes=5))
        with pytest.raises(CaseworkError):
            start_log_run(files[1], actor=cast.officer, at=LATER)
    finally:
        other.close()

    assert waiting == [untold.pk]
    states = dict(LogRun.objects.values_list("pk", "state"))
    assert states == {dead.pk: "failed", alive.pk: "running", untold.pk: "queued", fresh.pk: "queued"}
    assert start_log_run(files[0], actor=cast.officer, at=LATER).serial == 2
    assert start_log_run(files[1], actor=cast.officer, at=LATER).serial == 2  # its worker is gone by now
