"""The search over many texts: words of one to four characters, for a reader of one text in twenty and for one of all."""

import os
import random
import statistics
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client

from benchmarks.database import fresh, owner_does
from casework.access.enums import CompartmentKind
from casework.access.models import Compartment, Grant
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Appointment, Organisation, User
from casework.core import clock
from casework.search.registry import COUNT_CAP, search
from casework.search.variants import TRADITIONAL

#: ``--scale 10`` is the size of the bar: 200,000 texts.
TEXTS = 20_000
CIRCLES = 20
LENGTH = 84
ROUNDS = 40
#: So many rows are written at the end with the triggers and without, and so many one by one, to see what they cost.
WRITTEN, SINGLY = 10_000, 200
WORDS = [
    "利用公共资源",
    "服务器",
    "机房",
    "矿机",
    "显卡",
    "以太坊",
    "网络管理员",
    "值班",
    "台账",
    "电费",
    "学院",
    "实验室",
    "下载",
    "程序",
    "夜间",
    "运行",
    "收益",
    "账户",
    "转账",
    "钱包",
    "地址",
    "端口",
    "流量",
    "监测",
    "日志",
    "删除",
    "恢复",
    "谈话",
    "笔录",
    "说明",
    "情况",
    "单位",
    "领导",
    "检查",
    "整改",
    "报告",
    "核实",
    "认定",
    "证据",
    "封存",
    "移交",
    "保管",
    "采购",
    "合同",
    "用途",
    "教学",
    "科研",
    "备案",
    "审批",
    "登记",
]
SIGNS = [chr(code) for code in range(0x4E00, 0x4E00 + 1500) if chr(code) not in TRADITIONAL]
#: Beside words drawn from the texts: signs that stand next to each other nowhere, a sign of every text, a word of every second.
NOWHERE, EVERYWHERE, OFTEN = "龘靐", "的", "有限公司"
_ROWS = """
with made as (select * from unnest(%s::int[], %s::text[]) as t(g, said))
insert into cases_case (number, title, kind, compartment_id, state, returned, grounds, plan, report,
    hearing_report, drafted_by_id, proposed_at, filed_on, state_since, updated_at, next_due, version)
select '立〔2021〕' || g || '号', '第' || g || '件', 'both', (%s::bigint[])[1 + g %% %s], 'investigating', false,
    said, '', '', '', %s, now() - g * interval '1 minute', date '2021-09-18', now(), now(), date '9999-12-31', 1
from made
"""
_REST = """
insert into search_entry (kind, row_id, part, circles, text, names)
select 'case', row_id, part, array[circle], text, coalesce(names, '') from search_of_case
on conflict do nothing
"""
_UNBUILT, _INDEX = (
    "drop index search_entry_grams",
    "create index search_entry_grams on search_entry"
    " using gin (search_vector(kind::text, circles, text, names)) with (fastupdate = on)",
)
_NEW_CASE_EACH = "alter table cases_case drop constraint cases_case_compartment_id_key"


def run(scale: float) -> None:
    """Fill a database and print times, ratios and wrong answers."""
    rows = max(int(TEXTS * scale), 200)
    with fresh("search"):
        # A circle holds many texts here; in use, a case has a circle of its own.
        owner_does(_NEW_CASE_EACH)
        texts = _texts(rows)
        readers, circles = _readers()
        owner_does("alter table cases_case disable trigger user")
        _fill(texts, circles, readers["officer"])
        # Put into the index at once: what is measured from here on is finding.
        owner_does(_UNBUILT, _REST, _INDEX, "alter table cases_case enable trigger user", "vacuum analyze")
        size = _one("select pg_size_pretty(pg_total_relation_size('search_entry'))")
        print(f"  {rows:,} texts of {LENGTH}: index {size} with the texts", flush=True)
        words = _golden(texts)
        for name, reader in readers.items():
            wrong = _check(reader, texts, words, None if name == "auditor" else 1)
            before, started = _processor(), time.process_time()
            took = {word: [_time(partial(search, reader, word)) for _ in range(3)] for word in words}
            asked = 3 * len(words)
            served, own = (_processor() - before) / asked, (time.process_time() - started) / asked
            times = sorted(one for each in took.values() for one in each)
            slowest = max(words, key=lambda word: min(took[word]))
            print(
                f"  {name:<8} {len(words)} words of 1 to 4 characters  p50 {1000 * statistics.median(times):6.1f} ms"
                f"  p95 {1000 * times[int(0.95 * len(times))]:6.1f} ms, best of three {1000 * min(took[slowest]):.1f} at most"
                f" ({slowest})  processor {1000 * served:.1f} ms of the server, {1000 * own:.1f} of Python"
                f"  wrong answers {wrong}",
                flush=True,
            )
        _against(readers)
        _written(rows, circles, readers["officer"])


def _written(rows: int, circles: list[int], user: User) -> None:
    """Print what a row costs to write into the full index: many with one statement, one with each, and without."""
    many, one = min(WRITTEN, rows), min(SINGLY, rows)
    texts = _texts(many)
    costs = {}
    start = 2 * rows
    for switch in ("disable", "enable"):
        owner_does(f"alter table cases_case {switch} trigger user")
        before, begun = _processor(), time.perf_counter()
        _fill(texts, circles, user, start=start)
        many_at, many_took, processor = time.perf_counter(), time.perf_counter() - begun, _processor() - before
        start += many
        for place in range(one):
            _fill(texts[place : place + 1], circles, user, start=start + place)
        start += one
        costs[switch] = (many_took, processor, (time.perf_counter() - many_at) / one)
    for switch, said in (("enable", "with"), ("disable", "without")):
        took, processor, each = costs[switch]
        print(
            f"  {many:,} rows written {said} the index {took:.1f} s, {1000 * took / many:.2f} ms a row"
            f" ({1000 * processor / many:.2f} of the server's processor); one by one {1000 * each:.2f} ms a row",
            flush=True,
        )


def _processor() -> float:
    """Return the seconds of processor time that the server's side of this connection has used; 0 when it is elsewhere."""
    try:
        fields = (
            Path(f"/proc/{_one('select pg_backend_pid()')}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1].split()
        )
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _against(readers: dict[str, User]) -> None:
    for name, reader in readers.items():
        client = Client(headers={"host": "localhost"})
        client.force_login(reader, backend="casework.accounts.backends.AccountBackend")
        asked: dict[str, Callable[[], Any]] = {
            "list": partial(client.get, "/cases/"),
            "none": partial(client.get, "/search/", {"q": NOWHERE}),
            "like": partial(_one, "select count(*) from cases_case where grounds like %s", f"%{NOWHERE}%"),
            "gram": partial(search, reader, NOWHERE),
        }
        for ask in asked.values():
            ask()
        times = {key: statistics.median(_time(ask) for _ in range(15)) for key, ask in asked.items()}
        print(
            f"  {name:<8} two characters without a hit: page {1000 * times['none']:.1f} ms, first page of a list"
            f" {1000 * times['list']:.1f} ms, ratio {times['none'] / times['list']:.2f}; search {1000 * times['gram']:.1f} ms,"
            f" LIKE over the texts {1000 * times['like']:.1f} ms, ratio {times['gram'] / times['like']:.2f}",
            flush=True,
        )
    # The officer: a word that stands in the texts of others alone, against one that stands nowhere, in turns.
    officer = readers["officer"]
    with connection.cursor() as cursor:
        cursor.execute(
            "update cases_case set grounds = grounds || '靐靐' where id in"
            " (select id from cases_case where compartment_id <> %s limit 500)",
            [Grant.objects.get(user=officer).compartment_id],
        )
    hidden, absent = [], []
    for _ in range(ROUNDS):
        hidden.append(_time(partial(search, officer, "靐靐")))
        absent.append(_time(partial(search, officer, "龘龘")))
    print(
        f"  officer  a word in 500 hidden texts ÷ a word nowhere: {statistics.median(hidden) / statistics.median(absent):.3f}"
    )


def _texts(rows: int) -> list[str]:
    chance = random.Random(2021)
    texts = []
    for _ in range(rows):
        said = f"某某{OFTEN}{EVERYWHERE}" if chance.random() < 0.5 else EVERYWHERE
        while len(said) < LENGTH:
            said += chance.choice(WORDS) if chance.random() < 0.7 else "".join(chance.choices(SIGNS, k=2))
        texts.append(said[:LENGTH])
    return texts


def _golden(texts: list[str]) -> list[str]:
    """Return words of one to four characters as they stand in the texts, common and rare, and some that stand nowhere."""
    chance = random.Random(9)
    words = []
    for length in (1, 2, 3, 4):
        for _ in range(6):
            text = chance.choice(texts)
            start = chance.randrange(LENGTH - length)
            words.append(text[start : start + length])
    return [*dict.fromkeys(words), "矿机", "以太坊", "网络管理", EVERYWHERE, OFTEN, NOWHERE]


def _check(reader: User, texts: list[str], words: list[str], circle: int | None) -> int:
    wrong = 0
    for word in words:
        groups = {str(group.label): group for group in search(reader, word)}
        found = groups.get("案件")
        known = [n for n, text in enumerate(texts, 1) if word in text and (circle is None or n % CIRCLES == 0)]
        count = found.count if found else 0
        wrong += count != min(len(known), COUNT_CAP)
    return wrong


def _fill(texts: list[str], circles: list[int], user: User, start: int = 0) -> None:
    with connection.cursor() as cursor:
        for place in range(0, len(texts), 5000):
            part = texts[place : place + 5000]
            numbers = list(range(start + place + 1, start + place + 1 + len(part)))
            cursor.execute(_ROWS, [numbers, part, circles, CIRCLES, user.pk])


def _readers() -> tuple[dict[str, User], list[int]]:
    office = Organisation.objects.create(code="O1", name="省纪委监委", kind=OrganisationKind.COMMISSION)
    readers = {
        "officer": _user("officer", Role.CASE_OFFICER, office),
        "auditor": _user("auditor", Role.AUDITOR, office),
    }
    circles = [
        Compartment.objects.create(kind=CompartmentKind.CASE, name=f"第{n}范围", created_at=clock.now())
        for n in range(CIRCLES)
    ]
    Grant.objects.create(compartment=circles[0], user=readers["officer"], from_on=date(2020, 1, 1))
    return readers, [circle.pk for circle in circles]


def _user(name: str, role: Role, office: Organisation) -> User:
    user = User(username=name, name=name, organisation=office, email=f"{name}@example.invalid")
    user.set_unusable_password()
    user.save()
    Appointment.objects.create(user=user, role=role, from_on=date(2020, 1, 1))
    return user


def _one(sql: str, *params: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return cursor.fetchone()[0]


def _time(ask: Callable[[], Any]) -> float:
    start = time.perf_counter()
    ask()
    return time.perf_counter() - start
