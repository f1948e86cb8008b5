"""The ledger of gains: what came in, what it was worth and why, what is due and what was paid."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.catalogue import find_coin
from cases.enums_penalties import PaymentKind, PriceBasis
from cases.models import Case, Recovery, RecoveryPayment, Suspect
from cases.models.executions import FEN
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused, Stale
from casework.ledger.record import record


def ref_of(recovery: Recovery) -> str:
    """Return the text reference in ledger and notices."""
    return f"recovery:{recovery.pk}"


def register_gain(
    case: Case,
    *,
    label: str,
    actor: User,
    at: datetime,
    suspect: Suspect | None = None,
    coin: str = "",
    quantity: Decimal | None = None,
    price: Decimal | None = None,
    value: Decimal | None = None,
    priced_at: datetime | None = None,
    price_source: str = "",
    approximate: bool = False,
    amount_due: Decimal | None = None,
    due_on: date | None = None,
) -> Recovery:
    """Register a gain: yuan alone (``value``), coin at a stated price, or coin with a stated value.

    ``coin``      code, name or alias; an unknown one is refused. ``quantity`` may have as many places as the coin.
    ``price``     yuan for one coin; needs ``priced_at`` and ``price_source``, as a stated ``value`` of coin does.
    ``amount_due`` what is to be paid, yuan; None = the whole value, 0 = nothing yet. ``due_on`` the last day for it.
    """
    require(actor, "recovery.register", case)
    basis, code, worth = _priced(coin, quantity, price, value, priced_at, price_source, at)
    if not label.strip():
        raise Invalid(_("没有写明是什么所得。"), details={"label": _("例如“挖矿所得 0.76 ETH”")})
    if suspect is not None and suspect.case_id != case.pk:
        raise Invalid(_("这个人不是本案的被审查调查人。"), details={"suspect": _("选本案的人")})
    due = worth if amount_due is None else amount_due
    if due < 0 or due != due.quantize(FEN):
        raise Invalid(_("应缴金额须为不小于 0 的数，精确到分。"), details={"amount_due": _("例如 17145.60")})
    with transaction.atomic():
        recovery = Recovery.objects.create(
            case=case,
            suspect=suspect,
            label=label.strip(),
            basis=basis,
            coin=code,
            quantity=quantity if code else None,
            price=price if basis == PriceBasis.STATED_PRICE else None,
            priced_at=priced_at,
            price_source=price_source.strip(),
            value=worth,
            approximate=approximate,
            amount_due=due,
            due_on=due_on,
            registered_by=actor,
            at=at,
        )
        record(
            "recovery.registered",
            ref=ref_of(recovery),
            actor=actor,
            at=at,
            data={
                "case": case.number,
                "suspect": suspect.pk if suspect else 0,
                "basis": basis,
                "coin": code,
                "quantity": quantity if code and quantity is not None else "",
                "price": recovery.price if recovery.price is not None else "",
                "priced_at": priced_at or "",
                "price_source": recovery.price_source,
                "value": worth,
                "approximate": approximate,
                "due": due,
                "due_on": due_on or "",
            },
            personal={"name": suspect.name if suspect else "", "label": recovery.label},
        )
    return recovery


def _priced(
    coin: str,
    quantity: Decimal | None,
    price: Decimal | None,
    value: Decimal | None,
    priced_at: datetime | None,
    price_source: str,
    at: datetime,
) -> tuple[PriceBasis, str, Decimal]:
    """Return basis, coin code and yuan; raise Invalid with everything that is wrong."""
    wrong: dict[str, str] = {}
    if not coin.strip():
        if quantity is not None or price is not None:
            wrong["coin"] = _("写明币种")
        if value is None or value <= 0 or value != value.quantize(FEN):
            wrong["value"] = _("金额须大于 0，精确到分")
        if wrong or value is None:
            raise Invalid(_("所得没有写全：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)
        return PriceBasis.CNY, "", value
    known = find_coin(coin)
    if known is None:
        wrong["coin"] = _("没有收录“%(coin)s”。可以核对名称，或者先在币种目录中增加") % {"coin": coin}
    if quantity is None or quantity <= 0:
        wrong["quantity"] = _("数量须大于 0")
    elif known is not None and quantity != quantity.quantize(Decimal(1).scaleb(-known.places)):
        wrong["quantity"] = _("%(coin)s最多 %(n)d 位小数") % {"coin": known.name, "n": known.places}
    if (price is None) == (value is None):
        wrong["price"] = _("写单价或者写折合金额，只写一种：两种价格不合并")
    elif price is not None and price <= 0:
        wrong["price"] = _("单价须大于 0")
    elif value is not None and (value <= 0 or value != value.quantize(FEN)):
        wrong["value"] = _("金额须大于 0，精确到分")
    if priced_at is None:
        wrong["priced_at"] = _("写明是哪一时点的价格")
    elif priced_at > at:
        wrong["priced_at"] = _("计价时点在登记以后")
    if not price_source.strip():
        wrong["price_source"] = _("写明价格来源")
    if wrong or known is None or quantity is None:
        raise Invalid(_("所得没有写全：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)
    if price is not None:
        worth = (quantity * price).quantize(FEN, ROUND_HALF_UP)
        if worth <= 0:
            raise Invalid(_("折合不足 1 分。"), details={"quantity": _("核对数量和单价")})
        return PriceBasis.STATED_PRICE, known.code, worth
    assert value is not None  # noqa: S101  (one of the two is given, checked above)
    return PriceBasis.STATED_VALUE, known.code, value


def set_due(
    recovery: Recovery,
    *,
    amount_due: Decimal,
    reason: str,
    actor: User,
    at: datetime,
    due_on: date | None = None,
    expected_version: int | None = None,
) -> Recovery:
    """Set what is to be paid, yuan, never less than was paid already; ``due_on`` also sets the last day for it."""
    with transaction.atomic():
        locked: Recovery = Recovery.locked(recovery.pk)
        if expected_version is not None and expected_version != locked.version:
            raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"), details={"version": locked.version})
        require(actor, "recovery.register", locked.case)
        if not reason.strip():
            raise Invalid(_("没有写明变更应缴金额的理由。"), details={"reason": _("写明理由")})
        if amount_due < locked.amount_paid or amount_due != amount_due.quantize(FEN):
            raise Invalid(
                _("应缴金额不能少于已缴的 %(paid)s 元。") % {"paid": f"{locked.amount_paid:,.2f}"},
                details={"amount_due": _("不少于已缴金额，精确到分")},
            )
        before = locked.amount_due
        locked.amount_due, locked.due_on = amount_due, due_on or locked.due_on
        locked.bump("amount_due", "due_on")
        record(
            "recovery.due_set",
            ref=ref_of(locked),
            actor=actor,
            at=at,
            data={"old": before, "new": amount_due, "due_on": locked.due_on or ""},
            reason=reason.strip(),
        )
    return locked


def register_payment(
    recovery: Recovery,
    *,
    amount: Decimal,
    paid_on: date,
    receipt: str,
    actor: User,
    at: datetime,
    kind: PaymentKind | str = PaymentKind.PAID,
) -> RecoveryPayment:
    """Register a payment with its receipt; more than is due is refused, and so is a receipt registered twice."""
    with transaction.atomic():
        locked: Recovery = Recovery.locked(recovery.pk)
        require(actor, "recovery.pay", locked)
        wrong = {}
        if amount <= 0 or amount != amount.quantize(FEN):
            wrong["amount"] = _("金额须大于 0，精确到分")
        elif amount > locked.remainder:
            wrong["amount"] = _("只剩 %(rest)s 元未缴") % {"rest": f"{locked.remainder:,.2f}"}
        if not receipt.strip():
            wrong["receipt"] = _("写明缴款凭证号")
        if paid_on > timezone.localdate(at):
            wrong["paid_on"] = _("缴款日期不晚于登记日期")
        if wrong:
            raise Invalid(_("缴款没有登记：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)
        try:
            with transaction.atomic():
                payment = RecoveryPayment.objects.create(
                    recovery=locked,
                    kind=PaymentKind(kind),
                    amount=amount,
                    paid_on=paid_on,
                    receipt=receipt.strip(),
                    by=actor,
                    at=at,
                )
        except IntegrityError as error:
            if "recovery_receipt_once" not in str(error):
                raise
            raise Refused(
                _("不能登记：因为凭证 %(no)s 已登记过。可以核对凭证号。") % {"no": receipt.strip()},
                code="receipt_known",
            ) from error
        locked.amount_paid += amount
        locked.bump("amount_paid")
        record(
            "recovery.paid",
            ref=ref_of(locked),
            actor=actor,
            at=at,
            data={
                "amount": amount,
                "paid_on": paid_on,
                "receipt": receipt.strip(),
                "kind": payment.kind,
                "paid": locked.amount_paid,
                "remainder": locked.remainder,
            },
        )
    return payment
