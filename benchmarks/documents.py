"""Official documents: their pages, a case file of 500 pages, numbers under 32 issuers at once."""

import resource
import statistics
import threading
import time
from datetime import date
from typing import Any

from django.db import connection
from django.test import Client

from benchmarks.database import fresh
from cases.models import Case
from casework.access.models import Compartment, Grant
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Appointment, Organisation, User
from casework.core import clock
from casework.documents.models import Document
from casework.documents.registry import Subject, subject_of
from casework.documents.services import documents as service
from casework.documents.services.jobs import request_case_file, run_job
from units.models import Region, Unit

PAGES = 500
#: Pages of one document in the case file.
EACH = 5
ISSUERS = 32
ROUNDS = 15


def run(scale: float) -> None:
    """Print the times of pages, of case files of a fifth and of all pages with the memory, and the race."""
    with fresh("documents"):
        officer, leader, found = _fill()
        row = _issued(found, officer, leader, EACH)
        _pages(officer, row)
        _case_file(found, officer, leader, int(PAGES * scale))
        _race(found, officer, leader)


def _fill() -> tuple[User, User, Subject]:
    office = Organisation.objects.create(code="O1", name="省纪委监委", kind=OrganisationKind.COMMISSION)
    people = []
    for name, role in (("officer", Role.CASE_OFFICER), ("approver", Role.APPROVER)):
        user = User.objects.create(username=name, name=name, organisation=office)
        Appointment.objects.create(user=user, role=role, from_on=date(2020, 1, 1))
        people.append(user)
    circle = Compartment.objects.create(kind="case", name="案件", created_at=clock.now())
    for user in people:
        Grant.objects.create(compartment=circle, user=user, from_on=date(2020, 1, 1))
    region = Region.objects.create(code="330604", name="上虞区")
    unit = Unit.objects.create(code="B00001", name="某中心", name_key="某中心", kind="school", region=region)
    case = Case.objects.create(
        number="浙纪立〔2021〕1号", title="案", kind="both", compartment=circle, state="investigating", unit=unit,
        drafted_by=people[0], proposed_at=clock.now(), filed_on=date(2021, 9, 18), state_since=clock.now(),
        updated_at=clock.now(),
    )  # fmt: skip
    found = subject_of(f"case:{case.pk}", people[0])
    if found is None:
        raise SystemExit("the officer does not see his case")
    return people[0], people[1], found


def _data(pages: int) -> dict[str, Any]:
    return {
        "organ": "省纪委监委", "person": "某某某", "standing": "某某某，某中心机房管理员。", "case_number": "浙纪立〔2021〕1号",
        "kind": "涉嫌职务违法", "grounds": "经查，在单位机房安装设备“挖矿”。" * (35 * (pages - 1)), "filed_on": "2021-09-18",
    }  # fmt: skip


def _draft(found: Subject, officer: User, pages: int) -> Document:
    row = service.draft_document(found, "filing_decision", _data(pages), actor=officer, at=clock.now())
    return service.submit_document(row, actor=officer, at=clock.now())


def _issued(found: Subject, officer: User, leader: User, pages: int) -> Document:
    return service.issue_document(_draft(found, officer, pages), actor=leader, at=clock.now())


def _pages(officer: User, row: Document) -> None:
    client = Client(SERVER_NAME="localhost")
    client.force_login(officer)
    draft = Document.objects.get(pk=row.pk)
    draft.pk, draft.state, draft.number, draft.serial, draft.pdf, draft.docx, draft.pages = (
        None,
        "draft",
        "",
        None,
        None,
        None,
        0,
    )
    draft.save()
    for name, path in (
        ("document", f"/documents/{row.pk}/"),
        ("picture", f"/documents/{row.pk}/pages/1.png"),
        ("draft", f"/documents/{draft.pk}/"),
        ("draft's picture", f"/documents/{draft.pk}/pages/1.png"),
        ("list", "/documents/"),
    ):
        times = []
        for _round in range(ROUNDS + 1):
            start = time.perf_counter()
            if client.get(path).status_code != 200:
                raise SystemExit(f"{path}: refused")
            times.append(time.perf_counter() - start)
        print(f"  page        {name:<16} p50 {1000 * statistics.median(times[1:]):6.1f} ms  (bar 300)", flush=True)


def _case_file(found: Subject, officer: User, leader: User, pages: int) -> None:
    """Bind a fifth first and then all: time and the most memory the process ever had."""
    held = 1
    peaks = []
    for wanted in (pages // 5, pages):
        while held * EACH < wanted:
            _issued(found, officer, leader, EACH)
            held += 1
        job = request_case_file(found, actor=officer, at=clock.now())
        start = time.perf_counter()
        done = run_job(job.pk, at=clock.now())
        took = time.perf_counter() - start
        if done is None or done.state != "done":
            raise SystemExit(f"the case file was not bound: {done.message if done else ''}")
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        print(f"  case file   {done.pages:>5,} pages  {took:6.2f} s  (bar 30)  peak {peaks[-1]:,.0f} MiB", flush=True)
    print(f"  case file   peak of all ÷ of a fifth: {peaks[1] / peaks[0]:.2f}", flush=True)


def _race(found: Subject, officer: User, leader: User) -> None:
    """Every issuer issues four documents; the drawing waits for a worker, only the numbers are raced for."""
    rows = [_draft(found, officer, 1) for _n in range(4 * ISSUERS)]
    last = Document.objects.exclude(serial=None).order_by("-serial").values_list("serial", flat=True)[0] or 0
    gate, numbers, at_once = threading.Barrier(ISSUERS), [], service.AT_ONCE
    times: list[float] = []

    def issue(mine: list[Document]) -> None:
        try:
            gate.wait(60)
            for row in mine:
                start = time.perf_counter()
                numbers.append(service.issue_document(row, actor=leader, at=clock.now()).serial)
                times.append(time.perf_counter() - start)
        finally:
            connection.close()

    service.AT_ONCE = 0
    try:
        threads = [threading.Thread(target=issue, args=(rows[n::ISSUERS],)) for n in range(ISSUERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        service.AT_ONCE = at_once
    if sorted(number or 0 for number in numbers) != list(range(last + 1, last + 1 + len(rows))):
        raise SystemExit("numbers have gaps or duplicates")
    print(
        f"  numbers     {ISSUERS} issuers, {len(rows)} documents: no gap, no duplicate,"
        f" p50 {1000 * statistics.median(times):.0f} ms each",
        flush=True,
    )
