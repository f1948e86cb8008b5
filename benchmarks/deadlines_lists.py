"""A million running clocks: the page, its filters, its search, the API, the feed and the home page for three readers."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial

import psycopg
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.cases import _user
from benchmarks.database import as_owner, fresh, owner_does
from benchmarks.serving import Reader, served
from benchmarks.timing import Times
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Organisation, User
from casework.core import clock
from casework.deadlines.rules import rule
from casework.notices.services.preferences import make_feed

CLOCKS = 1_000_000
#: Clocks of one circle, and the circles of the officer and of the approver.
EACH, CIRCLES = 5, {"officer": 40, "approver": 200}
HOLDERS = 5_000
ROUNDS = 20
READERS = ("officer", "approver", "auditor")

_CIRCLES = """
insert into access_compartment (public_id, kind, name, secrecy, created_at)
select 'd' || g, 'case', '案件' || g, 'work_secret', now() from generate_series(1, %(circles)s) g
"""
_GRANTS = """
insert into access_grant (compartment_id, user_id, from_on, reason, emergency)
select id, %(user)s, date '2020-01-01', '', false from access_compartment order by id limit %(count)s offset %(from)s
"""
_HOLDERS = """
insert into accounts_user (username, name, organisation_id, email, post, password, is_active, created_at)
select 'h' || g, '填报人' || g, %(office)s, '', '', '!', true, now() from generate_series(1, %(holders)s) g
"""
#: One clock in twenty is over, one in twenty stands still, one in ten has no circle: who holds it knows of it alone.
_CLOCKS = """
with circles as (select array_agg(id order by id) as ids from access_compartment),
holders as (select array_agg(id order by id) as ids from accounts_user where username like 'h%%')
insert into deadlines_deadline (ref, kind, rule_version, unit, title, start_on, due_on, first_due_on, provisional, state,
    holder_id, compartment_id, rule, facts, explanation, opened_at, version)
select 'case:' || g, %(kind)s, 1, 'month',
    g || '号单位' || (array['党纪案件调查', '形成审理报告', '退还无关物品', '答复查询函', '完成整改'])[1 + g %% 5],
    d - 90, d, d, g %% 100 = 0, case when g %% 20 = 7 then 'stopped' else 'open' end,
    case when k between 101 and 140 or (g %% 10 = 3 and g < 200) then %(officer)s
        else holders.ids[1 + k %% array_length(holders.ids, 1)] end,
    case when g %% 10 <> 3 then circles.ids[k] end,
    %(rule)s::jsonb, '{}', %(explanation)s::jsonb, now(), 1
from circles, holders, generate_series(1, %(clocks)s) g,
    lateral (select current_date - 15 + (g::bigint * 7919 %% 299)::int as d, 1 + g %% array_length(circles.ids, 1) as k) x
"""
_STOPS = """
insert into deadlines_suspension (deadline_id, from_on, reason, approver, document, resume_reason, resume_approver,
    resume_document)
select id, start_on + 10, '鉴定', '主要负责人', '', '', '', '' from deadlines_deadline where state = 'stopped'
"""


@contextmanager
def filled(scale: float) -> Iterator[dict[str, User]]:
    """Have a database with so many clocks, and its readers by name."""
    clocks = max(10_000, round(CLOCKS * scale))
    with fresh("clocks"):
        office = Organisation.objects.create(code="O1", name="省纪委监委", kind=OrganisationKind.COMMISSION)
        users = {
            name: _user(name, role, office)
            for name, role in (
                ("officer", Role.CASE_OFFICER),
                ("approver", Role.APPROVER),
                ("auditor", Role.AUDITOR),
            )
        }
        steps = ["规则 C02：党纪案件调查，3 个月，自立案之日起。", "到期日：2026年12月20日。"]
        given = {
            "clocks": clocks, "kind": "C02", "rule": json.dumps(rule("C02").snapshot()), "explanation": json.dumps(steps),
            "officer": users["officer"].pk,
        }  # fmt: skip
        with as_owner(connection.settings_dict["NAME"]) as owner:
            owner.execute("set session_replication_role = replica")
            owner.execute(_CIRCLES, {"circles": clocks // EACH})
            start = 100
            for name, count in CIRCLES.items():
                owner.execute(_GRANTS, {"user": users[name].pk, "count": count, "from": start})
                start += count
            owner.execute(_HOLDERS, {"office": office.pk, "holders": HOLDERS})
            owner.execute(_CLOCKS, given)
            owner.execute(_STOPS)
        owner_does("vacuum analyze")
        yield users


def pages(today: date) -> dict[str, str]:
    """Return what is asked for, by name."""
    return {
        "list": "/deadlines/",
        "all": "/deadlines/?all=1",
        "late": "/deadlines/?late=1",
        "not late": "/deadlines/?state=open&late=0",
        "stopped": "/deadlines/?state=stopped",
        "provisional": "/deadlines/?provisional=1",
        "days": f"/deadlines/?due_from={today}&state=open",
        "search": "/deadlines/?q=%E9%80%80%E8%BF%98",
        "rare": "/deadlines/?q=777%E5%8F%B7",
        "two in a hundred": "/deadlines/?q=77%E5%8F%B7",
        "no hit": "/deadlines/?q=%E6%B2%A1%E6%9C%89%E8%BF%99%E4%B8%AA",
        "downwards": "/deadlines/?sort=-deadline",
        "home": "/",
        "API": "/api/v1/deadlines/",
        "API state": "/api/v1/deadlines/?state=open",
        "API late": f"/api/v1/deadlines/?due_before={today}&state=open",
    }


def run(scale: float) -> None:
    """Ask for everything as each reader in turns, with the rows of the page by a bare statement between them."""
    with filled(scale) as users, served():
        readers = {name: Reader(users[name]) for name in READERS}
        for what, path in pages(clock.today()).items():
            times, raw, queries = _in_turns(readers, path)
            print(f"  {what}", flush=True)
            for name in READERS:
                beside = f"; ÷ bare rows {times[name].beside(raw[name]):.1f}" if raw[name].clock else ""
                print(
                    f"    {name:<9}{times[name]}  {queries[name]} queries"
                    f"  ÷ auditor {times[name].beside(times['auditor']):.2f}{beside}",
                    flush=True,
                )
        _files(readers, users)


def _in_turns(readers: dict[str, Reader], path: str) -> tuple[dict[str, Times], dict[str, Times], dict[str, int]]:
    statements, queries = {}, {}
    for name, reader in readers.items():
        for _round in range(3):
            _asked(reader, path)
        with CaptureQueriesContext(connection) as captured:
            _asked(reader, path)
        queries[name] = len(captured)
        found = [one["sql"] for one in captured.captured_queries]
        statements[name] = next((sql for sql in found if sql.startswith('SELECT "deadlines_deadline"."id"')), "")
    times, raw = {name: Times() for name in readers}, {name: Times() for name in readers}
    chance = random.Random(7)
    for _turn in range(ROUNDS):
        for name in chance.sample(list(readers), len(readers)):
            times[name].take(partial(_asked, readers[name], path))
            if statements[name]:
                connection.ensure_connection()
                raw[name].take(partial(_bare, statements[name]))
    return times, raw, queries


def _files(readers: dict[str, Reader], users: dict[str, User]) -> None:
    """The export of what is late, and the calendar feed of the officer."""
    for name in READERS:
        times = Times()
        for _round in range(3):
            times.take(partial(_asked, readers[name], "/deadlines/?state=open&late=1&export=csv"))
        lines = readers[name].get("/deadlines/?state=open&late=1&export=csv").content.count(b"\r\n") - 1
        print(f"  export of what is late, {name}, {lines:,} rows  {times}", flush=True)
    token = make_feed(users["officer"], actor=users["officer"], at=clock.now())
    times = Times()
    for _round in range(ROUNDS):
        times.take(partial(_asked, readers["officer"], f"/calendar/{token}.ics"))
    print(f"  feed, officer  {times}", flush=True)


def _asked(reader: Reader, path: str) -> None:
    answer = reader.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path}: status {answer.status_code}")


def _bare(statement: str) -> None:
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement.encode()).fetchall()
