"""The chain of an item as it is drawn: offer and answer are one link, what does not fit stands before where it was seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Max
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.accounts.models import User
from casework.ledger.models import Entry
from casework.ledger.web.proof import proofs_of
from casework.web.components import CustodyLink
from casework.web.templatetags.cw import sep
from evidence.custody_workflow import STEPS
from evidence.enums import Act
from evidence.models import Custody, Discrepancy, Item

_ANSWERS = (Act.ACCEPTED, Act.CHECKED_OUT, Act.CHECKED_IN)


#: Links shown at once; a thing that was handed on a thousand times opens as fast as a new one.
SHOWN = 40


@dataclass(frozen=True)
class Chain:
    """The links that are shown, oldest first, and how many lie before them."""

    links: list[CustodyLink]
    total: int
    earlier: int  # links before the first one shown
    before: int  # the number to ask for to see them
    newest: bool  # whether the last link of all is among those shown


def chain_of(item: Item, before: int | None = None, shown: int = SHOWN) -> Chain:
    """Return the links in front of link ``before``, by default the newest, each with the proof of its ledger entry."""
    everything = Custody.objects.filter(item=item)
    total = everything.aggregate(last=Max("seq"))["last"] or 0
    until = min(before, total + 1) if before else total + 1
    # One more in front, so that an offer and its answer, or an acceptance and its shelf, are not torn apart.
    rows = list(
        everything.filter(seq__lt=until, seq__gte=until - shown - 2)
        .select_related("actor", "second", "giver", "receiver", "seal", "whole__item", "confirmation")
        .order_by("seq")
    )
    first = rows[2] if until - shown - 2 >= 1 and len(rows) > shown else None
    start = rows.index(first) if first else 0
    if start and rows[start].act in (*_ANSWERS, Act.STORED):
        start -= 1
    if start and _same_act(rows[start - 1], rows[start]):
        start -= 1
    newest = bool(rows) and rows[-1].seq == total
    earlier, before_that = (rows[start].seq - 1, rows[start].seq) if start else (0, 0)
    return Chain(_links(item, rows, start, total), total, earlier, before_that, newest)


def chain_links(item: Item) -> list[CustodyLink]:
    """Return all links, for print."""
    return chain_of(item, shown=1_000_000).links


def _links(item: Item, rows: Sequence[Custody], start: int, total: int) -> list[CustodyLink]:
    proofs = proofs_of(Entry.objects.filter(pk__in=[row.entry_id for row in rows[start:]]))
    breaks = _breaks(item)
    links = []
    for number, row in enumerate(rows):
        if number < start:
            continue
        following = rows[number + 1] if number + 1 < len(rows) else None
        if row.act == Act.OFFERED and following is not None and following.act in _ANSWERS:
            continue  # the answer tells both halves
        if row.act == Act.ACCEPTED and following is not None and _same_act(row, following):
            continue  # accepted and put on the shelf at once
        before = rows[number - 1] if number else None
        merged = row.act == Act.STORED and before is not None and _same_act(before, row)
        proof = proofs.get(row.entry_id)
        links.append(
            CustodyLink(
                at=row.at,
                act=_act(row, merged),
                people=_people(before if merged and before else row),
                place=_place(row),
                icon=STEPS[Act(row.act)].icon,
                proof=proof.state if proof else "failed",
                here=row.seq == total and item.holder_id is not None,  # what has left is not here
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
        found[row.seq] = _("；").join(filter(None, (found.get(row.seq, ""), said)))
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
    return _("、").join(user.name for user in (actor, second) if user is not None)


def _place(row: Custody) -> str:
    return _("；").join(filter(None, (row.place, row.note, _confirmed(row))))


def _confirmed(row: Custody) -> str:
    """Return what the second officer said himself; "" where the act was not for two or went with the whole."""
    if row.second is None or row.whole_id is not None:
        return ""
    said = getattr(row, "confirmation", None)
    if said is None:
        return _("待%(name)s本人确认") % {"name": row.second.name}
    if said.agreed:
        return _("%(name)s已确认") % {"name": row.second.name}
    return _("%(name)s提出不属实：%(note)s") % {"name": row.second.name, "note": said.note}


def unbroken(item: Item, chain: Chain) -> str:
    """Return the sentence beside the title: how many links, and whether anything breaks them."""
    breaks = Discrepancy.objects.filter(item=item).values("seq").distinct()
    broken = breaks.count()
    links = len(chain.links) if not chain.earlier and chain.newest else chain.total
    if broken and not breaks.filter(resolved_at=None).exists():
        return ngettext("%(n)s 环，%(broken)s 处不符，已查清", "%(n)s 环，%(broken)s 处不符，已查清", links) % {
            "n": links,
            "broken": broken,
        }
    if broken:
        return ngettext("%(n)s 环，%(broken)s 处不符", "%(n)s 环，%(broken)s 处不符", links) % {
            "n": links,
            "broken": broken,
        }
    return ngettext("%(n)s 环，无断点", "%(n)s 环，无断点", links) % {"n": links}
