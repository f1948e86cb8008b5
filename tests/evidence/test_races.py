"""Several people at once: exactly one succeeds, the others are told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from casework.core.errors import CaseworkError
from casework.ledger.selectors import defects
from evidence.enums import Kind, OfferState
from evidence.models import CheckOut, Custody, Holding, Offer, Seal
from evidence.services import (
    accept_item,
    offer_item,
    refuse_item,
    request_check_out,
    seal_item,
    take_item,
    withdraw_offer,
)
from tests.build import a_user
from tests.build_evidence import START, a_collection, a_sealed_item, a_stored_item, an_item, checked
from tests.cast import make_cast

pytestmark = pytest.mark.django_db(transaction=True)

LATER = START + timedelta(hours=1)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run the acts at the same moment; return the result or the refusal of each."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            barrier.wait()
            return act()
        except CaseworkError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def won(results: list[object]) -> list[Any]:
    return [result for result in results if not isinstance(result, CaseworkError)]


def test_four_offers_at_once_leave_one() -> None:
    cast = make_cast()
    item = an_item(cast, parts=1)
    bystander = an_item(cast)
    keepers = [a_user(f"保管员{number}", *cast.custodian.roles) for number in range(4)]

    for turn in range(5):
        at = LATER + timedelta(minutes=turn)
        results = at_once(
            *(lambda keeper=keeper, at=at: offer_item(item, keeper, actor=cast.officer, at=at) for keeper in keepers)
        )
        assert len(won(results)) == 1
        assert Offer.objects.filter(item=item, state=OfferState.OPEN).count() == 1
        withdraw_offer(item, actor=cast.officer, at=at)

    assert item.chain.count() == 1 + 2 * 5
    assert bystander.chain.count() == 1
    assert defects() == []


def test_accepted_refused_and_withdrawn_at_once_is_one_of_them() -> None:
    cast = make_cast()
    item = a_sealed_item(cast)
    seen = checked(item)

    for turn in range(5):
        at = LATER + timedelta(minutes=turn)
        item.refresh_from_db()
        giver = item.holder
        receiver = cast.custodian if giver == cast.officer else cast.officer
        offer_item(item, receiver, actor=giver, at=at)
        results = at_once(
            partial(accept_item, item, actor=receiver, at=at, checked=seen),
            partial(accept_item, item, actor=receiver, at=at, checked=seen),
            partial(refuse_item, item, reason="不收", actor=receiver, at=at),
            partial(withdraw_offer, item, actor=giver, at=at),
        )
        assert len(won(results)) == 1
        assert Offer.objects.filter(item=item, state=OfferState.OPEN).count() == 0
        assert Holding.objects.filter(item=item, ended_at=None).count() == 1

    assert list(Custody.objects.filter(item=item).values_list("seq", flat=True)) == list(range(1, 3 + 2 * 5))
    assert defects() == []


def test_one_seal_number_on_four_items_at_once() -> None:
    cast = make_cast()
    items = [an_item(cast) for _ in range(4)]
    two = (cast.officer, cast.second_officer)

    results = at_once(
        *(
            lambda item=item: seal_item(item, "ZJ21-777777", officers=two, actor=cast.officer, at=LATER)
            for item in items
        )
    )

    assert len(won(results)) == 1
    assert Seal.objects.get(number="ZJ21-777777").item == won(results)[0]


def test_four_requests_for_one_item_leave_one() -> None:
    cast = make_cast()
    item = a_stored_item(cast)
    at = LATER + timedelta(hours=1)

    results = at_once(
        *(
            lambda: request_check_out(item, purpose="鉴定", due_on=at.date(), actor=cast.officer, at=at)
            for _ in range(4)
        )
    )

    assert len(won(results)) == 1
    assert CheckOut.objects.count() == 1


def test_items_taken_at_once_are_numbered_without_gap_or_double() -> None:
    cast = make_cast()
    collection = a_collection(cast)
    two = (cast.officer, cast.second_officer)

    results = at_once(
        *(
            lambda: take_item(collection, kind=Kind.PHYSICAL, title="矿机", officers=two, actor=cast.officer, at=LATER)
            for _ in range(4)
        )
    )

    assert sorted(item.number[-3:] for item in won(results)) == ["001", "002", "003", "004"]
