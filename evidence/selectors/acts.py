"""Which acts a reader may take on an item now, and what each still lacks: for buttons and for the API."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from casework.access.policy import can
from casework.accounts.models import User
from casework.core.errors import Missing
from evidence.custody_workflow import STEPS, blocks, intact_seal, no_check_out, no_disposal
from evidence.enums import ENDED, ENDS, Act, CheckOutState, OfferState, Outcome, State
from evidence.models import Item, Offer
from evidence.selectors.items import knows_content


@dataclass(frozen=True)
class Offered:
    """One act: ``page`` names its form and its API action, ``missing`` all that keeps it from being taken."""

    page: str
    verb: str | Promise
    icon: str
    missing: list[Missing] = field(default_factory=list)
    next: bool = False  # what the item waits for from this very reader


def acts_for(item: Item, user: User) -> list[Offered]:
    """Return the acts, those that wait for this reader first."""
    found = list(_acts(item, user))
    return [act for act in found if act.next] + [act for act in found if not act.next]


def _acts(item: Item, user: User) -> Iterator[Offered]:
    offer = Offer.objects.filter(item=item, state=OfferState.OPEN).first()
    if offer is not None and offer.receiver_id == user.pk:
        yield Offered("accept", _("签收"), "package-import", next=True)
        yield Offered("refuse", _("拒收"), "package-off")
        return
    if offer is not None and offer.giver_id == user.pk:
        yield Offered("withdraw", _("撤回移交"), "arrow-back-up")
    if item.state in ENDED:
        if item.state != State.ARCHIVED and can(user, "evidence.archive", item):
            yield Offered("archive", _("归档"), "folder", blocks(STEPS[Act.ARCHIVED], item), next=True)
        return
    if item.holder_id == user.pk and offer is None:
        yield from _of_holder(item, user)
    if item.state == State.DEPOSITED and item.holder_id != user.pk and knows_content(item, user):
        leaving = no_disposal(item)
        if can(user, "evidence.request", item):
            yield Offered("request", _("申请调取"), "package-export", no_check_out(item), next=not leaving)
        if can(user, "evidence.propose", item):
            yield Offered("propose", _("提出处置意见"), "gavel", leaving + blocks(STEPS[Act.DISPOSAL_APPROVED], item))
    yield from _on_content(item, user)
    if can(user, "evidence.report", item):
        yield Offered("discrepancy", _("登记账实不符"), "package-off")


def _on_content(item: Item, user: User) -> Iterator[Offered]:
    """What those of the matter add to the record, and stops on disposal."""
    held = item.holds.filter(lifted_at=None).exists()
    if held and can(user, "evidence.approve", item):
        yield Offered("lift", _("解除暂缓处置"), "lock-open")
    if not knows_content(item, user):
        return
    if can(user, "evidence.attribute", item):
        yield Offered("event", _("登记事件"), "timeline")
        yield Offered("link", _("登记归属线索"), "user-search")
    if item.holder_id is not None and can(user, "evidence.propose", item):
        yield Offered("unrelated", _("查明与案件无关"), "door-exit")
        if not held:
            yield Offered("hold", _("暂缓处置"), "clock-pause")


def _of_holder(item: Item, user: User) -> Iterator[Offered]:
    out = item.check_outs.filter(state=CheckOutState.OUT).exists()
    approved = item.check_outs.filter(state=CheckOutState.APPROVED).exists()
    if item.state == State.DISPOSAL_APPROVED and can(user, "evidence.dispose", item):
        disposal = item.disposals.filter(approved_at__isnull=False, done_at=None).first()
        if disposal is not None:
            step = STEPS[ENDS[Outcome(disposal.outcome)]]
            yield Offered("dispose", _("办理处置"), "gavel", blocks(step, item), next=True)
        return
    if approved and can(user, "evidence.keep", item):
        yield Offered("hand-out", _("出库"), "package-export", next=True)
    if out and can(user, "evidence.offer", item):
        closed = not item.seals.exists() or intact_seal(item) is not None
        yield Offered("return", _("归还入库"), "building-warehouse", blocks(STEPS[Act.OFFERED], item), next=closed)
    for step in STEPS.values():
        if not step.page or not step.by_holder or item.state not in step.sources or not can(user, step.policy, item):
            continue
        if step.act == Act.SEALED and item.seals.exists():
            continue
        if step.act == Act.RESEALED and not item.seals.exists():
            continue
        if step.act in (Act.DETACHED, Act.REJOINED) and (
            item.parent_id is None or item.apart != (step.act == Act.REJOINED)
        ):
            continue
        if step.act == Act.WITHDRAWN or (step.act == Act.STORED and out):
            continue
        missing = blocks(step, item)
        if step.seal and missing and step.act in (Act.SEALED, Act.RESEALED, Act.UNSEALED):
            continue  # sealed things are not offered sealing, nor open ones unsealing
        verb = _("换存放位置") if step.act == Act.STORED and item.state == State.DEPOSITED else step.verb
        yield Offered(step.page, verb, step.icon, missing, next=_is_next(item, step.act, out))


def _is_next(item: Item, act: Act, out: bool) -> bool:
    """What usually comes next for the holder: seal what was taken or examined, hand it on, put it on the shelf."""
    if act == Act.SEALED:
        return item.state == State.COLLECTED
    if act == Act.RESEALED:
        return item.state == State.EXAMINED
    if act == Act.STORED:
        return item.state != State.DEPOSITED
    return act == Act.OFFERED and item.state == State.SEALED and not out
