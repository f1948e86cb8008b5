"""Receipts: who has read what, when."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.core.errors import NotAllowed
from casework.ledger.record import record
from casework.notices.models import Notice


def acknowledge(notice: Notice, *, actor: User, at: datetime) -> Notice:
    """Sign for a notice; only its recipient can, and the first moment stands."""
    if notice.recipient_id != actor.pk:
        raise NotAllowed(_("不能签收：这份通知不是发给您的。可以由收件人本人签收。"))
    with transaction.atomic():
        row = Notice.objects.select_for_update().get(pk=notice.pk)
        if row.acknowledged_at is None:
            row.acknowledged_at = max(at, row.owed_at)
            row.save(update_fields=["acknowledged_at"])
            record(
                "notice.acknowledged",
                ref=f"notice:{row.pk}",
                actor=actor,
                at=at,
                data={"of": row.ref, "notice": row.kind, "key": row.key},
            )
    return row
