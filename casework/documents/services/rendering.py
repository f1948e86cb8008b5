"""From a document to its bytes: drawn from what was frozen, stored once, drawn again to be compared."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from casework.accounts.models import User
from casework.core.later import later
from casework.documents.catalogue import template_of
from casework.documents.filling import MAX_SAMPLE, fill
from casework.documents.models import Document
from casework.documents.pdf import LAYOUT, Sheet, draw_pdf, made_with
from casework.documents.spec import Template
from casework.files.pdfium import LOCK
from casework.files.services.blobs import store_blob
from casework.ledger.canonical import canonical_text, plain
from casework.ledger.record import record

if TYPE_CHECKING:
    import pypdfium2

    from casework.documents import word
else:
    pypdfium2, word = later("pypdfium2"), later("casework.documents.word")


def frozen(data: Mapping[str, Any]) -> str:
    """Return the data as they are kept, with a salt: the digest must not let anybody guess what they say."""
    return json.dumps({"salt": secrets.token_hex(16), "data": data}, ensure_ascii=False, sort_keys=True)


def data_of(document: Document) -> dict[str, Any]:
    """Return the data of the document."""
    found: dict[str, Any] = json.loads(document.data)["data"]
    return found


def digest_of(document: Document) -> str:
    """Return the digest of what the document was made from: data, salt, template and version."""
    content = {
        "template": document.code,
        "version": document.template_version,
        "own": document.own_template_id or 0,
        **json.loads(document.data),
    }
    return hashlib.sha256(canonical_text(plain(content)).encode()).hexdigest()


def sheet_of(document: Document) -> Sheet:
    """Return what is drawn of the document as it stands: a draft is marked as one."""
    template = template_of(document)
    day = document.issued_on or timezone.localdate(document.drafted_at)
    out = bool(document.number)
    blocks = fill(
        template,
        data_of(document),
        number=document.number,
        issued_on=document.issued_on.isoformat() if document.issued_on else "",
    )
    proof = (document.ref, document.digest[:16], document.digest[16:32]) if out else ()
    qr = f"casework:{document.ref}?number={document.number}&sha256={document.digest}" if out else ""
    layout = _layout_of(document)
    return Sheet(document.title, blocks, day, template.grid, draft=not out, qr=qr, proof=proof, layout=layout)


def _layout_of(document: Document) -> int:
    """Return the layout that the document was made with, or that of new ones while it has not been drawn."""
    return int(document.made_with.get("layout", LAYOUT))


def draw(template: Template, data: Mapping[str, Any], day: date) -> bytes:
    """Return the PDF of a template with its sample data, marked as a draft; a sample is short."""
    blocks = fill(template, data, most=MAX_SAMPLE)
    return draw_pdf(Sheet(template.name, blocks, day, grid=template.grid, draft=True))


def pages_of(pdf: bytes) -> int:
    """Return how many pages the PDF has."""
    with LOCK, pypdfium2.PdfDocument(io.BytesIO(pdf)) as file:
        return len(file)


def draw_document(document: Document) -> bytes:
    """Return the PDF of the document, drawn now."""
    return draw_pdf(sheet_of(document))


def draw_document_docx(document: Document) -> bytes:
    """Return the DOCX of the document, drawn now."""
    return word.draw_docx(sheet_of(document))


def render_document(document: Document, *, actor: User, at: datetime) -> Document:
    """Draw an issued document and keep its bytes with their digests; a second time changes nothing."""
    if document.pdf_id is not None or not document.number:
        return document
    pdf, docx = draw_document(document), draw_document_docx(document)
    pdf_blob = store_blob([pdf], actor=actor, at=at)
    docx_blob = store_blob([docx], actor=actor, at=at)
    with transaction.atomic():
        row = Document.locked(document.pk)
        if row.pdf_id is not None:
            return row
        row.pdf, row.docx, row.pages, row.made_with = pdf_blob, docx_blob, pages_of(pdf), made_with()
        row.save(update_fields=["pdf", "docx", "pages", "made_with"])
        record(
            "document.rendered",
            ref=row.ref,
            actor=actor,
            at=at,
            data={
                "number": row.number,
                "pdf_sha256": pdf_blob.sha256,
                "docx_sha256": docx_blob.sha256,
                "pages": row.pages,
                "layout": row.made_with["layout"],
                "typst": row.made_with["typst"],
            },
        )
    return row


@dataclass(frozen=True)
class Check:
    """What drawing again showed: both digests, and what has changed on this machine since."""

    stored: str
    drawn: str
    data_intact: bool
    engine_changed: tuple[str, ...]

    @property
    def same(self) -> bool:
        """The bytes are the same, and the data are those that were frozen."""
        return self.stored == self.drawn and self.data_intact


def check_document(document: Document, *, actor: User, at: datetime) -> Check:
    """Draw the document again from what was frozen and compare the bytes; the check is written down."""
    drawn = hashlib.sha256(draw_document(document)).hexdigest()
    now = made_with(_layout_of(document))
    changed = tuple(key for key, value in now.items() if document.made_with.get(key) != value)
    found = Check(document.pdf.sha256 if document.pdf else "", drawn, digest_of(document) == document.digest, changed)
    with transaction.atomic():
        record(
            "document.checked",
            ref=document.ref,
            actor=actor,
            at=at,
            data={"number": document.number, "same": found.same, "stored": found.stored, "drawn": found.drawn},
        )
    return found
