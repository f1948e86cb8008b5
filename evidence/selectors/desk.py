"""What waits for whom: hand-overs to confirm, overdue items, discrepancies, requests to decide."""

from datetime import date
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from casework.accounts.models import User
from evidence.enums import Act, CheckOutState, OfferState
from evidence.models import CheckOut, Custody, Discrepancy, Disposal, Item, Offer

_ITEM = ("item", "item__collection", "item__holder", "item__keeper")


def offers_to_confirm(user: User) -> QuerySet[Any]:
    """Return the hand-overs that the reader has to accept or refuse, oldest first."""
    rows = Offer.objects.filter(receiver=user, state=OfferState.OPEN)
    return rows.select_related(*_ITEM, "giver", "check_out").order_by("offered_at", "pk")


def offers_waiting(user: User) -> QuerySet[Any]:
    """Return the reader's own offers that nobody has answered, oldest first."""
    rows = Offer.objects.filter(giver=user, state=OfferState.OPEN)
    return rows.select_related(*_ITEM, "receiver").order_by("offered_at", "pk")


def offers_refused(user: User) -> QuerySet[Any]:
    """Return the reader's offers that were refused and after which nothing was done, with who refused and why."""
    last = Custody.objects.filter(item=OuterRef("item")).order_by("-seq")
    rows: QuerySet[Any] = Offer.objects.filter(giver=user, state=OfferState.REFUSED, item__holder=user)
    rows = rows.annotate(last_act=Subquery(last.values("act")[:1]), last_at=Subquery(last.values("at")[:1]))
    rows = rows.annotate(why=Subquery(last.values("note")[:1]))
    rows = rows.filter(last_act=Act.REFUSED, last_at=F("answered_at"))
    return rows.select_related(*_ITEM, "receiver").order_by("answered_at", "pk")


def check_outs_overdue(user: User, on: date) -> QuerySet[Any]:
    """Return what is out after its day of return, of what the reader may know."""
    rows = CheckOut.objects.visible_to(user).filter(state=CheckOutState.OUT, due_on__lt=on)
    return rows.select_related(*_ITEM, "receiver").order_by("due_on", "pk")


def check_outs_out(user: User) -> QuerySet[Any]:
    """Return everything that is out, of what the reader may know."""
    rows = CheckOut.objects.visible_to(user).filter(state=CheckOutState.OUT)
    return rows.select_related(*_ITEM, "receiver").order_by("due_on", "pk")


def check_outs_to_hand_out(user: User) -> QuerySet[Any]:
    """Return approved requests for items that the reader holds."""
    rows = CheckOut.objects.filter(state=CheckOutState.APPROVED, item__holder=user)
    return rows.select_related(*_ITEM, "requested_by").order_by("decided_at", "pk")


def check_outs_to_decide(user: User) -> QuerySet[Any]:
    """Return requests that wait for a decision, of what the reader may know and did not ask for himself."""
    rows = CheckOut.objects.visible_to(user).filter(state=CheckOutState.REQUESTED).exclude(requested_by=user)
    return rows.select_related(*_ITEM, "requested_by").order_by("requested_at", "pk")


def disposals_to_decide(user: User) -> QuerySet[Any]:
    """Return disposals that wait for a decision, of what the reader may know and did not propose himself."""
    rows = Disposal.objects.visible_to(user).filter(approved_at=None, declined_at=None).exclude(proposed_by=user)
    return rows.select_related(*_ITEM, "proposed_by").order_by("proposed_at", "pk")


def disposals_to_carry_out(user: User) -> QuerySet[Any]:
    """Return approved disposals of items that the reader holds."""
    rows = Disposal.objects.filter(approved_at__isnull=False, done_at=None, item__holder=user)
    return rows.select_related(*_ITEM, "approved_by").order_by("approved_at", "pk")


def discrepancies_open(user: User) -> QuerySet[Any]:
    """Return what does not fit and is not settled, of what the reader may know."""
    rows = Discrepancy.objects.visible_to(user).filter(resolved_at=None)
    return rows.select_related(*_ITEM, "opened_by").order_by("opened_at", "pk")


def acts_to_confirm(user: User) -> QuerySet[Any]:
    """Return the links that the reader took part in as the second officer and has not confirmed, oldest first."""
    rows = Custody.objects.filter(second=user, whole=None, confirmation=None)
    return rows.select_related("item", "item__collection", "actor", "seal").order_by("at", "pk")


def items_in_hand(user: User) -> QuerySet[Any]:
    """Return the items that the reader holds now, wholes only, in the order in which one goes round the shelves."""
    return Item.objects.filter(holder=user).filter(Q(parent=None) | Q(apart=True)).order_by("place", "number")
