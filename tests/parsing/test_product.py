"""Readings of logs in the product: runs beside each other, the timeline, who may see and do what."""

import gzip
import io
import tarfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from casework.core.errors import CaseworkError
from casework.ledger.models import Entry
from evidence.log_enums import RunState, Verdict
from evidence.models import ItemFile
from evidence.models.logs import EventMark, LogEvent, LogFinding, LogRun
from evidence.parsing.places import Kept
from evidence.selectors.log_bytes import Bytes, bytes_of
from evidence.selectors.logs import Asked, current_runs, events_of, lanes_of, offsets_of, span_of
from evidence.selectors.raw_search import Hit, search_raw
from evidence.services import add_file
from evidence.services.logs import mark_event, run_log, set_clock_offset, start_log_run
from evidence.web.log_picture import LEFT, WIDTH, draw
from tests.build_evidence import START, an_item
from tests.cast import Cast
from tests.parsing.reading import lines

pytestmark = pytest.mark.django_db
LATER = START + timedelta(hours=2)


def client_of(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")  # type: ignore[arg-type]
    return client


def auth_log() -> bytes:
    """Return a log in which session numbers conserve but once, where three sessions are gone."""
    out: list[str] = []
    number = 10
    for hour in range(30):
        at = f"Sep {5 + hour // 24:2d} {hour % 24:02d}"
        out.append(
            f"{at}:17:01 rig CRON[{900 + hour}]: pam_unix(cron:session): session opened for user root by (uid=0)"
        )
        out.append(
            f"{at}:20:05 rig sshd[{2000 + hour}]: Accepted password for huang from 10.3.0.{hour + 1} port 50022 ssh2"
        )
        out.append(
            f"{at}:20:05 rig sshd[{2000 + hour}]: pam_unix(sshd:session): session opened for user huang by (uid=0)"
        )
        number += 2 if hour != 20 else 5
        out.append(f"{at}:20:06 rig systemd-logind[400]: New session {number} of user huang.")
    out.append(
        "Sep  6 06:40:00 rig sudo:    huang : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/bin/rm -f /var/log/auth.log.1"
    )
    out.append("not a line of a log")
    return lines(*out)


@pytest.fixture
def file(cast: Cast) -> ItemFile:
    item = an_item(cast)
    bystander = an_item(cast)
    other = add_file(bystander, [b"other"], name="other.log", actor=cast.officer, at=START)
    assert other.pk
    return add_file(item, [auth_log()], name="auth.log", actor=cast.officer, at=START)


@pytest.fixture
def run(file: ItemFile, cast: Cast) -> LogRun:
    asked = start_log_run(file, actor=cast.officer, at=LATER)
    done = run_log(asked.pk, at=LATER)
    assert done is not None
    return done


def test_a_reading_balances_and_keeps_what_has_a_meaning(run: LogRun) -> None:
    assert (run.state, run.lines, run.unparsed, run.serial) == (RunState.DONE, 122, 1, 1)
    assert run.lines == run.parsed + run.unparsed
    assert LogEvent.objects.filter(run=run).count() == run.events_kept == 121
    assert run.first_at is not None
    assert run.first_at.year == 2021  # inferred from the day on which the file was taken
    event = LogEvent.objects.get(run=run, event_action="sudo")
    assert (event.user_name, event.user_effective_name, event.rule_labels) == ("huang", "root", ["log-clearing"])
    data = auth_log()[event.raw_offset : event.raw_offset + event.raw_length]
    assert data.endswith(b"COMMAND=/bin/rm -f /var/log/auth.log.1")


def test_what_is_missing_is_kept_with_both_lines(run: LogRun) -> None:
    (gap,) = LogFinding.objects.filter(run=run, gap=True)

    assert (gap.check_name, gap.verdict, gap.expected, gap.found) == ("logind_sessions", Verdict.PROVED, 5, 2)
    assert gap.before is not None
    assert gap.after is not None
    assert "New session 50 " in gap.before["text"]
    assert "New session 55 " in gap.after["text"]


def test_a_second_reading_stands_beside_the_first(run: LogRun, cast: Cast) -> None:
    again = start_log_run(run.file, actor=cast.officer, at=LATER, zone="UTC")
    with pytest.raises(CaseworkError):
        start_log_run(run.file, actor=cast.officer, at=LATER)
    assert run_log(again.pk, at=LATER) is not None
    assert run_log(again.pk, at=LATER) is None  # a task delivered twice

    rows = LogRun.objects.filter(file=run.file).order_by("serial")
    assert [(row.serial, row.state, row.events_kept) for row in rows] == [(1, "done", 121), (2, "done", 121)]
    assert [one.pk for one in current_runs(cast.officer)] == [again.pk]
    first, second = (LogEvent.objects.filter(run=row).earliest("ts", "id") for row in rows)
    assert second.ts is not None
    assert first.ts is not None
    assert second.ts - first.ts == timedelta(hours=8)


def test_a_clock_offset_moves_the_timeline_and_not_the_events(run: LogRun, cast: Cast) -> None:
    with pytest.raises(CaseworkError):
        set_clock_offset(run, offset_ms=1, error_ms=0, basis=" ", actor=cast.officer, at=LATER)
    set_clock_offset(
        run, offset_ms=3_600_000, error_ms=2_000, basis="与机房时间服务器比对", actor=cast.officer, at=LATER
    )
    runs, span = [run], span_of([run])
    assert span is not None
    asked = Asked(span[0] - timedelta(hours=2), span[1])

    events, _more = events_of(runs, asked, offsets_of(runs))

    assert events[0].ts - events[0].true_at == timedelta(hours=1)
    assert LogEvent.objects.get(pk=events[0].pk).ts == events[0].ts
    assert Entry.objects.filter(kind="item.clock_set", ref=f"item:{run.file.item_id}").count() == 1


@pytest.mark.parametrize("hours", [48, 3])
def test_bars_count_every_event_of_the_window(run: LogRun, hours: int) -> None:
    span = span_of([run])
    assert span is not None
    asked = Asked(span[0], span[0] + timedelta(hours=hours))

    bars = lanes_of([run], asked, {})

    expected = LogEvent.objects.filter(run=run, ts__gte=asked.since, ts__lt=asked.until).count()
    assert sum(lane.events for lane in bars) == expected > 0


def test_a_filter_looks_through_a_bounded_number_and_says_how_far_it_came(
    run: LogRun, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evidence.selectors.logs.COUNTED", 25)
    client = client_of(cast.auditor)
    url = reverse("evidence:timeline")
    expected = list(
        LogEvent.objects.filter(run=run, source_ip="10.3.0.28").order_by("ts", "id").values_list("pk", flat=True)
    )
    shown: list[int] = []
    asked, steps = "?ip=10.3.0.28", 0
    while asked:
        page = client.get(url + asked)
        assert page.context["all_counted"] is True
        assert page.context["picture"].events == run.events_kept  # the picture says that it shows all of them
        assert "没有按筛选数" in page.content.decode()
        shown += [one["event"].pk for one in page.context["events"]]
        asked = page.context["further_url"]
        assert ("没有符合的事件" in page.content.decode()) is (not asked and not page.context["events"])
        steps += 1
    assert shown == expected
    assert shown
    assert 4 <= steps <= 8
    near = client.get(url + "?ip=10.3.0.28&since=2021-09-06T02:00:00&until=2021-09-06T06:00:00")
    assert near.context["all_counted"] is False
    assert near.context["picture"].events == len(expected)
    assert near.context["further_url"] == ""

    # What is suspicious or starred is found at once, however many events lie between, and the picture counts just that.
    late = LogEvent.objects.filter(run=run, rule_labels=[]).latest("ts", "id")
    mark_event(late, starred=True, actor=cast.officer, at=LATER)
    marked = LogEvent.objects.filter(~Q(rule_labels=[]) | Q(pk=late.pk), run=run).order_by("ts", "id")
    page = client.get(url + "?marked=1")
    assert [one["event"].pk for one in page.context["events"]] == list(marked.values_list("pk", flat=True))
    assert (page.context["picture"].events, page.context["all_counted"]) == (len(marked), False)
    assert 2 <= len(marked) <= 25
    assert page.context["further_url"] == ""


def test_pages_follow_one_another_without_a_filter(run: LogRun, cast: Cast) -> None:
    """Every event once and in order, with a second reading of another clock in between."""
    second = add_file(run.file.item, [auth_log(), b"another line\n"], name="auth2.log", actor=cast.officer, at=START)
    other = run_log(start_log_run(second, actor=cast.officer, at=LATER).pk, at=LATER)
    assert other is not None
    set_clock_offset(other, offset_ms=-1_234_567, error_ms=0, basis="比对", actor=cast.officer, at=LATER)
    runs = current_runs(cast.officer)
    span = span_of(runs)
    assert span is not None
    asked, offsets = Asked(span[0] - timedelta(minutes=7), span[1] + timedelta(hours=1)), offsets_of(runs)
    after, more, shown = None, True, []
    while more:
        page, more = events_of(runs, asked, offsets, after)
        assert len(page) == 50 or not more
        shown += [(one.true_at, one.pk) for one in page]
        after = shown[-1]
    assert shown == sorted(shown)
    assert len(set(shown)) == len(shown) == run.events_kept + other.events_kept


def test_a_star_stands_in_the_picture(run: LogRun, cast: Cast) -> None:
    event = LogEvent.objects.get(run=run, event_action="sudo")
    mark_event(event, starred=True, comment="删日志", actor=cast.officer, at=LATER)
    mark_event(event, starred=True, comment="再看", actor=cast.second_officer, at=LATER)
    url = reverse("evidence:timeline")

    page = client_of(cast.auditor).get(f"{url}?marked=1")

    (pin,) = page.context["picture"].pins
    assert (pin.event, "再看" in pin.title) == (event.pk, True)
    assert [one["event"].pk for one in page.context["events"]] == [event.pk]  # once, however many stars it has
    elsewhere = client_of(cast.auditor).get(f"{url}?since=2021-09-05T00:00:00&until=2021-09-05T06:00:00")
    assert elsewhere.context["picture"].pins == []
    assert client_of(cast.outsider).get(url).context.get("picture") is None


def test_raw_lines_are_found_whether_understood_or_not(run: LogRun) -> None:
    (hit,) = search_raw(run, "NOT A LINE")

    assert hit.text == "not a line of a log"
    assert auth_log()[hit.offset :].startswith(b"not a line")
    assert list(search_raw(run, "黄某某")) == []


def test_an_archive_is_read_member_by_member(cast: Cast) -> None:
    item = an_item(cast)
    file = add_file(item, [gzip.compress(auth_log())], name="auth.log.gz", actor=cast.officer, at=START)

    run = run_log(start_log_run(file, actor=cast.officer, at=LATER).pk, at=LATER)

    assert run is not None
    assert [(member["name"], member["format"], member["lines"]) for member in run.members] == [
        ("auth.log.gz", "syslog", 122)
    ]
    assert list(search_raw(run, "New session 50 "))


def tar_of(*logs: bytes) -> bytes:
    """Return logs as the members of a packed archive, the last of them packed by itself."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for number, data in enumerate(logs):
            packed = gzip.compress(data) if data is logs[-1] else data
            info = tarfile.TarInfo(f"host{number}/auth.log" + (".gz" if data is logs[-1] else ""))
            info.size = len(packed)
            archive.addfile(info, io.BytesIO(packed))
    return out.getvalue()


def read_log(cast: Cast, data: bytes, name: str) -> LogRun:
    """Hand in a file and read it."""
    file = add_file(an_item(cast), [data], name=name, actor=cast.officer, at=START)
    run = run_log(start_log_run(file, actor=cast.officer, at=LATER).pk, at=LATER)
    assert run is not None
    return LogRun.objects.get(pk=run.pk)


def shown_of(run: LogRun) -> list[Bytes | None]:
    """Return the bytes of all events of a reading."""
    rows = LogEvent.objects.filter(run=run).order_by("pk")
    return [bytes_of(run, row.member, row.raw_offset, row.raw_length) for row in rows]


def test_bytes_in_an_archive_are_come_to_by_the_way_that_the_reading_kept(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is walked again and nothing copied; a reading from before there were ways shows the same."""
    logs = [auth_log(), auth_log().replace(b"rig", b"sun"), auth_log().replace(b"rig", b"hub")]
    run = read_log(cast, tar_of(*logs), "logs.tar.gz")
    assert [[step[0] for step in member["way"]] for member in run.members] == [
        ["gzip", "part"], ["gzip", "part"], ["gzip", "part", "gzip"],
    ]  # fmt: skip
    before = LogRun.objects.get(pk=run.pk)
    for member in before.members:
        del member["way"]

    walked, found = shown_of(before), list(search_raw(before, "session 50 "))
    monkeypatch.setattr("evidence.selectors.log_bytes.members_of", None)

    assert shown_of(run) == walked
    assert list(search_raw(run, "session 50 ")) == found
    assert [hit.member for hit in found] == ["host0/auth.log", "host1/auth.log", "host2/auth.log.gz"]
    for row in LogEvent.objects.filter(run=run):
        shown = bytes_of(run, row.member, row.raw_offset, row.raw_length)
        assert shown is not None
        assert shown.own.encode() == logs[row.member][row.raw_offset : row.raw_offset + row.raw_length]


def test_places_are_those_of_one_file_of_one_item(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same name means nothing, and who has the same bytes does not see by the time it takes that others read them."""
    kept = Kept(step=1_000)
    monkeypatch.setattr("evidence.selectors.log_bytes.KEPT", kept)
    ours, theirs = auth_log(), auth_log().replace(b"rig", b"sun")
    runs = [read_log(cast, gzip.compress(data, mtime=0), "auth.log.gz") for data in (ours, theirs, ours)]

    shown = [shown_of(run) for run in runs]

    assert [" sun " in one.own for rows in shown for one in rows if one] == [
        number == 1 for number, rows in enumerate(shown) for _one in rows
    ]
    assert len({file for file, _way in kept.held}) == 3  # type: ignore[misc]
    assert len({run.file.blob.sha256 for run in runs}) == 2


def test_what_others_have_looked_at_is_shown_to_nobody_else(cast: Cast) -> None:
    run = read_log(cast, gzip.compress(auth_log()), "auth.log.gz")
    url = reverse("evidence:log-event", args=[LogEvent.objects.filter(run=run).latest("pk").pk])

    assert client_of(cast.officer).get(url).status_code == 200
    assert client_of(cast.outsider).get(url).status_code == 404
    assert client_of(cast.auditor).get(url).status_code == 200


PAGES = ("timeline", "logs", "run", "raw", "event")


def urls(run: LogRun) -> Iterator[tuple[str, str]]:
    """Yield every page of a reading."""
    event = LogEvent.objects.filter(run=run, event_action="sudo").get()
    yield "timeline", reverse("evidence:timeline") + f"?item={run.file.item_id}"
    yield "logs", reverse("evidence:item-logs", args=[run.file.item_id])
    yield "run", reverse("evidence:log-run", args=[run.pk])
    yield "raw", reverse("evidence:log-raw", args=[run.pk]) + "?q=huang"
    yield "event", reverse("evidence:log-event", args=[event.pk])


def test_the_pages_are_for_those_of_the_matter_and_the_auditor(run: LogRun, cast: Cast) -> None:
    statuses = {
        "officer": 200, "second_officer": 200, "auditor": 200, "custodian": 404, "outsider": 404, "unit_leader": 404,
        "system_admin": 404,
    }  # fmt: skip
    for name, status in statuses.items():
        client = client_of(getattr(cast, name))
        for page, url in urls(run):
            assert client.get(url).status_code == status, (name, page)


def test_the_timeline_shows_events_gaps_and_filters(run: LogRun, cast: Cast) -> None:
    client = client_of(cast.officer)
    url = reverse("evidence:timeline") + f"?item={run.file.item_id}"

    page = client.get(url).content.decode()
    assert "已证明缺失" in page
    assert "缺 3" in page
    filtered = client.get(url + "&user=huang&lane=command").content.decode()
    assert "rm -f /var/log/auth.log.1" in filtered
    assert "Accepted" not in filtered
    nothing = client.get(url + "&q=nowhere").content.decode()
    assert "没有符合的事件" in nothing
    for odd in (
        "&since=x&until=9999",
        "&since=2021-09-06T00:00:00&until=2021-09-01T00:00:00",
        "&after=zzz_1",
        "&lane=no",
        "&item=99999999999",
    ):
        assert client.get(url.partition("?")[0] + "?" + odd.lstrip("&")).status_code in {200, 404}


def test_stretches_of_one_verdict_that_overlap_are_drawn_as_one(run: LogRun) -> None:
    findings = [
        LogFinding(
            pk=number, check_name=check, verdict=verdict, gap=True, before_at=START + timedelta(hours=begin), after_at=START + timedelta(hours=end)
        )
        for number, check, verdict, begin, end in (
            (1, "audit_serial", Verdict.PROVED, 5, 9), (2, "heartbeat", Verdict.PROVED, 1, 6), (3, "heartbeat", Verdict.PROVED, 8, 10),
            (4, "heartbeat", Verdict.PROVED, 12, 13), (5, "heartbeat", Verdict.UNKNOWN, 2, 3),
        )
    ]  # fmt: skip

    picture = draw([], findings, Asked(START, START + timedelta(hours=20)), {}, [])

    step = (WIDTH - LEFT) / 20
    spans = {
        (gap.cls.split()[1], round((gap.x - LEFT) / step), round((gap.x + gap.width - LEFT) / step))
        for gap in picture.gaps
    }
    assert spans == {("tl-deleted-proved", 1, 10), ("tl-deleted-proved", 12, 13), ("tl-coverage-unknown", 2, 3)}
    assert sum(gap.title.count("；") for gap in picture.gaps) == 1


def test_who_may_write(run: LogRun, cast: Cast) -> None:
    event = LogEvent.objects.filter(run=run, event_action="sudo").get()
    mark_url = reverse("evidence:log-event-mark", args=[event.pk])
    clock_url = reverse("evidence:log-clock", args=[run.pk])
    logs_url = reverse("evidence:item-logs", args=[run.file.item_id])
    for url, data in (
        (mark_url, {"starred": "1"}),
        (clock_url, {"offset_seconds": "1", "error_seconds": "1", "basis": "x"}),
        (logs_url, {}),
    ):
        assert client_of(cast.auditor).post(url, data).status_code == 403
        assert client_of(cast.outsider).post(url, data).status_code == 404
    assert EventMark.objects.count() == 0

    assert client_of(cast.officer).post(mark_url, {"starred": "1", "comment": "删日志"}).status_code == 302
    mark_event(event, starred=True, comment="再看", actor=cast.second_officer, at=LATER)

    assert set(EventMark.objects.values_list("comment", flat=True)) == {"删日志", "再看"}
    page = client_of(cast.auditor).get(reverse("evidence:log-event", args=[event.pk])).content.decode()
    assert "删日志" in page
    assert 'name="starred"' not in page


def test_a_file_that_is_gone_is_said_to_be(
    run: LogRun, cast: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    event = LogEvent.objects.filter(run=run).earliest("pk")
    monkeypatch.setattr("casework.files.storage.path_of", lambda _sha256: tmp_path / "gone")

    page = client_of(cast.officer).get(reverse("evidence:log-event", args=[event.pk]))

    assert page.status_code == 200
    assert "原文件现在读不出来" in page.content.decode()


def test_a_search_in_a_file_that_is_gone_says_so(
    run: LogRun, cast: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("casework.files.storage.path_of", lambda _sha256: tmp_path / "gone")

    page = client_of(cast.officer).get(reverse("evidence:log-raw", args=[run.pk]), {"q": "root"})

    assert page.status_code == 200
    assert "原文件现在读不出来" in page.content.decode()
    assert "没有找到" not in page.content.decode()


def test_a_raw_search_gives_each_line_once_whatever_the_size_of_its_letters(cast: Cast) -> None:
    data = "一行 Rm x\nRM 和 rm\n没有\n".encode("gb18030") + "矿池 rM".encode()
    file = add_file(an_item(cast), [data], name="notes.log", actor=cast.officer, at=START)
    run = run_log(start_log_run(file, actor=cast.officer, at=START).pk, at=LATER)
    assert run is not None

    assert list(search_raw(run, "rm")) == [
        Hit("notes.log", 0, "一行 Rm x"), Hit("notes.log", 10, "RM 和 rm"), Hit("notes.log", 24, "矿池 rM"),
    ]  # fmt: skip
    assert [hit.offset for word in ("和", "矿池", "没有 ") for hit in search_raw(run, word)] == [10, 24]
