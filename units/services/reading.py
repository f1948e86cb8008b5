"""Readings that leave a trace: files handed out, lists exported."""

from datetime import datetime

from django.db import transaction

from casework.accounts.models import User
from casework.ledger.record import record
from units.models import Attachment, Rectification


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
