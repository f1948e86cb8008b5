"""The second officer's own word: what one of two wrote down, the other confirms himself, or says what was otherwise."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record
from evidence.enums import ENDED, Act, DiscrepancyKind
from evidence.models import Confirmation, Custody
from evidence.services.chain import lock_item
from evidence.services.discrepancies import note_discrepancy

_ART = "监察法第四十四条"


def confirm_act(custody: Custody, *, actor: User, at: datetime, agreed: bool = True, note: str = "") -> Confirmation:
    """Say as the second officer of a link that it was so, or, with ``note``, what was otherwise.

    Nobody says it for another, and nobody twice. An objection opens a discrepancy, which keeps the item from leaving.
    """
    require(actor, "evidence.confirm", custody.item)
    if not agreed and not note.strip():
        raise Invalid(_("没有写明哪里不属实。"), details={"note": _("须填写")})
    with transaction.atomic():
        item = lock_item(custody.item)
        row = Custody.objects.select_related("second", "whole").get(pk=custody.pk)
        if row.whole_id is not None:
            raise Refused(_("不能确认：这一环随整机办理。可以在整机的页面确认。"))
        if row.second_id is None:
            raise Refused(_("不能确认：这一环不是二人共同办理。可以查看交接链。"))
        if row.second_id != actor.pk:
            raise Refused(
                _("不能确认：共同办理的是%(name)s。依据%(article)s，由本人确认。可以请%(name)s办理。")
                % {"name": row.second, "article": _ART},
                article=_ART,
                code="not_second",
            )
        if Confirmation.objects.filter(custody=row).exists():
            raise Refused(_("不能确认：您已经确认过这一环。可以查看交接链。"), code="already_confirmed")
        if at < row.at:
            raise Invalid(_("确认时间早于办理时间。可以核对后重填。"), details={"at": _("早于办理时间")})
        entry = record(
            "item.confirmed" if agreed else "item.objected",
            ref=f"item:{item.pk}",
            actor=actor,
            at=at,
            data={"number": item.number, "link": row.seq, "act": row.act, "entry": row.entry_id},
            personal={"note": note},
        )
        confirmation = Confirmation.objects.create(
            custody=row, officer=actor, agreed=agreed, note=note, at=at, entry_id=entry.pk
        )
        if not agreed and item.state not in ENDED:
            note_discrepancy(
                item,
                DiscrepancyKind.CONDITION,
                actor=actor,
                at=at,
                expected=str(Act(row.act).label),
                found=note.strip(),
            )
    return confirmation


def confirm_acts(
    rows: Sequence[Custody], *, actor: User, at: datetime, agreed: bool = True, note: str = ""
) -> list[Confirmation]:
    """Say the same of several links at once; all or none."""
    with transaction.atomic():
        return [confirm_act(row, actor=actor, at=at, agreed=agreed, note=note) for row in rows]
