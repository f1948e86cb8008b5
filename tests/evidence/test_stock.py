"""Taking stock: everything expected is found, missing or different; everything else is too much; nothing is told of others."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from casework.core.errors import Invalid, NotAllowed, NotReady, Refused
from casework.ledger.models import Entry
from evidence.enums import StockResult
from evidence.models import Discrepancy, Item, StockLine, StockTake
from evidence.services.handover import store_item
from evidence.services.stock import begin_stock_take, close_stock_take, count_item, move_counted
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


def test_on_the_wrong_shelf(cast: Cast) -> None:
    """It is neither missing nor too much: moved in the record, or carried back; what stays wrong is a discrepancy."""
    moved, back, left, beside = (a_stored_item(cast) for _ in range(4))
    other = a_stored_item(cast)
    store_item(other, place="C 库 9", actor=cast.custodian, at=START + timedelta(days=1))
    take = begin_stock_take(place="B 库", actor=cast.custodian, at=LATER)
    before = Discrepancy.objects.count()

    def count(item: Item, place: str = "", seal: str = "") -> StockLine:
        return count_item(take, item.number, seal=seal or seal_of(item), place=place, actor=cast.custodian, at=LATER)

    found = [count(item, "B 库 77") for item in (moved, back, left)]
    with pytest.raises(Invalid, match="没有填写实际位置"):
        count(other)  # by the books in another store
    found.append(count(other, "B 库 5"))
    assert [(line.result, line.place) for line in found] == [("misplaced", "B 库 77")] * 3 + [("misplaced", "B 库 5")]
    assert Discrepancy.objects.count() == before
    # Scanned again without a word of where it lies, it still lies wrong.
    assert count(back).result == StockResult.MISPLACED

    move_counted(found[0], actor=cast.custodian, at=LATER)
    again = count(back, back.place)
    assert (again.pk, again.result, again.place) == (found[1].pk, StockResult.PRESENT, "")
    assert count(beside, "B 库 78", seal="ZJ21-999999").result == StockResult.DIFFERS
    for line in (found[0], again):
        with pytest.raises(Refused, match="不能改账"):
            move_counted(line, actor=cast.custodian, at=LATER)
    with pytest.raises(Refused, match="是保管员甲的"):
        move_counted(found[2], actor=a_user("保管员乙", *cast.custodian.roles), at=LATER)
    closed = close_stock_take(take, actor=cast.custodian, at=LATER)

    places = dict(Item.objects.values_list("pk", "place"))
    assert (places[moved.pk], places[back.pk], places[other.pk]) == ("B 库 77", back.place, "C 库 9")
    assert moved.chain.latest("seq").act == "stored"
    assert {(row.item, row.kind, row.found) for row in Discrepancy.objects.select_related("item")} == {
        (left, "place", "B 库 77"), (other, "place", "B 库 5"), (beside, "place", "B 库 78"),
        (beside, "seal_number", "ZJ21-999999"),
    }  # fmt: skip
    assert closed.lines.filter(result=StockResult.MISPLACED).count() == 2
    assert Entry.objects.get(kind="stock.closed").payload["data"]["misplaced"] == 2
    with pytest.raises(Refused, match="已经结束"):
        move_counted(found[2], actor=cast.custodian, at=LATER)


def test_what_came_in_meanwhile_is_counted_as_it_is(cast: Cast) -> None:
    a_stored_item(cast)
    take = begin_stock_take(place="B 库", actor=cast.custodian, at=LATER)
    late = a_stored_item(cast)

    line = count_item(take, late.number, seal=seal_of(late), actor=cast.custodian, at=LATER)

    assert (line.item, line.result) == (late, StockResult.PRESENT)


def test_the_wrong_shelf_in_the_browser(cast: Cast) -> None:
    item, other = a_stored_item(cast), a_stored_item(cast)
    store_item(other, place="C 库 9", actor=cast.custodian, at=START + timedelta(days=1))
    take = begin_stock_take(place="B 库", actor=cast.custodian, at=LATER)
    url = reverse("evidence:stock-take", args=[take.pk])
    client = Client()
    client.force_login(cast.custodian, backend="casework.accounts.backends.AccountBackend")

    asked = client.post(url, {"number": other.number, "seal": seal_of(other)})
    assert (asked.status_code, "登记为放错位置" in asked.content.decode()) == (409, True)
    noted = {"number": other.number, "seal": seal_of(other), "place": "B 库 5", "extra": "1"}
    assert "没有填写实际位置" in client.post(url, {**noted, "place": ""}).content.decode()
    assert "没有填写从封条上读到的号码" in client.post(url, {**noted, "seal": ""}).content.decode()
    assert client.post(url, noted).status_code == 302
    assert client.post(url, {"number": item.number, "seal": seal_of(item), "place": "B 库 77"}).status_code == 302
    page = client.get(url).content.decode()
    assert "账上 C 库 9，实际 B 库 5" in page
    assert f"?number={item.number}&amp;place=" in page
    assert "2 件放错位置，还没有改账或放回" in page
    back = client.get(url, {"number": item.number, "place": item.place}).content.decode()
    assert f'value="{item.place}"' in back

    line = take.lines.get(item=item)
    path = reverse("evidence:stock-move", args=[take.pk, line.pk])
    client.force_login(cast.outsider, backend="casework.accounts.backends.AccountBackend")
    assert client.post(path).status_code == 404
    client.force_login(cast.custodian, backend="casework.accounts.backends.AccountBackend")
    assert client.post(path).status_code == 302
    item.refresh_from_db()
    assert item.place == "B 库 77"
    assert "账上改到这里" in client.get(url).content.decode()
    assert take.lines.get(item=other).result == StockResult.MISPLACED
    assert f"{take.pk}/lines/{line.pk}/move" not in client.get(url).content.decode()


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
