"""What the unit's leader does: acknowledge, answer, list, attach, sign and submit.

Every write locks the self-inspection first, so that gates and counts see a still picture.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import rfc8785
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.accounts.models import User
from casework.core.errors import Invalid, Refused, Stale
from casework.files.models import Blob
from casework.ledger.canonical import plain
from casework.ledger.record import record
from units.enums_campaign import WRITABLE, InspectionState
from units.inspection_gates import unit_exists
from units.inspection_workflow import BY_NAME
from units.models import Answer, Attachment, SelfInspection
from units.models.self_inspections import Row
from units.policy_campaign import require_leader
from units.questionnaire import SHEETS, Sheet
from units.rules.answers import answered, parse_row, parse_value
from units.selectors.self_inspections import ROW_MODELS, gaps_of, rows_of, template_of
from units.services.inspection_steps import begin, finish, locked, wrong_state
from units.services.submitting import content_of, submit_report

__all__ = [
    "acknowledge",
    "add_rows",
    "attach",
    "change_row",
    "checked_rows",
    "content_of",
    "detach",
    "note_rows",
    "remove_row",
    "save_answer",
    "save_answers",
    "sheet_of",
    "store_rows",
    "submit_report",
    "writable",
]

#: Rows that one sheet may hold; a larger unit reports in parts.
MOST_ROWS = 20_000
MOST_ATTACHMENTS = 50

#: By unique fields, the values that a sheet already holds.
Taken = dict[tuple[str, ...], set[tuple[Any, ...]]]


def acknowledge(inspection: SelfInspection, *, actor: User, at: datetime) -> SelfInspection:
    """Sign for the task (签收); a second time changes nothing."""
    with transaction.atomic():
        row = locked(inspection)
        if row.acknowledged_at is not None:
            require_leader(row, _("签收"), actor=actor, at=at)
            return row
        begin(row, "acknowledge", actor=actor, at=at)
        row.acknowledged_at, row.acknowledged_by = at, actor
        return finish(row, "acknowledge", actor=actor, at=at, fields=("acknowledged_at", "acknowledged_by"))


def save_answer(
    inspection: SelfInspection, code: str, value: Any, *, actor: User, at: datetime, version: int | None = None
) -> Answer:
    """Save one answer and return it.

    ``version`` is the version the form was drawn from, 0 when there was no answer yet; None does not compare. When
    somebody else saved another value since, ``Stale`` carries both values and nothing is overwritten.
    """
    return save_answers(inspection, {code: value}, actor=actor, at=at, version=version)[0]


def save_answers(
    inspection: SelfInspection,
    values: Mapping[str, Any],
    *,
    actor: User,
    at: datetime,
    version: int | None = None,
) -> list[Answer]:
    """Save several answers in one act; see ``save_answer``. All of them or none."""
    with transaction.atomic():
        row = writable(inspection, actor, at)
        parsed = _parsed(row, values)
        known = {answer.code: answer for answer in row.answers.filter(code__in=parsed)}
        saved = []
        for code, value in parsed.items():
            answer = known.get(code)
            if version is not None:
                _refuse_stale(answer, code, value, version)
            if answer is None:
                answer = Answer(inspection=row, code=code)
            elif answer.value == value:
                saved.append(answer)
                continue
            else:
                answer.version += 1
            answer.value, answer.answered_at, answer.answered_by = value, at, actor
            answer.save()
            saved.append(answer)
        _settle(row, parsed, at)
        changed = {code: str(value) for code, value in parsed.items()}
        _touch(row, "selfinspection.answered", actor, at, {"questions": sorted(changed)}, changed)
    return saved


def _parsed(row: SelfInspection, values: Mapping[str, Any]) -> dict[str, Any]:
    template = template_of(row)
    parsed: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for code, raw in values.items():
        question = template.by_code.get(code)
        if question is None:
            wrong[code] = _("没有题目“%(code)s”。") % {"code": code}
            continue
        try:
            parsed[code] = parse_value(question, raw)
        except Invalid as error:
            wrong |= error.details
    if len(wrong) == 1:
        raise Invalid(next(iter(wrong.values())), details=wrong)
    if wrong:
        raise Invalid(ngettext("有 %(n)s 题要改。", "有 %(n)s 题要改。", len(wrong)) % {"n": len(wrong)}, details=wrong)
    return parsed


def _refuse_stale(answer: Answer | None, code: str, value: Any, version: int) -> None:
    present = answer.version if answer else 0
    if present == version or (answer is not None and answer.value == value):
        return
    raise Stale(
        _("这一题已由%(who)s在 %(at)s 改过。两个答案都在下面，选一个再存。")
        % {
            "who": answer.answered_by.name if answer else "",
            "at": f"{timezone.localtime(answer.answered_at):%H:%M}" if answer else "",
        },
        details={
            "code": code,
            "theirs": answer.value if answer else None,
            "yours": value,
            "version": present,
        },
    )


def writable(inspection: SelfInspection, actor: User, at: datetime) -> SelfInspection:
    """Return the inspection locked and open for writing in the name of the unit."""
    row = locked(inspection)
    require_leader(row, _("填报"), actor=actor, at=at)
    if row.state not in WRITABLE:
        raise Refused(wrong_state(row, BY_NAME["draft"]), code="wrong_state", details={"state": row.state_for_unit})
    gone = unit_exists(row, actor, "")
    if gone:
        raise Refused(
            _("不能填报：%(why)s。填的内容仍在页面上。") % {"why": gone[0].text.rstrip("。")}, code="unit_closed"
        )
    if row.state != InspectionState.DRAFTING:
        begin(row, "draft", actor=actor, at=at)
    return row


def _touch(
    row: SelfInspection,
    kind: str,
    actor: User,
    at: datetime,
    data: Mapping[str, Any],
    personal: Mapping[str, str] | None = None,
) -> None:
    """Note the save on the inspection and in the ledger; the first one after 签收 or 退回 makes it a draft."""
    row.state = InspectionState.DRAFTING
    row.saved_at = at
    row.answered = answered(template_of(row), gaps_of(row))
    row.bump("state", "saved_at", "answered")
    record(kind, ref=row.ref, actor=actor, at=at, data={**data, "answered": row.answered}, personal=personal)


def _settle(row: SelfInspection, codes: Iterable[str], at: datetime) -> None:
    """Whatever the reviewer asked at these questions has been worked on; the whole-report remark with any of them."""
    row.remarks.filter(settled_at=None, code__in=[*codes, ""]).update(settled_at=at)


def add_rows(
    inspection: SelfInspection, sheet_code: str, rows: Sequence[Mapping[str, Any]], *, actor: User, at: datetime
) -> list[Row]:
    """Add rows to a sheet (addresses, terminals, computers, rigs, people, currencies) and return them; all or none.

    Raises ``Invalid`` whose ``details["rows"]`` names every wrong row by its number, column and what would be right.
    """
    sheet = sheet_of(sheet_code)
    with transaction.atomic():
        row = writable(inspection, actor, at)
        built, wrong = checked_rows(row, sheet, rows)
        if wrong:
            raise Invalid(
                ngettext("清单有 %(n)s 行要改：%(first)s", "清单有 %(n)s 行要改：%(first)s", len(wrong))
                % {"n": len(wrong), "first": first_words(wrong)},
                details={"rows": wrong},
            )
        saved = store_rows(row, sheet, built)
        note_rows(row, sheet, "added", saved, actor, at)
    return saved


def sheet_of(code: str) -> Sheet:
    """Return the sheet of that code, or raise ``Invalid``."""
    if code not in SHEETS:
        raise Invalid(_("没有清单“%(code)s”。") % {"code": code}, details={"sheet": code})
    return SHEETS[code]


def checked_rows(
    row: SelfInspection, sheet: Sheet, rows: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], dict[str, dict[str, str]]]:
    """Return the rows in their stored form and, by number from 1, what is wrong with the others.

    A row that stands in the sheet exactly so already has ``same`` under the empty field.
    """
    if rows_of(row, sheet).count() + len(rows) > MOST_ROWS:
        raise Invalid(_("一份清单最多 %(most)s 行。可以分单位填报。") % {"most": MOST_ROWS})
    taken = _taken(row, sheet)
    present = set(rows_of(row, sheet).values_list(*sheet.fields))
    built: list[dict[str, Any]] = []
    wrong: dict[str, dict[str, str]] = {}
    for number, raw in enumerate(rows, 1):
        try:
            values = parse_row(sheet, raw)
        except Invalid as error:
            wrong[str(number)] = dict(error.details)
            continue
        twice = _twice(sheet, values, taken)
        if twice and tuple(values.values()) in present:
            wrong[str(number)] = {"": "same", **twice}
        elif twice:
            wrong[str(number)] = twice
        else:
            built.append(values)
    return built, wrong


def _taken(row: SelfInspection, sheet: Sheet, *, but: int | None = None) -> Taken:
    # Computers and rigs share one table: a seal is on one machine only.
    rows = ROW_MODELS[sheet.model]._base_manager.filter(inspection=row).exclude(pk=but)
    return {fields: set(rows.values_list(*fields)) for fields in sheet.unique}


def _twice(sheet: Sheet, values: Mapping[str, Any], taken: Taken) -> dict[str, str]:
    labels = {column.field: column.label for column in sheet.columns}
    wrong = {}
    for fields, known in taken.items():
        key = tuple(values[field] for field in fields)
        if key in known:
            wrong[fields[0]] = _("%(label)s %(value)s 在清单里已有一行。可以改那一行。") % {
                "label": labels[fields[0]],
                "value": " ".join(str(part) for part in key),
            }
        known.add(key)
    return wrong


def first_words(wrong: Mapping[str, Mapping[str, str]]) -> str:
    """Return the first wrong row in words."""
    number, fields = next(iter(wrong.items()))
    return _("第 %(n)s 行，%(what)s") % {
        "n": number,
        "what": " ".join(str(text) for field, text in fields.items() if field),
    }


def store_rows(row: SelfInspection, sheet: Sheet, built: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Write checked rows; part of an act that holds the lock."""
    model = ROW_MODELS[sheet.model]
    return model._base_manager.bulk_create(
        [model(inspection=row, **dict(sheet.fixed), **values) for values in built], batch_size=1000
    )


def note_rows(
    row: SelfInspection, sheet: Sheet, what: str, rows: Sequence[Row], actor: User, at: datetime, **data: Any
) -> None:
    """Settle remarks at the sheet's questions and write the entry with the digest of the rows."""
    codes = [question.code for question in template_of(row).questions if question.sheet == sheet.code]
    _settle(row, codes, at)
    content = [content_of(sheet, one) for one in rows]
    digest = hashlib.sha256(rfc8785.dumps(plain({"rows": content}))).hexdigest()
    _touch(
        row,
        f"selfinspection.rows_{what}",
        actor,
        at,
        {"sheet": sheet.code, "rows": len(rows), "sha256": digest, **data},
    )


def change_row(
    inspection: SelfInspection,
    sheet_code: str,
    pk: int,
    values: Mapping[str, Any],
    *,
    version: int | None = None,
    actor: User,
    at: datetime,
) -> Row:
    """Change one row; ``version`` as in ``save_answer``."""
    sheet = sheet_of(sheet_code)
    with transaction.atomic():
        row = writable(inspection, actor, at)
        found = _row(row, sheet, pk)
        if version is not None and version != found.version:
            raise Stale(
                _("这一行刚被改过。核对后再存。"),
                details={"theirs": plain(content_of(sheet, found)), "yours": {**values}, "version": found.version},
            )
        parsed = parse_row(sheet, values)
        twice = _twice(sheet, parsed, _taken(row, sheet, but=found.pk))
        if twice:
            raise Invalid(next(iter(twice.values())), details=twice)
        for field, value in parsed.items():
            setattr(found, field, value)
        found.bump(*parsed)
        note_rows(row, sheet, "changed", [found], actor, at, row_id=found.pk)
    return found


def remove_row(inspection: SelfInspection, sheet_code: str, pk: int, *, actor: User, at: datetime) -> None:
    """Take a row out of a sheet that has not been submitted; reports already submitted keep theirs."""
    sheet = sheet_of(sheet_code)
    with transaction.atomic():
        row = writable(inspection, actor, at)
        found = _row(row, sheet, pk)
        gone = [found]
        type(found)._base_manager.filter(pk=found.pk).delete()
        note_rows(row, sheet, "removed", gone, actor, at, row_id=pk)


def _row(row: SelfInspection, sheet: Sheet, pk: int) -> Row:
    found = rows_of(row, sheet).filter(pk=pk).first()
    if found is None:
        raise Refused(_("清单里没有这一行，可能刚被去掉。可以刷新后再看。"), code="gone")
    return found  # type: ignore[no-any-return]


def attach(inspection: SelfInspection, code: str, blob: Blob, name: str, *, actor: User, at: datetime) -> Attachment:
    """Add a stored file to a question; the same bytes a second time return the first attachment."""
    with transaction.atomic():
        row = writable(inspection, actor, at)
        if code not in template_of(row).by_code:
            raise Invalid(_("没有题目“%(code)s”。") % {"code": code}, details={"code": code})
        present = row.attachments.filter(removed_at=None)
        if present.filter(code=code).count() >= MOST_ATTACHMENTS:
            raise Invalid(_("一题最多 %(most)s 个附件。可以合并后上传。") % {"most": MOST_ATTACHMENTS})
        attachment, created = Attachment.objects.get_or_create(
            inspection=row,
            code=code,
            blob__sha256=blob.sha256,
            removed_at=None,
            defaults={"blob": blob, "name": name[-200:], "added_at": at, "added_by": actor},
        )
        if created:
            _settle(row, [code], at)
            data = {"question": code, "sha256": blob.sha256, "size": blob.size}
            _touch(row, "selfinspection.attached", actor, at, data, {"name": attachment.name})
    return attachment


def detach(inspection: SelfInspection, attachment: Attachment, *, actor: User, at: datetime) -> None:
    """Take an attachment out of the draft; the file itself stays, because submitted reports name it."""
    with transaction.atomic():
        row = writable(inspection, actor, at)
        changed = row.attachments.filter(pk=attachment.pk, removed_at=None).update(removed_at=at)
        if changed:
            data = {"question": attachment.code, "sha256": attachment.blob.sha256}
            _touch(row, "selfinspection.detached", actor, at, data)
