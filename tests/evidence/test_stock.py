"""Taking stock: everything expected is found, missing or different; everything else is too much; nothing is told of others."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from casework.core.errors import NotAllowed, NotReady, Refused
from casework.ledger.models import Entry
from evidence.enums import StockResult
from evidence.models import Discrepancy, Item, StockTake
from evidence.services.stock import begin_stock_take, close_stock_take, count_item
from tests.build import a_user
from tests.build_evidence import START, a_sealed_item, a_stored_item, an_item_outside
from tests.cast import Cast

LATER = START + timedelta(days=20)


def seal_of(item: Item) -> str:
    return item.seals.get(broken_at=None).number


def test_found_missing_different_and_too_much(cast: Cast) -> None:
    present, missing, wrong = a_stored_item(cast, parts=1), a_stored_item(cast), a_stored_item(cast)
    elsewhere = an_item_outside(cast).item  # the books say it is with the officer
    stranger = a_sealed_item(cast)  # the keeper knows nothing of it
    take = begin_stock_take(place="B 库", actor=cast.custodian, at=LATER)
    assert set(take.lines.values_list("item", flat=True)) == {present.pk, missing.pk, wrong.pk}

    with pytest.raises(NotReady, match="从封条上读到的号码"):
        count_item(take, present.number, actor=cast.custodian, at=LATER)
    counted = count_item(take, present.number, seal=seal_of(present), actor=cast.custodian, at=LATER)
    by_seal = count_item(take, seal_of(wrong), seal="ZJ21-999999", actor=cast.custodian, at=LATER)
    extra = count_item(take, elsewhere.number, actor=cast.custodian, at=LATER)
    again = count_item(take, elsewhere.number, actor=cast.custodian, at=LATER)
    unknown = count_item(take, stranger.number, actor=cast.custodian, at=LATER)
    closed = close_stock_take(take, actor=cast.custodian, at=LATER)

    assert counted.result == StockResult.PRESENT
    assert (by_seal.item, by_seal.result) == (wrong, StockResult.DIFFERS)
    assert (extra.item, extra.result, again.pk) == (elsewhere, StockResult.EXTRA, extra.pk)
    assert (unknown.item, unknown.scanned, unknown.result) == (None, stranger.number, StockResult.EXTRA)
    assert closed.lines.get(item=missing).result == StockResult.MISSING
    kinds = dict(Discrepancy.objects.values_list("item", "kind"))
    assert kinds == {wrong.pk: "seal_number", missing.pk: "missing", elsewhere.pk: "condition"}
    entry = Entry.objects.get(kind="stock.closed")
    assert {key: entry.payload["data"][key] for key in ("present", "missing", "differs", "extra")} == {
        "present": 1, "missing": 1, "differs": 1, "extra": 2,
    }  # fmt: skip
    assert present.chain.latest("seq").act == "verified"
    with pytest.raises(Refused, match="已经结束"):
        count_item(take, present.number, actor=cast.custodian, at=LATER)


def test_one_at_a_time_and_ones_own(cast: Cast) -> None:
    a_stored_item(cast)
    other = a_user("保管员乙", *cast.custodian.roles)
    with pytest.raises(Refused, match="没有由您保管"):
        begin_stock_take(place="", actor=other, at=LATER)
    with pytest.raises(NotAllowed):
        begin_stock_take(place="", actor=cast.officer, at=LATER)
    take = begin_stock_take(place="", actor=cast.custodian, at=LATER)
    with pytest.raises(Refused, match="还没有结束"):
        begin_stock_take(place="", actor=cast.custodian, at=LATER)
    with pytest.raises(Refused, match="是保管员甲的"):
        close_stock_take(take, actor=other, at=LATER)


def test_in_the_browser(cast: Cast) -> None:
    item = a_stored_item(cast)
    client = Client()
    client.force_login(cast.custodian, backend="casework.accounts.backends.AccountBackend")

    opened = client.post(reverse("evidence:stock"), {"place": "B 库"})
    take = StockTake.objects.get()
    url = reverse("evidence:stock-take", args=[take.pk])
    assert opened.headers["Location"] == url
    assert client.post(url, {"number": item.number}).status_code == 409
    assert client.post(url, {"number": item.number, "seal": seal_of(item)}).status_code == 302
    assert item.number in client.get(url).content.decode()
    assert client.post(reverse("evidence:stock-close", args=[take.pk])).status_code == 302
    assert client.get(reverse("evidence:stock")).status_code == 200

    for user, status in ((cast.auditor, 200), (cast.officer, 404), (cast.unit_leader, 404)):
        client.force_login(user, backend="casework.accounts.backends.AccountBackend")
        assert client.get(url).status_code == status
        assert client.post(reverse("evidence:stock-close", args=[take.pk])).status_code in (403, 404)
        assert client.post(url, {"number": "x"}).status_code in (403, 404)
        assert client.post(reverse("evidence:stock"), {}).status_code in (403, 404)


def test_the_same_thing_twice_is_counted_once(cast: Cast) -> None:
    item, beside = a_stored_item(cast), a_stored_item(cast)
    take = begin_stock_take(place="", actor=cast.custodian, at=LATER)
    first = count_item(take, item.number, seal=seal_of(item), actor=cast.custodian, at=LATER)
    links, entries = item.chain.count(), Entry.objects.count()

    for text, seal in ((item.number, ""), (seal_of(item), seal_of(item)), (f" {item.number.lower()} ", "")):
        again = count_item(take, text, seal=seal, actor=cast.custodian, at=LATER + timedelta(minutes=1))
        assert (again.pk, again.result, again.at) == (first.pk, StockResult.PRESENT, LATER)
    assert (item.chain.count(), Entry.objects.count()) == (links, entries)
    # What is told anew of it is looked at again.
    other = count_item(take, item.number, seal="ZJ21-999999", actor=cast.custodian, at=LATER + timedelta(minutes=2))
    assert (other.pk, other.result) == (first.pk, StockResult.DIFFERS)
    assert take.lines.get(item=beside).result == StockResult.WAITING


def test_a_wrong_code_and_one_of_another_shelf_are_asked_about_first(cast: Cast) -> None:
    a_stored_item(cast)
    elsewhere, stranger = an_item_outside(cast).item, a_sealed_item(cast)
    take = begin_stock_take(place="B 库", actor=cast.custodian, at=LATER)
    url = reverse("evidence:stock-take", args=[take.pk])
    client = Client()
    client.force_login(cast.custodian, backend="casework.accounts.backends.AccountBackend")
    entries = Entry.objects.count()

    for text, told, hidden in (
        (elsewhere.number, "不在这次盘点的范围", ""),
        (stranger.number, "不是您可以知悉的证物编号", stranger.title),
        ("ZJ21-0000-999", "不是您可以知悉的证物编号", ""),
    ):
        page = client.post(url, {"number": text}).content.decode()
        assert told in page
        assert f'value="{text}"' in page
        assert not hidden or f"{stranger.number} {hidden}" not in page
    assert (take.lines.filter(result="extra").count(), Entry.objects.count()) == (0, entries)
    assert not Discrepancy.objects.exists()

    assert client.post(url, {"number": elsewhere.number, "extra": "1"}).status_code == 302
    assert client.post(url, {"number": "ZJ21-0000-999", "extra": "1"}).status_code == 302
    assert client.post(url, {"number": "ZJ21-0000-999"}).status_code == 302  # noted before: nothing to ask, nothing new
    assert set(take.lines.filter(result="extra").values_list("item", "scanned")) == {
        (elsewhere.pk, elsewhere.number),
        (None, "ZJ21-0000-999"),
    }
    assert list(Discrepancy.objects.values_list("item", flat=True)) == [elsewhere.pk]
