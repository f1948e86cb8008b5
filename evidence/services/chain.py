"""The one place that adds a link to a chain and moves an item; every act on evidence ends here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from casework.access.policy import require, why_not
from casework.accounts.models import User
from casework.core.errors import Invalid, Missing, NotAllowed, NotReady, Refused
from casework.core.moments import cn_datetime
from casework.ledger.record import record
from evidence.custody_workflow import STEPS, Step, blocks
from evidence.enums import ENDED, Act, State
from evidence.models import Custody, Holding, Item, Seal

#: The two officers of an act; the one who signs in is the first or the second.
Officers = tuple[User, User]


@dataclass(frozen=True)
class Link:
    """What one act adds to the chain, and what it changes of the item. None leaves as it is."""

    act: Act
    actor: User
    at: datetime
    second: User | None = None
    giver: User | None = None
    receiver: User | None = None  # of an offer; holds nothing yet
    holder: User | None = None  # the new holder
    keeper: User | None = None
    state: State | None = None
    place: str | None = None
    seal: Seal | None = None
    document: str = ""
    note: str = ""
    data: Mapping[str, Any] | None = None
    personal: Mapping[str, str] | None = None


_KINDS: Final = {
    Act.FOUND: "item.found",
    Act.DISPOSAL_APPROVED: "item.disposal_approved",
    Act.TRANSFERRED: "item.transferred_with_case",
}


def kind_of(act: Act) -> str:
    """Return the kind of the ledger entry that the act leaves."""
    return _KINDS.get(act, f"item.{act.value}")


def lock_item(item: Item) -> Item:
    """Return the item with its whole tree locked until the transaction ends: the root guards all parts."""
    pk, parent = item.pk, item.parent_id
    while parent is not None:
        pk, parent = parent, Item._base_manager.values_list("parent_id", flat=True).get(pk=parent)
    Item.locked(pk)
    return Item.locked(item.pk) if pk != item.pk else Item._base_manager.get(pk=pk)


def other_of(officers: Officers, actor: User) -> User:
    """Return the officer beside the actor; refuses anything but two different people, one of them the actor."""
    first, second = officers
    if first == second:
        raise Refused(
            _("不能办理：两名办理人员是同一个人。依据监察法第四十四条，由二人以上进行。可以另选一名办理人员。"),
            article="监察法第四十四条",
            code="two_officers",
        )
    if actor not in officers:
        raise Invalid(_("经办人不在两名办理人员之中。可以由其中一人登记。"), details={"officers": _("须包括经办人")})
    return second if actor == first else first


def require_two(officers: Officers, actor: User, policy: str, item: Item | None) -> User:
    """Return the second officer; both must be allowed to do the act."""
    second = other_of(officers, actor)
    require(actor, policy, item)
    if reason := why_not(second, policy, item):
        raise NotAllowed(_("%(name)s不能作为办理人员：%(reason)s") % {"name": second.name, "reason": reason})
    return second


def guard(item: Item, act: Act, actors: Sequence[User]) -> Step:
    """Return the step of the table, or raise with all that is missing. The item is locked by the caller."""
    step = STEPS[act]
    missing = blocks(step, item)
    if step.by_holder and item.holder not in actors:
        who = item.holder.name if item.holder else _("不在本机关")
        missing.append(Missing(_("证物现由%(name)s持有，须由持有人办理") % {"name": who}))
    if missing:
        said = "；".join(one.text for one in missing)
        raise NotReady(
            _("不能%(verb)s：%(said)s。%(basis)s可以先办好以上各项。")
            % {
                "verb": step.verb,
                "said": said,
                "basis": _("依据%(article)s。") % {"article": step.article} if step.article else "",
            },
            missing,
        )
    return step


def add_link(item: Item, link: Link) -> Custody:
    """Add the link, move the item and the parts that lie in it, and write one ledger entry.

    The item must be locked. A link may not lie before its predecessor: the chain is in the order of the acts.
    """
    last = _after(item, link.at)
    before = {"state": item.state, "holder": item.holder_id}
    parts = _inside(item)
    entry = record(
        kind_of(link.act),
        ref=f"item:{item.pk}",
        actor=link.actor,
        at=link.at,
        officers=(link.second,) if link.second else (),
        personal={"note": link.note, **(link.personal or {})},
        data={
            "number": item.number,
            "from": before["state"],
            "to": link.state or item.state,
            **_named("giver", link.giver),
            **_named("receiver", link.receiver or link.holder),
            **({"seal": link.seal.number} if link.seal else {}),
            **({"document": link.document} if link.document else {}),
            **({"place": link.place} if link.place else {}),
            **({"parts": [part.number for part in parts]} if parts else {}),
            **(link.data or {}),
        },
    )
    custody = _append(item, link, entry.pk, last + 1)
    for part in parts:
        _append(part, replace(link, seal=None), entry.pk, _after(part, link.at) + 1, whole=custody)
    return custody


def _after(item: Item, at: datetime) -> int:
    """Return the number of the last link, which must not lie after ``at``; 0 when there is none."""
    last: Custody | None = Custody.objects.filter(item=item).order_by("-seq").first()
    if last is None:
        return 0
    if at < last.at:
        raise Invalid(
            _("办理时间 %(at)s 早于 %(number)s 的上一环 %(last)s。可以核对时间后重填。")
            % {"at": cn_datetime(at), "number": item.number, "last": cn_datetime(last.at)},
            details={"at": _("早于上一环")},
        )
    return last.seq


def _append(item: Item, link: Link, entry_id: int, seq: int, whole: Custody | None = None) -> Custody:
    custody = Custody.objects.create(
        item=item,
        seq=seq,
        act=link.act,
        at=link.at,
        state=link.state or item.state,
        actor=link.actor,
        second=link.second,
        giver=link.giver,
        receiver=link.receiver or link.holder,
        place=link.place or "",
        seal=link.seal,
        document=link.document,
        note=link.note,
        whole=whole,
        entry_id=entry_id,
    )
    _move(item, link, seq)
    return custody


def _move(item: Item, link: Link, seq: int) -> None:
    state = link.state or State(item.state)
    gone = state in ENDED
    if gone or (link.holder is not None and link.holder != item.holder):
        Holding.objects.filter(item=item, ended_at=None).update(ended_at=link.at)
    if not gone and link.holder is not None and link.holder != item.holder:
        Holding.objects.create(item=item, holder=link.holder, from_seq=seq, began_at=link.at)
    item.state = state
    item.holder = None if gone else link.holder or item.holder
    item.keeper = None if gone else link.keeper or item.keeper
    item.place = "" if gone else item.place if link.place is None else link.place
    item.updated_at = link.at
    item.bump("state", "holder", "keeper", "place", "updated_at")


def _inside(item: Item) -> list[Item]:
    """Return the parts that lie in the item and go where it goes, deep, in the order of their keys."""
    found: list[Item] = []
    for part in item.parts.filter(apart=False).order_by("pk"):
        found += [part, *_inside(part)]
    return found


def _named(role: str, user: User | None) -> dict[str, Any]:
    return {role: {"id": user.pk, "name": user.name}} if user else {}
