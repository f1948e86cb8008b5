"""A document from draft to service: drafted, sent for signature, issued with a number, served, or withdrawn."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.enums import CompartmentKind
from casework.access.models import Compartment
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import CaseworkError, Invalid, Refused, Stale
from casework.core.numbering import next_serial
from casework.documents.catalogue import current, template_of
from casework.documents.enums import DocumentState, JobKind
from casework.documents.filling import complete, fill, is_current, with_fixed
from casework.documents.models import Document, Job
from casework.documents.registry import Subject, collected, subject_of
from casework.documents.services.rendering import data_of, digest_of, frozen, render_document
from casework.documents.spec import Template
from casework.files import previews
from casework.files.services.blobs import store_blob
from casework.ledger.record import record

#: Characters of (encrypted) data up to which a document is drawn while the page waits: some ten pages.
AT_ONCE = 20_000
#: A number that the records have given already (a decision, a list) stands in the data under this name.
NUMBER = "_number"


def draft_document(
    subject: Subject, code: str, data: Mapping[str, Any], *, actor: User, at: datetime, number: str = ""
) -> Document:
    """Draft a document of the subject; it has no number. What is missing is named before anything is drawn.

    ``number`` is the number that the records have given the act already; it is used at issue instead of a new one.
    """
    template, own = current(code)
    circle = Compartment.objects.get(pk=subject.compartment_id)
    with transaction.atomic():
        row = Document(
            code=code,
            kind=template.name,
            template_version=own.number if own else template.version,
            own_template=own,
            subject=subject.ref,
            compartment=circle,
            drafted_by=actor,
            drafted_at=at,
            updated_at=at,
        )
        require(actor, "document.draft", row)
        if _takes(template):
            data = with_fixed(template, data, collected(code, subject, actor, at))
        _put(row, template, data, number)
        row.save()
        record(
            "document.drafted",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"template": code, "version": row.template_version, "subject": subject.ref},
            personal={"title": row.title},
        )
    return row


def redraft_document(
    document: Document, data: Mapping[str, Any], *, version: int, actor: User, at: datetime
) -> Document:
    """Change a draft from the version that was read; whoever changes it last has drafted it."""
    require(actor, "document.draft", document)
    with transaction.atomic():
        row = _locked(document, DocumentState.DRAFT)
        if row.version != version:
            raise Stale(_("不能存：这件文书刚被改过。可以对照后再存，填的内容仍在页面上。"))
        template, before = template_of(row), data_of(row)
        if _takes(template):
            data = with_fixed(template, data, _held(row, actor, at), before)
        _put(row, template, data, before.get(NUMBER, ""))
        row.drafted_by, row.drafted_at, row.updated_at = actor, at, at
        row.bump("data", "digest", "title", "drafted_by", "drafted_at", "updated_at")
        record(
            "document.redrafted",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"template": row.code, "version": row.template_version},
            personal={"title": row.title},
        )
    return row


def _takes(template: Template) -> bool:
    """Tell whether something of the document is taken from the records alone."""
    return any(one.fixed for one in template.inputs)


def _held(row: Document, actor: User, at: datetime) -> dict[str, Any]:
    """Return what the records hold now for the inputs of the document."""
    subject = subject_of(row.subject, actor)
    if subject is None:
        raise Refused(_("不能办理：因为您已经无权知悉这件事。"), code="subject_gone")
    return collected(row.code, subject, actor, at)


def _put(row: Document, template: Template, data: Mapping[str, Any], number: str) -> None:
    kept = complete(template, data)
    row.title = _title(template, kept)[:300]
    row.data = frozen({**kept, **({NUMBER: number} if number else {})})
    row.digest = digest_of(row)


def _title(template: Template, data: Mapping[str, Any]) -> str:
    """Return the title on the document, with whom it concerns when the title does not say."""
    heads = [block["text"] for block in fill(template, data) if block["block"] == "title"]
    title = heads[0] if heads else template.name
    whom = next((str(data[name]) for name in ("person", "unit", "lead_number") if data.get(name)), "")
    return title if not whom or whom in title else f"{title}（{whom}）"


def _locked(document: Document, *states: str) -> Document:
    row = Document.locked(document.pk)
    if row.state not in states:
        raise Refused(
            _("不能办理：因为这件文书%(state)s。可以刷新后看能办什么。") % {"state": row.get_state_display()},
            code="wrong_state",
        )
    return row


def submit_document(document: Document, *, actor: User, at: datetime) -> Document:
    """Send the draft to be signed; its data do not change any more."""
    require(actor, "document.draft", document)
    return _move(document, (DocumentState.DRAFT,), DocumentState.FOR_SIGNATURE, "document.submitted", actor, at)


def return_document(document: Document, *, actor: User, at: datetime, reason: str) -> Document:
    """Give the document back to be changed, with the reason."""
    require(actor, "document.issue", document)
    if not reason.strip():
        raise Invalid(_("没有写退回的理由。"), details={"reason": _("写明退回的理由。")})
    states = (DocumentState.FOR_SIGNATURE,)
    return _move(document, states, DocumentState.DRAFT, "document.returned", actor, at, reason.strip())


def _move(
    document: Document, states: tuple[str, ...], to: str, kind: str, actor: User, at: datetime, reason: str = ""
) -> Document:
    with transaction.atomic():
        row = _locked(document, *states)
        row.state, row.updated_at = to, at
        row.bump("state", "updated_at")
        record(kind, ref=row.ref, actor=actor, at=at, data={"digest": row.digest}, reason=reason)
    return row


def issue_document(document: Document, *, actor: User, at: datetime, issued_on: date | None = None) -> Document:
    """Sign and issue: the number is given now, without gaps; the document is drawn at once, or by a worker when large.

    The document date must be that of the act, so it may lie before today, never after it.
    """
    require(actor, "document.issue", document)
    with transaction.atomic():
        row = _locked(document, *_before_issue(document))
        template = template_of(row)
        data = data_of(row)
        if _takes(template) and not is_current(template, data, _held(row, actor, at)):
            raise Refused(
                _("不能印发：因为拟制以后记录变了。可以打开“修改”再存一次，按现在的记录重新取。"),
                code="records_changed",
            )
        day = issued_on or timezone.localdate(at)
        if day > timezone.localdate(at):
            raise Invalid(_("成文日期不能晚于今天。"), details={"issued_on": _("选今天或者以前的日期。")})
        row.number = data.get(NUMBER, "")
        if not row.number:
            row.series, row.year = _series(template, row.compartment), day.year
            row.serial = next_serial(f"文书:{row.series}", row.year)
            row.number = f"{row.series}〔{row.year}〕{row.serial}号"
        elif _number_taken(row):
            raise Refused(
                _("不能印发：文号%(number)s的%(kind)s已经印发。可以先撤回原来的一件。")
                % {"number": row.number, "kind": row.kind},
                code="number_taken",
            )
        row.state, row.issued_by, row.issued_at, row.issued_on, row.updated_at = (
            DocumentState.ISSUED, actor, at, day, at,
        )  # fmt: skip
        entry = record(
            "document.issued",
            ref=row.ref,
            actor=actor,
            at=at,
            data={
                "number": row.number,
                "template": row.code,
                "version": row.template_version,
                "own": row.own_template_id or 0,
                "subject": row.subject,
                "digest": row.digest,
                "issued_on": day,
            },
            personal={"title": row.title},
        )
        row.entry_id = entry.pk
        row.bump(
            "state", "number", "series", "year", "serial", "issued_by", "issued_at", "issued_on", "entry_id",
            "updated_at",
        )  # fmt: skip
        if len(row.data) > AT_ONCE:
            queue_rendering(row, actor=actor, at=at)
            return row
    try:
        return render_document(row, actor=actor, at=at)
    except CaseworkError:
        with transaction.atomic():  # it is issued all the same; a worker tries again and says what is wrong
            queue_rendering(row, actor=actor, at=at)
        return row


def queue_rendering(row: Document, *, actor: User, at: datetime) -> Job:
    """Put the drawing of the document on a worker's list."""
    job, _new = Job.objects.get_or_create(
        kind=JobKind.RENDER,
        document=row,
        state="queued",
        defaults={
            "subject": row.subject,
            "compartment_id": row.compartment_id,
            "title": str(row),
            "total": 2,
            "asked_by": actor,
            "asked_at": at,
        },
    )
    return job


def _before_issue(document: Document) -> tuple[str, ...]:
    """A record goes out straight from the draft; what a leader signs was sent to him."""
    if template_of(document).by_officer:
        return (DocumentState.DRAFT, DocumentState.FOR_SIGNATURE)
    return (DocumentState.FOR_SIGNATURE,)


def _number_taken(row: Document) -> bool:
    same = Document._base_manager.filter(code=row.code, number=row.number)
    return same.exclude(state=DocumentState.WITHDRAWN).exclude(pk=row.pk).exists()


def _series(template: Template, circle: Compartment) -> str:
    """Return the series; an unannounced inspection has its own, so that it leaves no gap in the others."""
    hidden = circle.kind == CompartmentKind.INSPECTION
    return f"{template.series}{circle.public_id[:4].upper()}" if hidden else template.series


def serve_document(document: Document, *, served_on: date, receiver: str, actor: User, at: datetime) -> Document:
    """Note that the document was handed over, to whom and when."""
    require(actor, "document.serve", document)
    with transaction.atomic():
        row = _locked(document, DocumentState.ISSUED)
        wrong = {}
        if not receiver.strip():
            wrong["receiver"] = _("写明签收人。")
        if row.issued_on and not row.issued_on <= served_on <= timezone.localdate(at):
            wrong["served_on"] = _("送达日期应在成文日期和今天之间。")
        if wrong:
            raise Invalid(_("不能登记送达：填写有误。"), details=wrong)
        row.state, row.served_on, row.receiver, row.served_by = DocumentState.SERVED, served_on, receiver.strip(), actor
        row.updated_at = at
        row.bump("state", "served_on", "receiver", "served_by", "updated_at")
        record(
            "document.served",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"number": row.number, "served_on": served_on},
            personal={"receiver": row.receiver},
        )
    return row


def withdraw_document(document: Document, *, reason: str, actor: User, at: datetime) -> Document:
    """Take the document back with a reason; its number stays used. What went out is taken back by a leader."""
    require(actor, "document.withdraw", document)
    if document.number:
        require(actor, "document.issue", document)
    if not reason.strip():
        raise Invalid(_("没有写撤回的理由。"), details={"reason": _("写明撤回的理由。")})
    with transaction.atomic():
        row = Document.locked(document.pk)
        if row.state == DocumentState.WITHDRAWN:
            raise Refused(_("这件文书已经撤回。"), code="wrong_state")
        row.state, row.withdrawn_at, row.withdrawn_by = DocumentState.WITHDRAWN, at, actor
        row.withdrawn_reason, row.updated_at = reason.strip()[:300], at
        row.bump("state", "withdrawn_at", "withdrawn_by", "withdrawn_reason", "updated_at")
        data = {"number": row.number, "digest": row.digest}
        record("document.withdrawn", ref=row.ref, actor=actor, at=at, data=data, reason=row.withdrawn_reason)
    return row


def attach_signed(document: Document, chunks: Iterable[bytes], name: str, *, actor: User, at: datetime) -> Document:
    """Keep the scan of the signed and sealed copy beside the document: page counts and digests are shown side by side."""
    require(actor, "document.attach", document)
    blob = store_blob(chunks, actor=actor, at=at)
    with previews.at_hand(blob.sha256) as path:
        shown = previews.look_into(path, name)
    if shown.kind not in {"pdf", "image"}:
        raise Invalid(
            _("不能附这个文件：它不是能打开的 PDF 或者图片。可以去掉密码，或者重新扫描后再传。"),
            details={"file": _("选 PDF 或者图片。")},
        )
    with transaction.atomic():
        row = _locked(document, DocumentState.ISSUED, DocumentState.SERVED)
        if row.signed_id is not None and row.signed_id != blob.pk:
            raise Refused(_("已经附过签名扫描件。可以撤回后重新印发。"), code="signed_once")
        row.signed, row.signed_name, row.signed_pages, row.signed_at = blob, name[:255], shown.pages, at
        row.updated_at = at
        row.bump("signed", "signed_name", "signed_pages", "signed_at", "updated_at")
        record(
            "document.signed_attached",
            ref=row.ref,
            actor=actor,
            at=at,
            data={"number": row.number, "sha256": blob.sha256, "pages": shown.pages, "drawn_pages": row.pages},
        )
    return row


def note_download(document: Document, what: str, *, actor: User, at: datetime) -> None:
    """Write down that the document is handed out; committed before the first byte leaves."""
    require(actor, "document.download", document)
    with transaction.atomic():
        record(
            "document.downloaded", ref=document.ref, actor=actor, at=at, data={"number": document.number, "what": what}
        )
