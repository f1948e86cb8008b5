"""Where the timeline opens: on the stretch where the events are, with a word about all that lies outside."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from evidence.models import ItemFile
from evidence.models.logs import ClockOffset, LogFinding, LogHour, LogRun
from evidence.selectors.log_opening import Dense, Early, dense_part, early_events
from evidence.selectors.logs import span_of
from evidence.services import add_file
from evidence.services.logs import run_log, start_log_run
from tests.build_evidence import START, an_item
from tests.cast import Cast
from tests.parsing.test_product import LATER, client_of

pytestmark = pytest.mark.django_db

FIRST = datetime(2018, 3, 1, 1, tzinfo=UTC)
WEEK = datetime(2021, 9, 5, 16, tzinfo=UTC)  # midnight of the sixth here


@pytest.fixture
def run(cast: Cast) -> LogRun:
    """Return a reading without events; tests say how many there are."""
    file: ItemFile = add_file(an_item(cast), [b"log"], name="auth.log", actor=cast.officer, at=START)
    return LogRun.objects.create(
        file=file, serial=1, state="done", as_of=START, parser="test", asked_by=cast.officer, asked_at=START, ended_at=START
    )  # fmt: skip


def hours(
    run: LogRun, first: datetime, number: int, events: int, *, step: timedelta, marked: int = 0, lane: str = "login"
) -> None:
    """Put events into hours."""
    LogHour.objects.bulk_create(
        LogHour(run=run, lane=lane, hour=first + step * count, events=events, marked=marked) for count in range(number)
    )


def opening(run: LogRun, offset: ClockOffset | None = None) -> Dense | None:
    """Return where the timeline of a reading opens."""
    span = span_of([run])
    assert span is not None
    return dense_part([run], {run.pk: offset} if offset else {}, span)


def years_and_a_week(run: LogRun) -> None:
    """One event every ten days for years, a hundred every hour for a week."""
    hours(run, FIRST, 140, 1, step=timedelta(days=10), marked=1, lane="other")
    hours(run, WEEK, 7 * 24, 100, step=timedelta(hours=1))


def test_a_dense_week_in_years_is_opened_and_the_rest_counted(run: LogRun) -> None:
    years_and_a_week(run)
    gap = {"run": run, "item": run.file.item, "check_name": "audit_serial", "verdict": "deleted-proved", "gap": True}
    for before in (FIRST, WEEK - timedelta(hours=1), WEEK + timedelta(days=2)):
        LogFinding.objects.create(**gap, before_at=before, after_at=before + timedelta(hours=2))

    assert opening(run) == Dense(WEEK, WEEK + timedelta(days=7), 129, 10, 139, 1)
    assert timezone.localtime(WEEK).hour == 0


def test_a_clock_that_was_off_moves_the_stretch(run: LogRun, cast: Cast) -> None:
    years_and_a_week(run)
    offset = ClockOffset(run=run, offset_ms=3 * 86_400_000, error_ms=0, basis="钟", set_by=cast.officer, set_at=START)

    found = opening(run, offset)

    assert found is not None
    assert (found.since, found.until) == (WEEK - timedelta(days=3), WEEK + timedelta(days=4))


@pytest.mark.parametrize("days", [1, 300])
def test_what_is_spread_evenly_is_opened_whole(run: LogRun, days: int) -> None:
    hours(run, FIRST, days, 20, step=timedelta(days=1))

    assert opening(run) is None


@pytest.mark.parametrize(("events", "opened"), [(1, True), (2, False)])
def test_a_week_that_holds_too_little_of_all_is_not_taken_for_it(run: LogRun, events: int, opened: bool) -> None:
    """Of 17,500 events 16,800 are enough, of 18,200 they are not."""
    hours(run, FIRST, 700, events, step=timedelta(days=2), lane="other")
    hours(run, WEEK, 7 * 24, 100, step=timedelta(hours=1))

    assert (opening(run) is not None) is opened


def test_events_before_their_time_are_told_and_do_not_stretch(run: LogRun) -> None:
    years_and_a_week(run)
    assert early_events([run]) is None
    hours(run, datetime(1970, 1, 1, tzinfo=UTC), 2, 3, step=timedelta(hours=1))

    assert early_events([run]) == Early(datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, 2, tzinfo=UTC), 6)
    found = opening(run)
    assert found is not None
    assert found.before == 129


def log() -> bytes:
    """Return an event of 1970, one a year, and a dense hour."""
    line = "{} rig sshd[7]: Accepted password for {} from 10.3.7.21 port 50022 ssh2"
    rows = [line.format("1970-01-01T08:00:12+08:00", "stray")]
    rows += [line.format(f"{year}-03-01T09:00:00+08:00", "rare") for year in (2018, 2019, 2020)]
    rows += [
        line.format(f"2021-09-06T10:{minute:02d}:{second:02d}+08:00", "often")
        for minute in range(60)
        for second in (1, 31)
    ]
    rows.append(line.format("2021-12-01T09:00:00+08:00", "late"))
    return ("\n".join(rows) + "\n").encode()


@pytest.fixture
def read(cast: Cast) -> LogRun:
    """Return a reading of it."""
    file = add_file(an_item(cast), [log()], name="auth.log", actor=cast.officer, at=START)
    found = run_log(start_log_run(file, actor=cast.officer, at=LATER).pk, at=LATER)
    assert found is not None
    return found


def test_the_page_opens_there_and_one_key_shows_all(read: LogRun, cast: Cast) -> None:
    client, url = client_of(cast.officer), reverse("evidence:timeline") + f"?item={read.file.item_id}"

    page = client.get(url)

    text = page.content.decode()
    assert page.context["window"] == ["2021年9月6日 00:00:00", "2021年9月7日 00:00:00"]
    assert page.context["picture"].events == 120
    assert "之前 3 个，之后 1 个，其中可疑的 0 个；缺失的时段 0 处" in text
    assert "另有 1 个事件写着 1990 年以前的时间" in text
    assert 'data-key="0"' in text
    assert all("since=2021-09-06T00" in row.url for row in page.context["picture"].rows)

    whole = client.get(reverse("evidence:timeline") + page.context["urls"]["all"])
    assert whole.context["picture"].events == 124
    assert "画的是事件最密的一段" not in whole.content.decode()
    assert 'data-key="0"' not in whole.content.decode()

    stray = client.get(reverse("evidence:timeline") + page.context["urls"]["early"])
    assert [one["event"].user_name for one in stray.context["events"]] == ["stray"]
    assert "1990 年以前" not in stray.content.decode()


@pytest.mark.parametrize(
    "asked", ["user=rare", "q=rare", "marked=1", "lane=login", "since=2018-01-01T00:00:00", "all=1"]
)
def test_who_looks_for_something_finds_it_wherever_it_is(read: LogRun, cast: Cast, asked: str) -> None:
    page = client_of(cast.officer).get(reverse("evidence:timeline") + f"?item={read.file.item_id}&{asked}")

    assert page.context["dense"] is None
    assert page.context["whole"]
