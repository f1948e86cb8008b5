"""Readings that leave a trace: files handed out, lists exported."""

from datetime import datetime

from django.db import transaction

from casework.accounts.models import User
from casework.ledger.record import record
from units.models import Attachment, Rectification, UnitPaper


def note_file_read(attachment: Attachment, *, actor: User, at: datetime) -> None:
    """Record that somebody fetched an attachment of a self-inspection."""
    with transaction.atomic():
        record(
            "selfinspection.file_read",
            ref=f"selfinspection:{attachment.inspection_id}",
            actor=actor,
            at=at,
            data={"question": attachment.code, "sha256": attachment.blob.sha256},
        )


def note_proof_read(rectification: Rectification, *, actor: User, at: datetime) -> None:
    """Record that somebody fetched the proof of a rectification."""
    with transaction.atomic():
        record(
            "rectification.proof_read",
            ref=f"rectification:{rectification.pk}",
            actor=actor,
            at=at,
            data={"sha256": rectification.proof.sha256 if rectification.proof else ""},
        )


def note_paper_proof_read(paper: UnitPaper, *, actor: User, at: datetime) -> None:
    """Record that somebody fetched the proof that came with the answer to a paper."""
    with transaction.atomic():
        data = {"sha256": paper.proof.sha256 if paper.proof else ""}
        record("paper.proof_read", ref=paper.ref, actor=actor, at=at, data=data)


def note_export(what: str, count: int, *, actor: User, at: datetime) -> None:
    """Record that somebody exported a list of reports."""
    with transaction.atomic():
        record(
            "selfinspection.exported", ref="selfinspection:0", actor=actor, at=at, data={"list": what, "rows": count}
        )


def note_list_export(what: str, count: int, *, actor: User, at: datetime) -> None:
    """Record that somebody exported a list of the register, of sightings or of leads."""
    with transaction.atomic():
        record("list.exported", ref="list:0", actor=actor, at=at, data={"list": what, "rows": count})


def note_letter_read(kind: str, ref: str, *, actor: User, at: datetime) -> None:
    """Record that somebody fetched the file or the addresses of a letter; ``kind`` says which."""
    with transaction.atomic():
        record(kind, ref=ref, actor=actor, at=at, data={"ref": ref})
