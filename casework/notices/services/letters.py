"""Papers that a rung calls for: numbered in the scan that reaches it, signed by a person, void but never gone."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.calendar import Calendar
from casework.core.errors import Invalid, Refused, Stale
from casework.core.numbering import take_serials
from casework.deadlines.ladder import Rung
from casework.deadlines.models import Deadline
from casework.ledger.parts import record_parts
from casework.ledger.record import record
from casework.notices.letters import SERIES, body
from casework.notices.models import Letter, LetterKind, LetterState


def draw_up(due: Sequence[tuple[Deadline, Rung]], *, today: date, at: datetime, calendar: Calendar) -> list[Letter]:
    """Draw up the papers of the rungs reached, each once for a due date, with the next numbers of their series."""
    called = [(row, LetterKind(rung.document)) for row, rung in due if rung.document]
    if not called:
        return []
    rows = [row for row, _kind in called]
    known = set(Letter.objects.filter(deadline__in=rows).values_list("deadline_id", "due_on", "kind"))
    new = [(row, kind) for row, kind in called if (row.pk, row.due_on, kind.value) not in known]
    details = {
        one.pk: one
        for one in Deadline.objects.filter(pk__in=[row.pk for row, _kind in new]).select_related("holder__organisation")
    }
    letters = []
    for kind in LetterKind:
        mine = [details[row.pk] for row, found in new if found == kind]
        if not mine:
            continue
        first = take_serials(SERIES[kind], today.year, len(mine))
        for serial, row in enumerate(mine, first):
            late = calendar.working_days_between(row.due_on, today)
            article = f"{row.rule.get('source', '')}{row.rule.get('article', '')}"
            letters.append(
                Letter(
                    deadline=row,
                    kind=kind,
                    number=f"{SERIES[kind]}〔{today.year}〕{serial}号",
                    due_on=row.due_on,
                    addressee=_addressee(row),
                    body=body(kind, row.title, row.due_on, late, article),
                    made_at=at,
                )
            )
    Letter.objects.bulk_create(letters, batch_size=1000)
    drawn = [{"letter": one.pk, "number": one.number, "of": one.deadline.ref} for one in letters]
    record_parts("letters.drawn_up", "letters", drawn, ref="letters:0", actor=None, at=at)
    return letters


def _addressee(row: Deadline) -> str:
    if row.holder is None:
        return ""
    organisation = row.holder.organisation
    return f"{organisation.name}　{row.holder.name}" if organisation else row.holder.name


def sign_letter(letter: Letter, *, actor: User, at: datetime, version: int | None = None) -> Letter:
    """Sign a paper (签发); from then on whom it urges can read it."""
    require(actor, "letter.sign", letter.deadline)
    with transaction.atomic():
        row = _locked(letter, version)
        if row.state == LetterState.SIGNED:
            return row
        _refuse_void(row, _("签发"))
        row.state, row.signed_by, row.signed_at = LetterState.SIGNED, actor, at
        row.bump("state", "signed_by", "signed_at")
        _note("letter.signed", row, actor, at)
    return row


def void_letter(letter: Letter, *, actor: User, at: datetime, reason: str, version: int | None = None) -> Letter:
    """Void a paper (作废); its number stays taken, so that none is missing."""
    require(actor, "letter.void", letter.deadline)
    if not reason.strip():
        raise Invalid(_("作废文书要写明原因。"), details={"reason": _("写明为什么作废")})
    with transaction.atomic():
        row = _locked(letter, version)
        if row.state == LetterState.VOID:
            return row
        row.state, row.void_reason = LetterState.VOID, reason.strip()[:300]
        row.bump("state", "void_reason")
        _note("letter.voided", row, actor, at, reason)
    return row


def _locked(letter: Letter, version: int | None) -> Letter:
    row = Letter.locked(letter.pk)
    if version is not None and version != row.version:
        raise Stale(_("已被他人处理，请刷新后再办。"))
    return row


def _refuse_void(row: Letter, act: str) -> None:
    if row.state == LetterState.VOID:
        raise Refused(_("不能%(act)s：因为%(number)s已作废。") % {"act": act, "number": row.number}, code="void")


def _note(kind: str, row: Letter, actor: User, at: datetime, reason: str = "") -> None:
    data = {"number": row.number, "deadline": row.deadline_id, "letter": str(row.kind)}
    record(kind, ref=f"letter:{row.pk}", actor=actor, at=at, data=data, reason=reason)
