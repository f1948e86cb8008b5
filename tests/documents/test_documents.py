"""A document from draft to service, who may do what, numbers under a race, the same bytes again."""

import hashlib
import threading
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from PIL import Image

from casework.core.errors import Invalid, NotAllowed, Refused, Stale
from casework.documents import registry
from casework.documents.enums import DocumentState, JobState
from casework.documents.models import Document, Job
from casework.documents.registry import Sheaf, Subject, collected, offered, subject_of
from casework.documents.services import documents as service
from casework.documents.services import templates
from casework.documents.services.documents import NUMBER
from casework.documents.services.jobs import cancel_job, request_case_file, run_job, waiting_jobs
from casework.documents.services.rendering import check_document, data_of, draw_document
from casework.files import storage
from casework.files.services.blobs import store_blob
from casework.ledger.models import Entry
from evidence.enums import Signature
from evidence.services import close_collection
from tests.build import a_compartment, moment
from tests.build_cases import a_case, a_suspect, walk
from tests.build_evidence import a_collection, an_item
from tests.cast import Cast
from tests.documents.build import AT, DATA, a_draft, issued, subject
from tests.documents.test_layout import opened, text_of


@pytest.mark.django_db
def test_a_document_goes_from_draft_to_service(cast: Cast, case: Subject) -> None:
    bystander = a_draft(cast, case)
    row = a_draft(cast, case)
    assert (row.state, row.number) == (DocumentState.DRAFT, "")

    row = service.submit_document(row, actor=cast.officer, at=AT)
    row = service.issue_document(row, actor=cast.approver, at=AT, issued_on=date(2021, 10, 11))

    assert (row.state, row.number, row.serial) == (DocumentState.ISSUED, "纪立〔2021〕1号", 1)
    assert row.pdf is not None
    assert row.docx is not None
    stored = storage.path_of(row.pdf.sha256).read_bytes()
    assert "纪立〔2021〕1号" in text_of(stored)
    assert "2021年10月11日" in text_of(stored)
    assert row.ref in text_of(stored)

    row = service.serve_document(row, served_on=date(2021, 10, 12), receiver="丁某某", actor=cast.officer, at=AT)

    assert row.state == DocumentState.SERVED
    kinds = list(Entry.objects.filter(ref=row.ref).order_by("pk").values_list("kind", flat=True))
    assert kinds == [
        "document.drafted", "document.submitted", "document.issued", "document.rendered", "document.served",
    ]  # fmt: skip
    issued_entry = Entry.objects.get(pk=row.entry_id or 0)
    assert issued_entry.payload["data"]["digest"] == row.digest
    bystander.refresh_from_db()
    assert (bystander.state, bystander.version, bystander.number) == (DocumentState.DRAFT, 1, "")


@pytest.mark.django_db
def test_the_data_are_encrypted_at_rest_and_the_same_bytes_come_again(cast: Cast, case: Subject) -> None:
    row = issued(cast, case)
    with connection.cursor() as cursor:
        cursor.execute("select data from documents_document where id = %s", [row.pk])
        (raw,) = cursor.fetchone()
    assert "丁某某" not in raw

    row.refresh_from_db()
    assert data_of(row)["person"] == "丁某某"
    found = check_document(row, actor=cast.auditor, at=AT)

    assert row.pdf is not None
    assert found.same
    assert found.drawn == row.pdf.sha256
    assert hashlib.sha256(draw_document(row)).hexdigest() == row.pdf.sha256

    Document._base_manager.filter(pk=row.pk).update(data=row.data.replace("丁某某", "何某某"))
    row.refresh_from_db()
    altered = check_document(row, actor=cast.auditor, at=AT)
    assert not altered.same
    assert not altered.data_intact


@pytest.mark.django_db
def test_who_drafted_does_not_sign_and_nothing_goes_out_unsigned(cast: Cast, case: Subject) -> None:
    draft = a_draft(cast, case)
    with pytest.raises(Refused):
        service.issue_document(draft, actor=cast.approver, at=AT)
    mine = service.draft_document(case, "filing_decision", DATA, actor=cast.approver, at=AT)
    mine = service.submit_document(mine, actor=cast.approver, at=AT)
    with pytest.raises(NotAllowed, match="您拟的"):
        service.issue_document(mine, actor=cast.approver, at=AT)
    with pytest.raises(NotAllowed):
        service.issue_document(mine, actor=cast.officer, at=AT)

    back = service.return_document(service.submit_document(draft, actor=cast.officer, at=AT), reason="改案由",
                                   actor=cast.approver, at=AT)  # fmt: skip

    assert back.state == DocumentState.DRAFT
    with pytest.raises(Stale):
        service.redraft_document(back, DATA, version=1, actor=cast.officer, at=AT)
    again = service.redraft_document(
        back, {**DATA, "grounds": "新的案由。"}, version=back.version, actor=cast.officer, at=AT
    )
    assert data_of(again)["grounds"] == "新的案由。"


@pytest.mark.django_db
def test_withdrawn_keeps_its_number_and_its_reason(cast: Cast, case: Subject) -> None:
    row = issued(cast, case)
    with pytest.raises(Invalid):
        service.withdraw_document(row, reason=" ", actor=cast.approver, at=AT)
    with pytest.raises(NotAllowed):
        service.withdraw_document(row, reason="错", actor=cast.officer, at=AT)

    gone = service.withdraw_document(row, reason="案由有误", actor=cast.approver, at=AT)
    after = issued(cast, case)

    assert (gone.state, gone.number) == (DocumentState.WITHDRAWN, "纪立〔2021〕1号")
    assert after.number == "纪立〔2021〕2号"
    with pytest.raises(Refused):
        service.withdraw_document(gone, reason="再撤", actor=cast.approver, at=AT)


@pytest.mark.django_db
def test_a_number_of_the_records_is_used_once(cast: Cast, case: Subject) -> None:
    def one() -> Document:
        row = service.draft_document(
            case, "filing_decision", DATA, actor=cast.officer, at=AT, number="浙纪立〔2021〕9号"
        )
        return service.submit_document(row, actor=cast.officer, at=AT)

    first = service.issue_document(one(), actor=cast.approver, at=AT)
    assert (first.number, first.serial) == ("浙纪立〔2021〕9号", None)
    with pytest.raises(Refused, match="已经印发"):
        service.issue_document(one(), actor=cast.approver, at=AT)


@pytest.mark.django_db(transaction=True)
def test_32_issuers_at_once_leave_no_gap_and_no_duplicate(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "AT_ONCE", 0)  # the drawing is not what is raced for
    found = subject(cast)
    rows = [service.submit_document(a_draft(cast, found), actor=cast.officer, at=AT) for _n in range(32)]
    gate = threading.Barrier(8)
    numbers: list[str] = []

    def issue(mine: list[Document]) -> None:
        try:
            gate.wait(30)
            for at, row in enumerate(mine):
                if at % 2:  # an act that fails after its number was taken gives the number back
                    with transaction.atomic():
                        service.issue_document(row, actor=cast.approver, at=AT)
                        transaction.set_rollback(True)
                numbers.append(service.issue_document(row, actor=cast.approver, at=AT).number)
        finally:
            connection.close()

    threads = [threading.Thread(target=issue, args=(rows[n::8],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(numbers) == sorted(f"纪立〔2021〕{n}号" for n in range(1, 33))
    assert Job._base_manager.filter(state=JobState.QUEUED).count() == 32


@pytest.mark.django_db
def test_signed_scan_is_kept_beside_the_document(cast: Cast, case: Subject, tmp_path: Any) -> None:
    row = issued(cast, case)
    with pytest.raises(Invalid, match="不是能打开的"):
        service.attach_signed(row, [b"%PDF-1.7 broken"], "scan.pdf", actor=cast.officer, at=AT)
    Image.new("RGB", (60, 80), "white").save(tmp_path / "scan.png")

    row = service.attach_signed(row, [(tmp_path / "scan.png").read_bytes()], "scan.png", actor=cast.officer, at=AT)

    assert row.signed is not None
    assert row.signed_pages == 1
    entry = Entry.objects.filter(ref=row.ref, kind="document.signed_attached").get()
    assert entry.payload["data"]["sha256"] == row.signed.sha256
    other = tmp_path / "other.png"
    Image.new("RGB", (61, 80), "white").save(other)
    with pytest.raises(Refused, match="已经附过"):
        service.attach_signed(row, [other.read_bytes()], "other.png", actor=cast.officer, at=AT)
    with pytest.raises(NotAllowed):
        service.attach_signed(row, [other.read_bytes()], "other.png", actor=cast.auditor, at=AT)


def locked_pdf() -> bytes:
    """A PDF that asks for a password: the shape of one that another program has encrypted."""
    body = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
        b"4 0 obj<</Filter/Standard/V 1/R 2/Length 40/P -4/O<" + b"ab" * 32 + b">/U<" + b"cd" * 32 + b">>>endobj\n"
    )
    starts = [body.index(b"%d 0 obj" % number) for number in range(1, 5)]
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    tail = b"trailer<</Size 5/Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]>>\nstartxref\n%d\n%%%%EOF" % len(body)
    return body + b"xref\n0 5\n0000000000 65535 f \n" + table + tail


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content"),
    [("locked.pdf", locked_pdf()), ("cut.pdf", b"%PDF-1.7\n1 0 obj"), ("table.xlsx", b"PK\x03\x04" + b"\0" * 4_000)],
)
def test_a_scan_that_cannot_be_opened_is_refused_and_nothing_changes(
    cast: Cast, case: Subject, name: str, content: bytes
) -> None:
    row = issued(cast, case)

    with pytest.raises(Invalid, match="不是能打开的 PDF 或者图片。可以去掉密码"):
        service.attach_signed(row, [content], name, actor=cast.officer, at=AT)

    row.refresh_from_db()
    assert row.signed_id is None
    assert not Entry.objects.filter(ref=row.ref, kind="document.signed_attached").exists()


@pytest.mark.django_db
def test_pieces_that_cannot_be_opened_are_named_in_the_index(
    cast: Cast, case: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = issued(cast, case)
    attached = [
        Sheaf(f"附件{number}", store_blob([content], actor=cast.officer, at=AT))
        for number, content in enumerate((locked_pdf(), b"%PDF-1.7 cut", b"PK\x03\x04 not a picture"), 1)
    ]
    monkeypatch.setitem(registry._sheaves, "case", [lambda _thing, _user: attached])

    done = run_job(request_case_file(case, actor=cast.officer, at=AT).pk, at=AT)

    assert done is not None
    assert (done.state, done.pages) == (JobState.DONE, 1 + row.pages)
    assert [line["page"] for line in done.contents] == [f"2-{1 + row.pages}", *["打不开，未装订"] * 3]
    assert done.result is not None
    assert text_of(storage.path_of(done.result.sha256).read_bytes()).count("打不开，未装订") == 3


@pytest.mark.django_db
def test_large_documents_are_drawn_by_a_worker_that_may_die(cast: Cast, case: Subject) -> None:
    row = a_draft(cast, case, grounds="经查，" + "机房设备用于“挖矿”。" * 3_000)
    row = service.issue_document(service.submit_document(row, actor=cast.officer, at=AT), actor=cast.approver, at=AT)
    assert row.pdf is None
    (pk,) = waiting_jobs()
    # A worker takes it and is killed: the job says running and moves no more.
    Job._base_manager.filter(pk=pk).update(state=JobState.RUNNING, moved_at="2021-10-12T00:00:00Z", tries=1)

    assert waiting_jobs() == [pk]
    done = run_job(pk, at=AT)

    assert done is not None
    assert done.state == JobState.DONE
    drawn = Document.objects.get(pk=row.pk)
    assert drawn.pdf is not None
    assert drawn.pages > 20
    assert run_job(pk, at=AT) is None
    assert Entry.objects.filter(ref=row.ref, kind="document.rendered").count() == 1


@pytest.mark.django_db
def test_a_job_that_kills_every_worker_ends(cast: Cast, case: Subject) -> None:
    issued(cast, case)
    job = request_case_file(case, actor=cast.officer, at=AT)
    Job._base_manager.filter(pk=job.pk).update(state=JobState.RUNNING, moved_at="2021-10-12T00:00:00Z", tries=3)

    ended = run_job(job.pk, at=AT)

    assert ended is not None
    assert ended.state == JobState.FAILED
    assert "多次中断" in ended.message


@pytest.mark.django_db
def test_case_file_has_index_all_pieces_and_running_numbers(cast: Cast, case: Subject) -> None:
    first, second = issued(cast, case), issued(cast, case)
    job = request_case_file(case, actor=cast.officer, at=AT)
    assert request_case_file(case, actor=cast.officer, at=AT).pk == job.pk

    done = run_job(job.pk, at=AT)

    assert done is not None
    assert (done.state, done.pages) == (JobState.DONE, 1 + first.pages + second.pages)
    assert done.result is not None
    said = text_of(storage.path_of(done.result.sha256).read_bytes())
    assert "案卷目录" in said
    assert "001" in said
    assert f"{done.pages:03d}" in said
    middle = 1 + first.pages
    assert [row["page"] for row in done.contents] == [f"2-{middle}", f"{middle + 1}-{done.pages}"]
    assert Entry.objects.filter(ref=case.ref, kind="document.bound").count() == 1


@pytest.mark.django_db
def test_an_empty_case_file_is_refused_before_anything_is_asked_of_a_worker(cast: Cast, case: Subject) -> None:
    with pytest.raises(Refused, match="还没有印发的文书，也没有可以装订的附件"):
        request_case_file(case, actor=cast.officer, at=AT)

    assert not Job._base_manager.exists()
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    page = client.get(reverse("documents:bind", args=[case.ref])).content.decode()
    assert 'aria-describedby="bind-why"' in page
    assert "印发以后才能装订。" in page


@pytest.mark.django_db
def test_a_case_file_can_be_stopped(cast: Cast, case: Subject) -> None:
    issued(cast, case)
    job = request_case_file(case, actor=cast.officer, at=AT)
    cancel_job(job, actor=cast.officer, at=AT)

    assert run_job(job.pk, at=AT) is None
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.CANCELLED, None)
    with pytest.raises(Refused):
        cancel_job(job, actor=cast.officer, at=AT)


@pytest.mark.django_db
def test_what_the_records_hold_fills_the_lists(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    taken = a_collection(cast, compartment=circle)
    an_item(cast, collection=taken)
    close_collection(taken, holder_signature=Signature.SIGNED, actor=cast.officer, at=moment("2021-09-07 18:00"))
    found = subject(cast, f"collection:{taken.pk}")
    assert "seizure_list" in offered(found)

    data = collected("seizure_list", found, cast.officer, AT)
    number = data.pop(NUMBER)
    row = service.draft_document(found, "seizure_list", data, actor=cast.officer, at=AT, number=number)
    row = service.issue_document(row, actor=cast.officer, at=AT)

    assert row.number == taken.number
    assert row.pages == 3  # one for each copy
    assert row.pdf is not None
    with opened(storage.path_of(row.pdf.sha256).read_bytes()) as file:
        assert "第一联" in file[0].get_textpage().get_text_range()
    assert subject_of(f"collection:{taken.pk}", cast.outsider) is None


OWN = """
code: filing_decision
version: 1
name: 立案决定书
series: 浙纪立
subjects: [case]
inputs:
  - {name: organ, label: 机关, sample: 某机关}
  - {name: person, label: 姓名, sample: 金某某}
  - {name: standing, label: 职务, required: false}
  - {name: case_number, label: 案号, required: false}
  - {name: kind, label: 性质, required: false}
  - {name: grounds, label: 问题, type: long, required: false}
  - {name: filed_on, label: 日期, type: date, required: false}
blocks:
  - {block: title, text: 本机关的立案决定书}
  - {block: p, text: "决定对{person}立案。"}
  - {block: close, organ: "{organ}", date: "{issued_on}"}
"""


@pytest.mark.django_db
def test_the_commissions_own_template_is_switched_on_by_another_and_old_documents_keep_theirs(
    cast: Cast, case: Subject
) -> None:
    old = issued(cast, case)
    with pytest.raises(Invalid, match="没有在 inputs 里声明"):
        templates.draft_template("filing_decision", OWN.replace("{person}立案", "{who}立案"), actor=cast.officer, at=AT)
    with pytest.raises(Invalid, match="code 应是"):
        templates.draft_template("filing_decision", OWN.replace("code: filing_decision", "code: record"),
                                 actor=cast.officer, at=AT)  # fmt: skip
    mine = templates.draft_template("filing_decision", OWN, actor=cast.approver, at=AT)
    with pytest.raises(NotAllowed):
        templates.activate_template(mine, actor=cast.approver, at=AT)
    with pytest.raises(Stale):
        templates.draft_template("filing_decision", OWN, version=99, actor=cast.officer, at=AT)
    mine = templates.draft_template("filing_decision", OWN, version=1, actor=cast.officer, at=AT)

    templates.activate_template(mine, actor=cast.approver, at=AT)
    new = issued(cast, case)

    assert new.number == "浙纪立〔2021〕1号"
    assert "本机关的立案决定书" in text_of(draw_document(new))
    assert old.own_template is None
    assert check_document(old, actor=cast.auditor, at=AT).same
    templates.retire_template(mine, actor=cast.approver, at=AT)
    assert a_draft(cast, case).own_template is None


@pytest.mark.django_db
def test_what_a_case_holds_fills_its_documents(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "plan_approved")
    suspect = a_suspect(cast, case, name="何某某")
    found = subject(cast, f"case:{case.pk}")
    data = collected("filing_decision", found, cast.officer, AT)

    assert suspect.name in data["person"]
    assert a_draft(cast, found).compartment_id == case.compartment_id
