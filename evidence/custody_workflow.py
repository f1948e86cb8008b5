"""The workflow of custody as one table: which act, from where to where, by whom, under which conditions.

The table allows the acts, draws the buttons, fills the API's ``actions`` and enumerates the tests.
States and guards follow 监察法（2024）第二十八、四十四条 and 监察法实施条例（2025）第一百五十三至一百六十四条.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from casework.core.errors import Missing
from evidence.enums import Act, CheckOutState, OfferState, State
from evidence.models import Custody, Item, Seal

Gate = Callable[[Item], list[Missing]]
S = State

#: Held by somebody of the house and not yet decided upon.
HELD = frozenset({S.COLLECTED, S.SEALED, S.DEPOSITED, S.CHECKED_OUT, S.EXAMINED})


@dataclass(frozen=True)
class Step:
    """One row: ``to`` None leaves the state; ``seal`` says whether the item must be sealed, unsealed or either ("")."""

    act: Act
    verb: Promise  # on buttons: verb and object
    sources: frozenset[State]
    to: State | None
    policy: str
    icon: str
    two: bool = False  # the law wants two officers
    by_holder: bool = True  # one of those who act must hold the item
    seal: str = ""
    article: str = ""
    gates: tuple[Gate, ...] = ()
    page: str = ""  # name of the form page; "" where another step starts it


def intact_seal(item: Item) -> Seal | None:
    """Return the seal that closes the item: its own, or that of the whole it lies in."""
    here: Item | None = item
    while here is not None:
        seal = Seal.objects.filter(item=here, broken_at__isnull=True).first()
        if seal is not None:
            return seal
        here = here.parent if not here.apart else None
    return None


def no_open_offer(item: Item) -> list[Missing]:
    """An item on its way to somebody stays as it is until he has answered."""
    offer = item.offers.filter(state=OfferState.OPEN).select_related("receiver").first()
    if offer is None:
        return []
    return [Missing(_("已交给%(name)s，还没有签收或拒收") % {"name": offer.receiver.name})]


def no_discrepancy(item: Item) -> list[Missing]:
    """What does not fit must be settled before an item may leave for good."""
    rows = item.discrepancies.filter(resolved_at__isnull=True)
    return [Missing(_("账实不符还没有查清：%(kind)s") % {"kind": row.get_kind_display()}) for row in rows]


def confirmed(item: Item) -> list[Missing]:
    """What one officer wrote down for two counts once the other has said so himself (监察法第四十四条)."""
    waiting: dict[str, list[str]] = {}
    for row in _unconfirmed(item):
        what = f"{row.item.number} {row.get_act_display()}"
        waiting.setdefault(row.second.name if row.second else "", []).append(what)
    return [
        Missing(
            ngettext(
                "%(name)s还有 %(n)s 环没有本人确认：%(what)s", "%(name)s还有 %(n)s 环没有本人确认：%(what)s", len(acts)
            )
            % {"name": name, "n": len(acts), "what": "、".join(acts[:2]) + ("…" if len(acts) > 2 else "")}
        )
        for name, acts in waiting.items()
    ]


def _unconfirmed(item: Item) -> list[Custody]:
    rows = item.chain.filter(second__is_active=True, whole=None, confirmation=None)
    found = list(rows.select_related("second", "item").order_by("seq"))
    for part in item.parts.all():
        found += _unconfirmed(part)
    return found


def parts_settled(item: Item) -> list[Missing]:
    """A whole leaves with its parts; parts that are elsewhere or do not fit keep it."""
    missing = []
    for part in item.parts.all():
        if part.apart and part.holder_id is not None:
            missing.append(Missing(_("%(number)s 还在外面，没有归位") % {"number": part.number}))
        missing += no_discrepancy(part) + parts_settled(part)
    return missing


def no_hold(item: Item) -> list[Missing]:
    """Nothing under hold is disposed of."""
    rows = item.holds.filter(lifted_at__isnull=True)
    return [Missing(_("暂缓处置还没有解除：%(reason)s") % {"reason": row.reason}) for row in rows]


def no_disposal(item: Item) -> list[Missing]:
    """One proposal at a time waits for its decision, or for being carried out."""
    rows = item.disposals.filter(declined_at=None, done_at=None)
    return [Missing(_("已有没办完的处置意见：%(outcome)s") % {"outcome": row.get_outcome_display()}) for row in rows]


def no_check_out(item: Item) -> list[Missing]:
    """An item that is asked for or outside is not disposed of."""
    waiting = [CheckOutState.REQUESTED, CheckOutState.APPROVED, CheckOutState.OUT]
    rows = item.check_outs.filter(state__in=waiting)
    return [Missing(_("调取还没有办完：%(purpose)s") % {"purpose": row.purpose}) for row in rows]


def not_outside(item: Item) -> list[Missing]:
    """What went out on an approval comes back as a return, so that its clock ends."""
    rows = item.check_outs.filter(state=CheckOutState.OUT)
    return [Missing(_("证物是调取出库的，须办理归还（约定 %(day)s）") % {"day": row.due_on}) for row in rows]


def check_out_approved(item: Item) -> list[Missing]:
    """Temporary use needs an approval (实施条例第一百六十一条)."""
    if item.check_outs.filter(state=CheckOutState.APPROVED).exists():
        return []
    return [Missing(_("还没有批准的调取申请"))]


def is_part(item: Item) -> list[Missing]:
    """Only parts are taken apart."""
    return [] if item.parent_id else [Missing(_("只有部件可以拆出"))]


def inside(item: Item) -> list[Missing]:
    """Only a part that is still inside can be taken out."""
    return [Missing(_("部件已经单独流转"))] if item.apart else []


def outside(item: Item) -> list[Missing]:
    """Only a part that was taken out, and lies where the whole lies, can be put back."""
    if not item.apart or item.parent is None:
        return [Missing(_("部件没有拆出"))]
    if (item.parent.holder_id, item.parent.state) != (item.holder_id, item.state):
        return [Missing(_("部件和整机不在同一人手里"))]
    return []


_DISPOSABLE: Final = (no_open_offer, no_discrepancy, parts_settled, no_hold, no_check_out)
_DECIDABLE: Final = (*_DISPOSABLE, confirmed)
_ART_158: Final = "监察法实施条例第一百五十八条"
_ART_159: Final = "监察法实施条例第一百五十九条"
_ART_161: Final = "监察法实施条例第一百六十一条"
_t = gettext_lazy


def _of(*states: State) -> frozenset[State]:
    return frozenset(states)


STEPS: Final[dict[Act, Step]] = {
    step.act: step
    for step in (
        Step(Act.FOUND, _t("登记发现"), _of(), S.IDENTIFIED, "evidence.collect", "eye", two=True, by_holder=False),
        Step(
            Act.COLLECTED, _t("提取"), _of(S.IDENTIFIED), S.COLLECTED, "evidence.collect", "package",
            two=True, by_holder=False, article="监察法第二十八条、第四十四条",
        ),
        Step(
            Act.SEALED, _t("封存"), _of(S.COLLECTED), S.SEALED, "evidence.seal", "lock",
            two=True, seal="unsealed", article=_ART_158, gates=(no_open_offer,), page="seal",
        ),
        Step(
            Act.RESEALED, _t("重新封存"), _of(S.COLLECTED, S.CHECKED_OUT, S.EXAMINED), None, "evidence.seal", "lock",
            two=True, seal="unsealed", article=_ART_159, gates=(no_open_offer,), page="reseal",
        ),
        Step(
            Act.UNSEALED, _t("启封"), _of(S.SEALED, S.CHECKED_OUT, S.EXAMINED), None, "evidence.seal", "lock-open",
            two=True, seal="sealed", article=_ART_159, gates=(no_open_offer,), page="unseal",
        ),
        Step(
            Act.OFFERED, _t("移交"), HELD, None, "evidence.offer", "package-export",
            gates=(no_open_offer,), page="offer",
        ),
        Step(Act.ACCEPTED, _t("签收"), HELD, None, "evidence.receive", "package-import", by_holder=False, page="accept"),
        Step(Act.REFUSED, _t("拒收"), HELD, None, "evidence.receive", "package-off", by_holder=False, page="refuse"),
        Step(Act.WITHDRAWN, _t("撤回移交"), HELD, None, "evidence.hand_over", "arrow-back-up", page="withdraw"),
        Step(
            Act.STORED, _t("入库"), _of(S.COLLECTED, S.SEALED, S.EXAMINED, S.DEPOSITED), S.DEPOSITED, "evidence.keep",
            "building-warehouse", gates=(no_open_offer, not_outside), page="store",
        ),
        Step(
            Act.CHECKED_OUT, _t("出库"), _of(S.DEPOSITED, S.CHECKED_OUT, S.EXAMINED), S.CHECKED_OUT, "evidence.receive",
            "package-export", by_holder=False, article=_ART_161,
        ),
        Step(
            Act.CHECKED_IN, _t("归还入库"), _of(S.CHECKED_OUT, S.EXAMINED), S.DEPOSITED, "evidence.keep",
            "building-warehouse", by_holder=False, article=_ART_161,
        ),
        Step(
            Act.EXAMINED, _t("登记鉴定"), _of(S.DEPOSITED, S.CHECKED_OUT, S.EXAMINED), S.EXAMINED, "evidence.examine",
            "zoom-in", two=True, seal="unsealed", article="监察法实施条例第一百七十五条",
            gates=(no_open_offer,), page="examine",
        ),
        Step(
            Act.DETACHED, _t("拆出部件"), HELD, None, "evidence.seal", "cpu-2",
            two=True, seal="unsealed", article=_ART_159, gates=(no_open_offer, is_part, inside), page="detach",
        ),
        Step(
            Act.REJOINED, _t("部件归位"), HELD, None, "evidence.hand_over", "cpu",
            gates=(no_open_offer, outside), page="rejoin",
        ),
        Step(Act.VERIFIED, _t("盘点核对"), HELD, None, "evidence.hand_over", "checklist", page="verify"),
        Step(
            Act.DISPOSAL_APPROVED, _t("批准处置"), _of(S.DEPOSITED), S.DISPOSAL_APPROVED, "evidence.approve", "gavel",
            by_holder=False, article="监察法实施条例第一百六十四条", gates=_DECIDABLE,
        ),
        Step(
            Act.RETURNED, _t("退还"), _of(S.DISPOSAL_APPROVED), S.RETURNED, "evidence.dispose", "arrow-back-up",
            two=True, article="监察法实施条例第一百六十四条", gates=_DISPOSABLE,
        ),
        Step(
            Act.CONFISCATED, _t("收缴"), _of(S.DISPOSAL_APPROVED), S.CONFISCATED, "evidence.dispose", "gavel",
            two=True, gates=_DISPOSABLE,
        ),
        Step(
            Act.AUCTIONED, _t("变卖"), _of(S.DISPOSAL_APPROVED), S.AUCTIONED, "evidence.dispose", "gavel",
            two=True, gates=_DISPOSABLE,
        ),
        Step(
            Act.DESTROYED, _t("销毁"), _of(S.DISPOSAL_APPROVED), S.DESTROYED, "evidence.dispose", "trash",
            two=True, gates=_DISPOSABLE,
        ),
        Step(
            Act.TRANSFERRED, _t("随案移送"), _of(S.DISPOSAL_APPROVED), S.TRANSFERRED, "evidence.dispose", "send",
            two=True, gates=_DISPOSABLE,
        ),
        Step(
            Act.LOST, _t("登记损毁灭失"), HELD, S.LOST, "evidence.report", "alert-triangle",
            two=True, gates=(no_open_offer, no_discrepancy, parts_settled), page="loss",
        ),
        Step(
            Act.ARCHIVED, _t("归档"),
            _of(S.RETURNED, S.CONFISCATED, S.AUCTIONED, S.DESTROYED, S.TRANSFERRED, S.LOST), S.ARCHIVED,
            "evidence.archive", "folder", by_holder=False, page="archive",
        ),
    )
}  # fmt: skip


def blocks(step: Step, item: Item) -> list[Missing]:
    """Return all that keeps the step from being taken now, whoever would take it; all of it, never the first only."""
    missing = []
    if item.state not in step.sources:
        missing.append(Missing(_("证物现在是“%(state)s”") % {"state": item.get_state_display()}))
    sealed = intact_seal(item)
    if step.seal == "sealed" and sealed is None:
        missing.append(Missing(_("证物没有封存")))
    if step.seal == "unsealed" and sealed is not None:
        unseal = reverse("evidence:act", args=[sealed.item_id, "unseal"])
        missing.append(Missing(_("封条 %(number)s 还没有启封") % {"number": sealed.number}, unseal, _("去启封")))
    for gate in step.gates:
        missing += gate(item)
    return missing
