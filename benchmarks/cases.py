"""Cases at size: the list for an officer and an auditor, one big case, an approver's queue; against the raw SQL."""

import contextlib
import json
import logging
import random
import statistics
from datetime import date
from functools import partial
from typing import Any

import orjson
import psycopg
import psycopg.rows
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from benchmarks.database import as_owner, fresh, owner_does
from benchmarks.serving import Reader, served
from benchmarks.timing import Times, rank_z
from cases.models import Case, Exhibit, Fact
from casework.accounts.backends import AccountBackend
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Appointment, Organisation, User
from casework.core import clock
from casework.deadlines.rules import rule
from evidence.models import Collection, Item
from units.models import Region, Unit

#: Rows in full, and for the comparison of flatness.
MANY, FEW = 100_000, 10_000
#: Of so many cases the officer belongs to one in twenty, which no person does; the ordinary one to so many in all.
SHARE, OWN = 20, 40
ROUNDS, SHORT_ROUNDS = 20, 60
#: Pairs of requests for something hidden and something absent.
PAIRS = 200

_READERS = ("officer", "ordinary", "auditor")
_INDEXING = "search_case_new"
_CASES = """
with made as (
    insert into access_compartment (public_id, kind, name, secrecy, created_at)
    select 'b' || g, 'case', '案件' || g, 'work_secret', now() from generate_series(1, %(rows)s) g
    returning id, substring(public_id from 2)::int as g
)
insert into cases_case (number, title, kind, compartment_id, state, returned, unit_id, grounds, plan, report,
    hearing_report, drafted_by_id, proposed_at, filed_on, state_since, updated_at, next_due, version)
select '浙纪立〔2021〕' || g || '号', '第' || g || '件利用公共资源“挖矿”案', 'both', id, 'investigating', false,
    %(unit)s, '', '', '', '', %(user)s, now() - g * interval '1 minute', date '2021-09-18', now(), now(),
    date '2021-09-18' + 90 + g %% 90, 1
from made
"""
_GRANTS = """
insert into access_grant (compartment_id, user_id, from_on, reason, emergency)
select id, %(user)s, date '2020-01-01', '', false from access_compartment where id %% %(share)s = %(rest)s
"""
_MEMBERS = """
insert into cases_casemember (case_id, user_id, duty, side, from_on, reason)
select id, %(user)s, %(duty)s, 'investigate', date '2020-01-01', '' from cases_case
where compartment_id %% %(share)s = %(rest)s
"""
_DEADLINES = """
insert into deadlines_deadline (ref, kind, rule_version, unit, title, start_on, due_on, first_due_on, provisional, state,
    holder_id, compartment_id, rule, facts, explanation, opened_at, version)
select 'case:' || id, 'C02', 1, 'month', '党纪案件调查', filed_on, next_due, next_due, false, 'open', %(user)s,
    compartment_id, %(rule)s::jsonb, '{}', '[]', now(), 1
from cases_case
"""
#: The page that shows the cases, and where the API answers with fifty of them, and with two hundred.
_LISTS = {"list": "/cases/", "API": "/api/v1/cases/", "API 200": "/api/v1/cases/?limit=200"}


def run(scale: float) -> None:
    """Print the figures at two sizes, the page of one big case and the approver's queue."""
    logging.getLogger("django.request").setLevel(logging.ERROR)  # what is absent is asked for again and again
    middle: dict[tuple[str, int], float] = {}
    for rows in (int(FEW * scale), int(MANY * scale)):
        with fresh(f"cases{rows}"), contextlib.ExitStack() as stack:
            readers = _fill(rows)
            stack.enter_context(served())
            for what, path in _LISTS.items():
                times, inside, queries, raw = _in_turns(readers, path, SHORT_ROUNDS if "/api/" in path else ROUNDS)
                for name in _READERS:
                    middle[f"{name} {what}", rows] = times[name].middle
                    bare = raw[name]
                    print(
                        f"  {what:<8}{name:<9}{rows:>9,} rows  {times[name]}  {queries[name]} queries"
                        f"  ÷ raw SQL and orjson ({1000 * bare.middle:.1f} ms) {times[name].beside(bare):.2f},"
                        f" the view alone {inside[name].beside(bare):.2f}; ÷ auditor {times[name].beside(times['auditor']):.2f}",
                        flush=True,
                    )
            if rows == int(MANY * scale):
                _one_case(readers["officer"], readers["officer_user"])
                _pairs(readers["second"])
                _queue(readers["approver"], readers["approver_user"])
    for name in _READERS:
        for what in _LISTS:
            few, many = (middle[f"{name} {what}", rows] for rows in (int(FEW * scale), int(MANY * scale)))
            print(f"  {what:<11} {name} {int(MANY * scale):,} ÷ {int(FEW * scale):,}: {many / few:.2f}", flush=True)


def _pages(client: Reader, path: str, rounds: int = ROUNDS) -> tuple[Times, int]:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path}: status {answer.status_code}")
    asked = len(captured)  # the next request empties the log
    times = Times()
    for _round in range(rounds):
        times.take(lambda: client.get(path))
    return times, asked


def _in_turns(
    readers: dict[str, Any], path: str, rounds: int
) -> tuple[dict[str, Times], dict[str, Times], dict[str, int], dict[str, Times]]:
    """Ask as every reader in turns, and between them for the same rows alone: what else the machine does meets all alike.

    The order of each turn is drawn: who always came after the reader with the longest answer found a processor that had
    forgotten everything. The bare statement is put on the very connection that the requests have, which it need not
    fetch from the pool. Returns the times of the readers, those of the view alone (somebody known asks, past sessions
    and middleware), their queries, and the times of the bare statements.
    """
    statements, queries = {}, {}
    known = {name: AccountBackend().get_user(readers[f"{name}_user"].pk) for name in _READERS}
    for name in _READERS:
        for _round in range(8):  # statements are prepared, and planned for good at the sixth time
            readers[name].get(path)
        statements[name], queries[name] = _rows_of(readers[name], path)
    times, inside, raw = ({name: Times() for name in _READERS} for _side in range(3))
    chance = random.Random(7)
    for _turn in range(rounds):
        for name in chance.sample(_READERS, len(_READERS)):
            times[name].take(partial(readers[name].get, path))
            inside[name].take(partial(_answer, known[name], path))
            connection.ensure_connection()
            raw[name].take(partial(_bare, statements[name]))
    return times, inside, queries, raw


def _answer(user: User | None, path: str) -> None:
    """Let the view of the address answer somebody who is known already."""
    request: Any = RequestFactory(headers={"host": "localhost"}).get(path)
    request.user, request.session, request.htmx = user, SessionStore(), False
    request.resolver_match = found = resolve(request.path_info)
    answer = found.func(request, *found.args, **found.kwargs)
    if hasattr(answer, "render"):
        answer.render()
    if answer.status_code != 200:
        raise SystemExit(f"{path}: status {answer.status_code}")


def _rows_of(client: Reader, path: str) -> tuple[str, int]:
    """Return the statement that reads the rows of the page, with its values in it, and how many are asked in all."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path}: status {answer.status_code}")
    (rows,) = [one["sql"] for one in captured.captured_queries if one["sql"].startswith('SELECT "cases_case"."id"')]
    return rows, len(captured)


def _bare(statement: str) -> bytes:
    """Read the same rows by the driver alone and write them as JSON."""
    with psycopg.Cursor(connection.connection, row_factory=psycopg.rows.dict_row) as cursor:
        found = cursor.execute(statement.encode()).fetchall()
    if len(found) < 2:
        raise SystemExit("no rows to compare with")
    return orjson.dumps(found)


def _fill(rows: int) -> dict[str, Any]:
    office = Organisation.objects.create(code="O1", name="省纪委监委", kind=OrganisationKind.COMMISSION)
    users = {
        name: _user(name, role, office)
        for name, role in (
            ("officer", Role.CASE_OFFICER),
            ("ordinary", Role.CASE_OFFICER),
            ("auditor", Role.AUDITOR),
            ("approver", Role.APPROVER),
            ("second", Role.CASE_OFFICER),
        )
    }
    region = Region.objects.create(code="330604", name="上虞区")
    unit = Unit.objects.create(code="B00001", name="某中心", name_key="mouzhongxin", kind="school", region=region)
    held = [("officer", "lead", SHARE, 0), ("ordinary", "officer", max(rows // OWN, 2), 1)]
    with as_owner(connection.settings_dict["NAME"]) as owner:
        # What can be found takes milliseconds a row to index: the lists that are measured here do not read it.
        owner.execute(f"alter table cases_case disable trigger {_INDEXING}")
        _without_triggers(owner)
        owner.execute(_CASES, {"rows": rows, "unit": unit.pk, "user": users["officer"].pk})
        for name, duty, share, rest in held:
            part = {"user": users[name].pk, "duty": duty, "share": share, "rest": rest}
            owner.execute(_GRANTS, part)
            owner.execute(_MEMBERS, part)
        owner.execute(_DEADLINES, {"user": users["officer"].pk, "rule": json.dumps(rule("C02").snapshot())})
    owner_does(f"alter table cases_case enable trigger {_INDEXING}", "vacuum analyze")
    clients = {name: Reader(user) for name, user in users.items()}
    return {**clients, **{f"{name}_user": user for name, user in users.items()}}


def _without_triggers(owner: "psycopg.Connection[Any]") -> None:
    """Leave triggers and foreign keys aside on this connection; on a server that does not let its owner, fill slowly.

    What is filled keeps to them by itself: the nearest day of a case is that of its one clock.
    """
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
        owner.execute("set session_replication_role = replica")


def _one_case(client: Reader, user: User) -> None:
    """A case with 5,000 events, 500 exhibits and 200 tasks: its page and its timeline."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.id, c.compartment_id from cases_case c join access_grant g using (compartment_id)"
            " where g.user_id = %s order by c.id limit 1",
            [user.pk],
        )
        case, compartment = cursor.fetchone()
        cursor.execute(
            "insert into cases_keymoment (case_id, lane, title, at, precision, source, pinned, by_id, made_at, version)"
            " select %s, (array['monitoring','field','evidence','conduct'])[1 + g %% 4], '事项' || g,"
            " timestamptz '2021-03-01' + g * interval '1 hour', 'exact', '台账', false, %s, now(), 1"
            " from generate_series(1, 5000) g",
            [case, user.pk],
        )
        cursor.execute(
            "insert into cases_casetask (case_id, title, holder_id, due_on, made_by_id, made_at, result, version)"
            " select %s, '任务' || g, %s, date '2021-12-31', %s, now(), '', 1 from generate_series(1, 200) g",
            [case, user.pk, user.pk],
        )
    row = Case.objects.get(pk=case)
    collection = Collection.objects.create(
        number="B1", year=2021, serial=1, compartment_id=compartment, place="机房", began_at=clock.now(),
        created_at=clock.now(), created_by=user,
    )  # fmt: skip
    items = Item.objects.bulk_create(
        Item(
            number=f"B1-{n:03}", kind="physical", title=f"材料 {n}", compartment_id=compartment, collection=collection,
            state="collected", holder=user, created_at=clock.now(), updated_at=clock.now(),
        )
        for n in range(500)
    )  # fmt: skip
    facts = Fact.objects.bulk_create(Fact(case=row, number=n, statement=f"待证事实 {n}") for n in range(1, 21))
    Exhibit.objects.bulk_create(
        Exhibit(case=row, item=item, fact=facts[n % 20], stance="for", label=f"材料{n}", by=user, at=clock.now())
        for n, item in enumerate(items)
    )
    owner_does("analyze")
    for name, part in (("page", ""), ("timeline", "timeline/"), ("tasks", "work/")):
        path = f"/cases/{case}/{part}"
        times, queries = _pages(client, path)
        size = len(client.get(path).content)
        print(
            f"  one case    {name:<9} {times}  {size / 1024:6.1f} KB  {queries} queries",
            flush=True,
        )


def _pairs(client: Reader) -> None:
    """Alternating pairs: a case that the reader may not know of against one that never was (Mann-Whitney, |z| < 4)."""
    with connection.cursor() as cursor:
        cursor.execute("select id from cases_case where compartment_id %% %s <> 0 order by id desc limit 1", [SHARE])
        (hidden,) = cursor.fetchone()
    times = {"hidden": Times(), "absent": Times()}
    for turn in range(2 * PAIRS):
        for name, pk in (("hidden", hidden), ("absent", hidden + 10_000_000)):
            address = f"/api/v1/cases/{pk}/"
            if client.get(address).status_code != 404:
                raise SystemExit(f"{name}: found")
            (times[name] if turn >= PAIRS // 4 else Times()).take(partial(client.get, address))
    hidden_times, absent_times = times["hidden"].processor, times["absent"].processor
    ratio = statistics.median(hidden_times) / statistics.median(absent_times)
    print(f"  secrecy     hidden ÷ absent {ratio:.3f}, |z| {abs(rank_z(hidden_times, absent_times)):.2f}", flush=True)


def _queue(client: Reader, user: User) -> None:
    """Five hundred papers that wait for one leader."""
    with connection.cursor() as cursor:
        cursor.execute(
            "create temporary table chosen as select id, compartment_id from cases_case order by id desc limit 500"
        )
        cursor.execute(
            "insert into access_grant (compartment_id, user_id, from_on, reason, emergency)"
            " select compartment_id, %s, date '2020-01-01', '', false from chosen",
            [user.pk],
        )
        cursor.execute(
            "insert into cases_casemember (case_id, user_id, duty, side, from_on, reason)"
            " select id, %s, 'decider', 'decide', date '2020-01-01', '' from chosen",
            [user.pk],
        )
        cursor.execute("update cases_case set state = 'report_pending' where id in (select id from chosen)")
    owner_does("analyze")
    times, queries = _pages(client, "/cases/decisions/")
    print(f"  queue       500 decisions {times}  {queries} queries", flush=True)


def _user(name: str, role: Role, office: Organisation) -> User:
    user = User(username=name, name=name, organisation=office, email=f"{name}@example.invalid")
    user.set_unusable_password()
    user.save()
    Appointment.objects.create(user=user, role=role, from_on=date(2020, 1, 1))
    return user
