"""The chain of an item as it is drawn: offer and answer are one link, what does not fit stands before where it was seen."""

import hashlib
from collections.abc import Sequence

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.ledger.models import Entry
from casework.web.components import CustodyLink
from casework.web.templatetags.cw import sep
from evidence.custody_workflow import STEPS
from evidence.enums import Act
from evidence.models import Custody, Discrepancy, Item

_ANSWERS = (Act.ACCEPTED, Act.CHECKED_OUT, Act.CHECKED_IN)


def entry_state(entry: Entry | None) -> str:
    """Return ``verified`` when the entry's bytes still have the hash they were recorded with, else ``failed``."""
    if entry is None:
        return "failed"
    digest = hashlib.sha256(b"\x00" + bytes(entry.header)).digest()
    return "verified" if digest == bytes(entry.leaf_hash) else "failed"


def chain_links(item: Item) -> list[CustodyLink]:
    """Return the links for the picture, oldest first, each with the state of its ledger entry."""
    rows = list(
        Custody.objects.filter(item=item)
        .select_related("actor", "second", "giver", "receiver", "seal", "whole__item")
        .order_by("seq")
    )
    entries = Entry.objects.in_bulk([row.entry_id for row in rows])
    breaks = _breaks(item)
    links = []
    for number, row in enumerate(rows):
        following = rows[number + 1] if number + 1 < len(rows) else None
        if row.act == Act.OFFERED and following is not None and following.act in _ANSWERS:
            continue  # the answer tells both halves
        if row.act == Act.ACCEPTED and following is not None and _same_act(row, following):
            continue  # accepted and put on the shelf at once
        before = rows[number - 1] if number else None
        merged = row.act == Act.STORED and before is not None and _same_act(before, row)
        links.append(
            CustodyLink(
                at=row.at,
                act=_act(row, merged),
                people=_people(before if merged and before else row),
                place=_place(row),
                icon=STEPS[Act(row.act)].icon,
                proof=entry_state(entries.get(row.entry_id)),
                here=number == len(rows) - 1,
                broken=breaks.get(row.seq, "") or (breaks.get(before.seq, "") if merged and before else ""),
            )
        )
    return links


def _same_act(accepted: Custody, stored: Custody) -> bool:
    return (
        accepted.act == Act.ACCEPTED
        and stored.act == Act.STORED
        and (accepted.at, accepted.actor_id) == (stored.at, stored.actor_id)
    )


def _breaks(item: Item) -> dict[int, str]:
    found: dict[int, str] = {}
    for row in Discrepancy.objects.filter(item=item).select_related("resolved_by").order_by("pk"):
        said = _("%(kind)s：应为“%(expected)s”，实为“%(found)s”") % {
            "kind": row.get_kind_display(),
            "expected": row.expected or "—",
            "found": row.found or "—",
        }
        if row.resolved_at is not None:
            said += _("。已查清：%(text)s") % {"text": row.resolution}
        found[row.seq] = "；".join(filter(None, (found.get(row.seq, ""), said)))
    return found


def _act(row: Custody, merged: bool) -> str:
    if merged:
        return _("移交入库")
    if row.act == Act.ACCEPTED:
        return _("移交签收")
    return str(Act(row.act).label)


def _people(row: Custody) -> SafeString:
    parts: list[str] = []
    if row.act in _ANSWERS and row.giver and row.receiver:
        parts.append(_("%(giver)s 交，%(receiver)s 收") % {"giver": row.giver.name, "receiver": row.receiver.name})
    elif row.act in (Act.OFFERED, Act.WITHDRAWN) and row.giver and row.receiver:
        parts.append(_("%(giver)s 交给 %(receiver)s") % {"giver": row.giver.name, "receiver": row.receiver.name})
    elif row.act == Act.REFUSED and row.giver:
        parts.append(
            _("%(receiver)s 拒收 %(giver)s 交出的证物") % {"receiver": row.actor.name, "giver": row.giver.name}
        )
    else:
        parts.append(_names(row.actor, row.second))
    if row.seal is not None:
        parts.append(_("封条 %(number)s") % {"number": row.seal.number})
    if row.document:
        parts.append(row.document)
    if row.whole is not None:
        parts.append(_("随整机 %(number)s") % {"number": row.whole.item.number})
    return format_html_join(sep(), "{}", ((part,) for part in parts))


def _names(actor: User, second: User | None) -> str:
    return "、".join(user.name for user in (actor, second) if user is not None)


def _place(row: Custody) -> str:
    return "；".join(filter(None, (row.place, row.note)))


def unbroken(links: Sequence[CustodyLink]) -> str:
    """Return the sentence beside the title: how many links, and whether anything breaks them."""
    broken = sum(1 for link in links if link.broken)
    if broken:
        return _("%(n)s 环，%(broken)s 处不符") % {"n": len(links), "broken": broken}
    return _("%(n)s 环，无断点") % {"n": len(links)}
