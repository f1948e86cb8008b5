"""Official documents: their pages, a case file of 500 pages, numbers under 32 issuers at once.

Numbers are raced for while some issuers fail and one process is killed between taking a number and committing it.
"""

import io
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
from django.db import connection, transaction
from django.test import Client

from benchmarks import database
from benchmarks.database import fresh
from cases.models import Case
from casework.access.models import Compartment, Grant
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Appointment, Organisation, User
from casework.core import clock
from casework.documents.models import Document
from casework.documents.registry import Subject, subject_of
from casework.documents.services import documents as service
from casework.documents.services.jobs import documents_of, request_case_file, run_job
from casework.documents.services.rendering import draw_document
from casework.documents.web.pages import picture_of
from casework.files import storage
from casework.files.pdfium import LOCK
from units.models import Region, Unit

PAGES = 500
#: Pages of one document in the case file.
EACH = 5
ISSUERS = 32
ROUNDS = 15
_CHILD = (
    "import sys, django; django.setup(); from benchmarks.documents import hold; hold(sys.argv[1], int(sys.argv[2]))"
)


def run(scale: float) -> None:
    """Print the times of pages, of case files of a fifth and of all pages with the memory, the race and the killing."""
    with fresh("documents") as name:
        officer, leader, found = _fill()
        row = _issued(found, officer, leader, EACH)
        _pages(officer, row)
        _case_file(found, officer, leader, int(PAGES * scale))
        at_once, service.AT_ONCE = service.AT_ONCE, 0  # the drawing waits for a worker; only the numbers are raced for
        try:
            _race(found, officer, leader)
            _killed(name, found, officer, leader)
        finally:
            service.AT_ONCE = at_once


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
        "kind": "涉嫌职务违法", "grounds": "经查，在单位机房安装设备“挖矿”。" * max(35 * (pages - 1), 1), "filed_on": "2021-09-18",
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
    drawn = draw_document(row)
    bare: dict[str, Callable[[], object]] = {
        "picture": lambda: picture_of(drawn, 0),
        "draft": lambda: draw_document(draft),
        "draft's picture": lambda: picture_of(draw_document(draft), 0),
    }
    for name, path in (
        ("document", f"/documents/{row.pk}/"),
        ("picture", f"/documents/{row.pk}/pages/1.png"),
        ("draft", f"/documents/{draft.pk}/"),
        ("draft's picture", f"/documents/{draft.pk}/pages/1.png"),
        ("list", "/documents/"),
    ):
        times, least = [], []
        for _round in range(ROUNDS + 1):
            start = time.perf_counter()
            if client.get(path).status_code != 200:
                raise SystemExit(f"{path}: refused")
            times.append(time.perf_counter() - start)
            if name in bare:
                start = time.perf_counter()
                bare[name]()
                least.append(time.perf_counter() - start)
        took = statistics.median(times[1:])
        beside = f", {took / statistics.median(least[1:]):.2f} × of drawing alone" if least else ""
        print(f"  page        {name:<16} p50 {1000 * took:6.1f} ms  (bar 300){beside}", flush=True)


def _peak(work: Callable[[], object]) -> tuple[float, float, float]:
    """Return the seconds that the work took, its processor seconds, and the most MiB the process held meanwhile."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the high-water mark begins anew
    start, busy = time.perf_counter(), time.process_time()
    work()
    took, cpu = time.perf_counter() - start, time.process_time() - busy
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    high = next(line for line in lines if line.startswith("VmHWM"))
    return took, cpu, int(high.split()[1]) / 1024


def _case_file(found: Subject, officer: User, leader: User, pages: int) -> None:
    """Bind a fifth first and then all, as a worker does it, beside the same PDFs merely put together."""
    held, peaks = 1, list[float]()
    for wanted in (pages // 5, pages):
        while held * EACH < wanted:
            _issued(found, officer, leader, EACH)
            held += 1
        job = request_case_file(found, actor=officer, at=clock.now())
        took, cpu, peak = _peak(lambda job=job: run_job(job.pk, at=clock.now()))  # type: ignore[misc]
        job.refresh_from_db()
        if job.state != "done":
            raise SystemExit(f"the case file was not bound: {job.message}")
        paths = [storage.path_of(row.pdf.sha256) for row in documents_of(found, officer) if row.pdf]
        _bare_took, bare, _high = _peak(lambda paths=paths: _put_together(paths))  # type: ignore[misc]
        peaks.append(peak)
        print(
            f"  case file   {job.pages:>5,} pages  {took:6.2f} s  (bar 30)  peak {peak:,.0f} MiB;"
            f" {cpu:.2f} CPU s, {cpu / bare:.1f} × of putting the PDFs together ({bare:.2f})",
            flush=True,
        )
    print(f"  case file   peak of all ÷ of a fifth: {peaks[1] / peaks[0]:.2f}  (bar 1.3)", flush=True)


def _put_together(paths: list[Path]) -> None:
    """The least that must be done: no database, no index, no numbers on the pages, no digests."""
    with LOCK, tempfile.TemporaryFile() as out:
        file = pypdfium2.PdfDocument.new()
        for path in paths:
            with pypdfium2.PdfDocument(io.BytesIO(path.read_bytes())) as source:
                file.import_pages(source)
        file.save(out)
        file.close()


def _together(work: Callable[[int], None]) -> list[float]:
    """Have all issuers work at once, each from its own connection; returns the seconds of each act."""
    gate = threading.Barrier(ISSUERS)
    times: list[float] = []
    broken: list[Exception] = []

    def one(issuer: int) -> None:
        try:
            gate.wait(60)
            for turn in range(4):
                start = time.perf_counter()
                work(4 * issuer + turn)
                times.append(time.perf_counter() - start)
        except Exception as error:  # noqa: BLE001 (told by the thread that waits)
            broken.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(ISSUERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
    return times


def _last() -> int:
    return Document.objects.exclude(serial=None).order_by("-serial").values_list("serial", flat=True)[0] or 0


def _race(found: Subject, officer: User, leader: User) -> None:
    """Every issuer issues four documents; one act in four fails after its number was taken and is done again."""
    rows = [_draft(found, officer, 1) for _n in range(4 * ISSUERS)]
    last, numbers, failed = _last(), [], []

    def issue(at: int) -> None:
        if at % 4 == 1:
            with transaction.atomic():
                failed.append(service.issue_document(rows[at], actor=leader, at=clock.now()).serial)
                transaction.set_rollback(True)
        numbers.append(service.issue_document(rows[at], actor=leader, at=clock.now()).serial)

    times = _together(issue)
    if sorted(number or 0 for number in numbers) != list(range(last + 1, last + 1 + len(rows))):
        raise SystemExit("numbers have gaps or duplicates")
    database.owner_does(
        "create table bare_counter (last integer)", "insert into bare_counter values (0)",
        "create sequence bare_sequence", "grant all on bare_counter, bare_sequence to public",
    )  # fmt: skip
    taken: list[int] = []

    def count(at: int) -> None:
        for again in (True, False) if at % 4 == 1 else (False,):
            with connection.cursor() as cursor, transaction.atomic():
                cursor.execute("select nextval('bare_sequence')")
                number = cursor.fetchone()[0]
                cursor.execute("update bare_counter set last = last + 1 returning last")
                if not again:
                    taken.append(number)

    bare = _together(count)
    gaps = max(taken) - len(taken)
    ours, theirs = statistics.median(times), statistics.median(bare)
    print(
        f"  numbers     {ISSUERS} issuers, {len(rows)} documents, {len(failed)} acts that failed: no gap, no duplicate,"
        f" p50 {1000 * ours:.0f} ms, {ours / theirs:.0f} × of a bare counter's {1000 * theirs:.0f} ms;"
        f" a sequence leaves {gaps} gaps",
        flush=True,
    )


def hold(name: str, pk: int) -> None:
    """Issue the document and never commit: what runs in the process that is killed."""
    database.use_as_application(name)
    service.AT_ONCE = 0
    row = Document.objects.get(pk=pk)
    leader = User.objects.get(username="approver")
    with transaction.atomic():
        print(service.issue_document(row, actor=leader, at=clock.now()).serial, flush=True)
        time.sleep(600)


def _killed(name: str, found: Subject, officer: User, leader: User) -> None:
    """Kill a process between taking a number and committing it: the next issuer gets that number, at once."""
    held, rows = _draft(found, officer, 1), [_draft(found, officer, 1) for _n in range(3)]
    waits: list[float] = []
    for row in rows:
        last = _last()
        child = subprocess.Popen([sys.executable, "-c", _CHILD, name, str(held.pk)], stdout=subprocess.PIPE, text=True)
        try:
            said = child.stdout.readline().strip() if child.stdout else ""
        finally:
            os.kill(child.pid, signal.SIGKILL)
            start = time.perf_counter()
            child.communicate()
        got = service.issue_document(row, actor=leader, at=clock.now()).serial
        waits.append(time.perf_counter() - start)
        if said != str(last + 1) or got != last + 1:
            raise SystemExit(f"killed with {said or 'nothing'} in hand after {last}, the next got {got}")
    held.refresh_from_db()
    if held.number or service.issue_document(held, actor=leader, at=clock.now()).serial != _last():
        raise SystemExit("the document of the killed process was not left as it was")
    print(
        f"  numbers     {len(rows)} processes killed with a number in hand: given to the next issuer after"
        f" {1000 * statistics.median(waits):.0f} ms",
        flush=True,
    )
