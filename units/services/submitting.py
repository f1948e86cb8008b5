"""Signing and submitting: everything said is frozen as a numbered version, the report locked and its clock stopped."""

import hashlib
from datetime import datetime
from typing import Any

import rfc8785
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.core.errors import Invalid
from casework.core.text import normalise
from casework.deadlines.services import meet_deadline
from casework.ledger.canonical import plain
from units.models import Report, SelfInspection
from units.models.self_inspections import Row
from units.questionnaire import SHEETS, Sheet
from units.selectors.self_inspections import rows_of, template_of
from units.services.inspection_steps import begin, finish, locked
from units.services.issuing import live_deadline


def content_of(sheet: Sheet, row: Row) -> dict[str, Any]:
    """Return a row as it goes into the report."""
    return {field: getattr(row, field) for field in sheet.fields}


def submit_report(inspection: SelfInspection, *, signed_name: str, actor: User, at: datetime) -> Report:
    """Sign and submit: freeze everything said as a numbered version, lock the report and stop its clock.

    ``signed_name`` is the leader's name as he types it. After the due day it is taken and marked 超期. A report with
    something missing raises ``NotReady`` naming all of it; a second submission of the same raises ``Refused``.
    """
    with transaction.atomic():
        row = locked(inspection)
        leader = begin(row, "submit", actor=actor, at=at)
        if leader is None or normalise(signed_name) != normalise(leader.name):
            sentence = _("签名与登记的负责人姓名不一致。请写登记的姓名“%(name)s”。") % {
                "name": leader.name if leader else ""
            }
            raise Invalid(sentence, details={"signed_name": sentence})
        clock = live_deadline(row)
        due_on = clock.due_on if clock else row.due_on
        late = timezone.localdate(at) > due_on
        number = row.reports.count() + 1
        content = report_content(row, number, signed_name=leader.name, signed_post=leader.post, at=at)
        report = Report.objects.create(
            inspection=row,
            number=number,
            content=content.decode(),
            sha256=hashlib.sha256(content).hexdigest(),
            signed_name=leader.name,
            signed_post=leader.post,
            submitted_at=at,
            submitted_by=actor,
            due_on=due_on,
            late=late,
        )
        if row.first_submitted_at is None:
            row.first_submitted_at, row.late = at, late
        row.submitted_at, row.due_on = at, due_on
        row.answered = template_of(row).total
        if clock is not None:
            meet_deadline(clock, actor=actor, at=at)
        finish(
            row,
            "submit",
            actor=actor,
            at=at,
            fields=("first_submitted_at", "late", "submitted_at", "due_on", "answered"),
            data={"number": number, "sha256": report.sha256, "due_on": due_on, "late": late},
        )
    return report


def report_content(row: SelfInspection, number: int, *, signed_name: str, signed_post: str, at: datetime) -> bytes:
    """Return everything the unit says as canonical JSON (RFC 8785)."""
    template = template_of(row)
    return rfc8785.dumps(
        plain(
            {
                "unit": {"code": row.unit.code, "name": row.unit.name},
                "stage": row.stage.code,
                "questionnaire": template.version,
                "number": number,
                "answers": dict(row.answers.order_by("code").values_list("code", "value")),
                "sheets": {
                    code: [content_of(sheet, one) for one in rows_of(row, sheet)] for code, sheet in SHEETS.items()
                },
                "attachments": [
                    {"question": one.code, "name": one.name, "sha256": one.blob.sha256, "size": one.blob.size}
                    for one in row.attachments.filter(removed_at=None).select_related("blob")
                ],
                "signed": {"name": signed_name, "post": signed_post, "at": at},
            }
        )
    )
