"""Who did it among millions of events: the chain by index against one that scans for every step; the card."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from psycopg import sql

from benchmarks.database import as_owner, fresh
from casework.accounts.models import User
from evidence.attribution.chain import build
from evidence.models import Attribution, LogEvent, LogRun
from evidence.selectors.attribution_facts import gather
from tests.build_attributions import a_host, an_attribution, stated_clocks
from tests.build_evidence import START, an_item
from tests.cast import make_cast

EVENTS = 5_000_000
ROUNDS, PAGES = 5, 15
#: The card is shown within so many seconds.
CARD = 0.2
#: Logins, translations and leases of other people, in one column list; the times lie around the act.
_FILL = """
insert into evidence_logevent (run_id, item_id, ts, ts_raw, ts_quality, seq, member, raw_offset, raw_length, repeat, lane, class_uid, activity,
  event_action, event_outcome, user_name, user_target_name, user_effective_name, session_key, host, source_ip, source_port, source_mac,
  destination, destination_port, tty, process_pid, process_executable, process_command_line, rule_labels, attrs)
select %(run)s, %(item)s, %(first)s::timestamptz + n * interval '0.35 second', '', '{{}}', n, 0, n * 100, 99, 1, {values}
from generate_series(1, %(size)s) as n
"""
#: What the table is searched by, beside its constraints; made anew after the filling.
_INDEXES = """
select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index
where indrelid = 'evidence_logevent'::regclass and not exists (select from pg_constraint where conindid = indexrelid)
"""
_LOGINS = (
    "'login', 3002, 'logon', case n %% 3 when 0 then 'login' when 1 then 'session_opened' else 'session_closed' end,"
    " case when n %% 4 = 0 then 'failure' else 'success' end, (array['itadmin', 'root', 'wanggy', 'backup'])[1 + n %% 4], '', '',"
    " case when n %% 3 = 1 then (n %% 9999)::text else '' end, 'srv-' || n %% 50, '10.20.' || n %% 200 || '.' || n %% 250, 1024 + n %% 60000, '',"
    " '', null, '', n %% 32000, 'sshd', '', '{}', '{\"service\": \"sshd\", \"method\": \"password\"}'::jsonb"
)
_FLOWS = (
    "'network', 4001, 'traffic', 'session_built', '', '', '', '', '', 'USG6000E', '10.20.' || n %% 200 || '.' || n %% 250, 1024 + n %% 60000, '',"
    " '203.0.113.' || n %% 250, 443, '', null, '', '', '{}', jsonb_build_object('source_nat_ip', '198.18.2.' || 60 + n %% 4, 'source_nat_port',"
    " 1024 + n %% 60000)"
)


def run(scale: float) -> None:
    """Fill, ask, compare."""
    size = max(20_000, round(EVENTS * scale))
    with fresh("attribution"):
        cast = make_cast()
        item = an_item(cast)
        runs = a_host(cast, item=item)
        stated_clocks(runs, cast)
        first = datetime(2021, 8, 27, tzinfo=UTC)
        began = time.perf_counter()
        with _bare_table() as owner:
            for name, values, part in (("remote", _LOGINS, size // 2), ("nat", _FLOWS, size - size // 2)):
                _fill(owner, runs[name], values, first, part)
        print(f"  filled in {time.perf_counter() - began:.0f} s")
        row = an_attribution(cast, runs)
        print(f"  {LogEvent.objects.count():,} events in {len(runs)} readings; the chain comes to: {row.outcome}")
        _card(row, cast.officer)
        ours = [_timed(lambda: build(gather(row).given)) for _ in range(ROUNDS)]
        naive = [_timed(_scan) for _ in range(2)]
        best, other = statistics.median(ours), statistics.median(naive)
        verdict = "met" if max(ours) <= 5 else "NOT met"
        print(f"  chain: median {best * 1000:.0f} ms, longest {max(ours) * 1000:.0f} ms (bar 5 s: {verdict})")
        print(f"  four of its steps, each a scan of all events: {other:.2f} s; ratio {other / best:.1f} ×")


def _card(row: Attribution, officer: User) -> None:
    """Ask for the card as the officer does; a busy machine is told from a slow page by the CPU seconds beside the clock's."""
    client = Client(headers={"host": "localhost"})
    client.force_login(officer, backend="casework.accounts.backends.AccountBackend")
    address = reverse("evidence:attribution", args=[row.pk])
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    questions = len(asked)
    if answer.status_code != 200:
        raise SystemExit(f"the card answers {answer.status_code}")
    pages: list[float] = []
    busy: list[float] = []
    for _ in range(PAGES):
        began = time.process_time()
        pages.append(_timed(lambda: client.get(address)))
        busy.append(time.process_time() - began)
    middle = statistics.median(pages)
    verdict = "met" if middle <= CARD else "NOT met"
    print(
        f"  card: median {middle * 1000:.0f} ms, {statistics.median(busy) * 1000:.0f} ms of processor time, {questions} queries,"
        f" {len(answer.content) / 1000:.0f} KB (bar {CARD * 1000:.0f} ms: {verdict})"
    )


@contextmanager
def _bare_table() -> Iterator["psycopg.Connection[Any]"]:
    """Lend the owner's connection with the events' indexes taken away; they are made anew from the rows."""
    with as_owner(connection.settings_dict["NAME"]) as owner:
        indexes = owner.execute(_INDEXES).fetchall()
        with owner.transaction():
            for name, _made in indexes:
                owner.execute(sql.SQL("drop index {}").format(sql.SQL(name)))
            yield owner
            owner.execute("set local maintenance_work_mem = '256MB'")
            for _name, made in indexes:
                owner.execute(made)
        owner.execute("analyze evidence_logevent")


def _fill(owner: "psycopg.Connection[Any]", reading: LogRun, values: str, first: datetime, size: int) -> None:
    given = {"run": reading.pk, "item": reading.file.item_id, "first": first, "size": size}
    owner.execute(_FILL.format(values=values), given)
    owner.execute("update evidence_logrun set events_kept = %s where id = %s", (size, reading.pk))


def _timed(act: Any) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _scan() -> None:
    """Look for session, translation, lease and change of the secret as a program without indexes does: each by a scan."""
    at = START - timedelta(days=2)
    wanted = (
        ("user_name = %s and event_action = 'login' and ts <= %s", ("itadmin", at)),
        ("attrs ->> 'source_nat_ip' = %s and attrs ->> 'source_nat_port' = %s", ("198.18.2.61", "40012")),
        ("source_ip = %s and class_uid = 4004", ("10.20.8.31",)),
        ("event_action = %s", ("password_changed",)),
    )
    with connection.cursor() as cursor:
        cursor.execute("set enable_indexscan = off; set enable_bitmapscan = off; set enable_indexonlyscan = off")
        for condition, given in wanted:
            cursor.execute(f"select count(*) from evidence_logevent where {condition}", given)
            cursor.fetchone()
        cursor.execute("reset enable_indexscan; reset enable_bitmapscan; reset enable_indexonlyscan")
