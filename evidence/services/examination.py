"""Examining an item, and taking parts out of a whole and putting them back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Missing, NotReady, Refused
from casework.files.services.blobs import recheck
from evidence.enums import Act, DiscrepancyKind, State
from evidence.models import Item, ItemFile
from evidence.services.chain import Link, Officers, add_link, guard, lock_item, require_two
from evidence.services.discrepancies import note_discrepancy


def examine_item(
    item: Item,
    *,
    method: str,
    document: str,
    officers: Officers,
    actor: User,
    at: datetime,
    tool: str = "",
    expert: str = "",
    place: str | None = None,
    note: str = "",
) -> Item:
    """Record an examination: by whom, how, with which tool and on which commission; digests are checked again after it."""
    second = require_two(officers, actor, "evidence.examine", item)
    missing = []
    if not method.strip():
        missing.append(Missing(_("没有写明鉴定勘验的方法")))
    if not document.strip():
        missing.append(Missing(_("没有写明委托文书")))
    if missing:
        raise NotReady(
            _("不能登记鉴定：%(said)s。依据监察法实施条例第一百六十七条、第一百七十五条。可以补齐后再办。")
            % {"said": "；".join(one.text for one in missing)},
            missing,
        )
    broken = [
        file for file in ItemFile.objects.filter(item=item).select_related("blob") if not recheck(file.blob, at=at)
    ]
    with transaction.atomic():
        row = lock_item(item)
        if row.state == State.DEPOSITED:
            guard(row, Act.EXAMINED, [row.holder] if row.holder else [])  # in the store, the keeper stands by
        else:
            guard(row, Act.EXAMINED, officers)
        add_link(
            row,
            Link(
                Act.EXAMINED,
                actor,
                at,
                second,
                state=State.EXAMINED,
                place=place,
                document=document,
                note=note,
                data={"method": method, "tool": tool},
                personal={"expert": expert},
            ),
        )
        for file in broken:
            note_discrepancy(
                row, DiscrepancyKind.DIGEST, actor=actor, at=at, expected=file.blob.sha256, found=_("与记录不一致")
            )
    return row


def detach_part(part: Item, *, officers: Officers, actor: User, at: datetime, note: str = "") -> Item:
    """Take a part out of the whole; from now on it goes its own way, with its own links."""
    second = require_two(officers, actor, "evidence.seal", part)
    with transaction.atomic():
        row = lock_item(part)
        guard(row, Act.DETACHED, officers)
        row.apart = True
        row.bump("apart")
        add_link(row, Link(Act.DETACHED, actor, at, second, note=note))
    return row


def rejoin_part(part: Item, *, actor: User, at: datetime, note: str = "") -> Item:
    """Put a part back into the whole that lies in the same hands."""
    require(actor, "evidence.hand_over", part)
    with transaction.atomic():
        row = lock_item(part)
        guard(row, Act.REJOINED, [actor])
        if row.parent is not None and row.seals.filter(broken_at=None).exists():
            raise Refused(_("不能归位：部件有自己的封条。可以先由二人启封。"))
        add_link(row, Link(Act.REJOINED, actor, at, note=note))
        row.apart = False
        row.bump("apart")
    return row
