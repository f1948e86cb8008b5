"""The ledger of gains: prices with moment and source, two bases that stay two, payments that fit."""

import threading
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from cases.models import Recovery, RecoveryPayment
from cases.selectors.recoveries import reconciliation
from cases.services.recovery import register_gain, register_payment, set_due
from casework.core.errors import Invalid, NotAllowed, Refused, Stale
from casework.ledger.record import disclosed
from casework.ledger.selectors import defects, trail
from tests.build import moment, tried
from tests.build_penalties import DRAFTED, a_case, a_suspect
from tests.cast import Cast

SEEN = moment("2021-09-08 12:00")
PAPER = "中国纪检监察报"
ETH = {"coin": "ETH", "priced_at": SEEN, "price_source": PAPER}


def gain(cast: Cast, case: Any, **values: Any) -> Recovery:
    return register_gain(case, **{"label": "挖矿所得", "actor": cast.officer, "at": DRAFTED, **values})


@pytest.mark.parametrize(
    ("quantity", "price", "value"),
    [
        ("0.76", "22560", "17145.60"),
        ("0.03", "22560", "676.80"),
        ("0.00000001", "22560000", "0.23"),
        ("1.000000000000000001", "100", "100.00"),
        ("0.333", "10.015", "3.33"),
        ("0.5", "0.01", "0.01"),
        ("0.05", "2.1", "0.11"),
    ],
)
def test_quantity_times_price_rounded_half_up_to_fen(cast: Cast, quantity: str, price: str, value: str) -> None:
    row = gain(cast, a_case(cast), quantity=Decimal(quantity), price=Decimal(price), **ETH)
    row.refresh_from_db()
    assert row.value == row.amount_due == Decimal(value)
    assert row.quantity == Decimal(quantity)


def test_the_published_gains_keep_their_two_prices(cast: Cast) -> None:
    case = a_case(cast)
    wu, yu, jin = (a_suspect(case, name) for name in ("吴某某", "虞某", "金某某"))
    gain(cast, case, suspect=wu, quantity=Decimal("0.76"), price=Decimal(22560), **ETH)
    gain(cast, case, suspect=yu, quantity=Decimal("0.03"), price=Decimal(22560), **ETH)
    row = gain(cast, case, suspect=jin, quantity=Decimal("2.4"), value=Decimal(43000), approximate=True, **ETH)
    gain(cast, case, value=Decimal(15000), label="丁某某、何某某合计")
    assert row.implied_price == Decimal("17916.67")
    assert row.price is None
    sums = reconciliation(Recovery.objects.all())
    assert [(line.coin, line.basis, line.count, line.value, line.prices) for line in sums.lines] == [
        ("", "cny", 1, Decimal(15000), ()),
        ("ETH", "stated_price", 2, Decimal("17822.40"), (Decimal(22560),)),
        ("ETH", "stated_value", 1, Decimal(43000), (Decimal("17916.67"),)),
    ]
    assert sums.mixed == ("ETH",)
    assert (sums.due, sums.paid, sums.remainder) == (Decimal("75822.40"), Decimal(0), Decimal("75822.40"))


def test_the_entry_keeps_the_numbers_and_seals_the_name(cast: Cast) -> None:
    case = a_case(cast)
    row = gain(cast, case, suspect=a_suspect(case, "吴某某"), quantity=Decimal("0.76"), price=Decimal(22560), **ETH)
    (entry,) = trail(f"recovery:{row.pk}")
    assert entry.payload["data"]["value"] == "17145.60"
    assert "吴某某" not in bytes(entry.header).decode()
    assert disclosed(entry)["name"] == "吴某某"


#: What is wrong with a gain, and the field at which it is said.
WRONG: list[tuple[dict, str]] = [
    ({"coin": "某某币"}, "coin"),
    ({"quantity": None}, "quantity"),
    ({"quantity": Decimal(0)}, "quantity"),
    ({"coin": "BTC", "quantity": Decimal("0.000000001")}, "quantity"),
    ({"price": None}, "price"),
    ({"price": Decimal(0)}, "price"),
    ({"value": Decimal(100)}, "price"),
    ({"price": None, "value": Decimal("0.001")}, "value"),
    ({"priced_at": None}, "priced_at"),
    ({"priced_at": DRAFTED + timedelta(days=1)}, "priced_at"),
    ({"price_source": " "}, "price_source"),
    ({"amount_due": Decimal(-1)}, "amount_due"),
    ({"amount_due": Decimal("1.001")}, "amount_due"),
    ({"label": " "}, "label"),
    ({"coin": ""}, "coin"),
    ({"coin": "", "quantity": None, "price": None}, "value"),
    ({"quantity": Decimal("0.000000000001"), "price": Decimal("0.01")}, "quantity"),
]


def test_a_gain_that_is_not_whole_is_refused_at_its_field(cast: Cast) -> None:
    case = a_case(cast)
    for change, field in WRONG:
        values = {"quantity": Decimal("0.76"), "price": Decimal(22560), **ETH, **change}
        with tried(change), pytest.raises(Invalid) as invalid:
            gain(cast, case, **values)
        assert field in invalid.value.details, change
    assert not Recovery.objects.exists()


def test_a_person_of_another_case_is_refused(cast: Cast) -> None:
    with pytest.raises(Invalid):
        gain(cast, a_case(cast), suspect=a_suspect(a_case(cast)), value=Decimal(1))


def test_the_database_holds_the_value_to_the_price(cast: Cast) -> None:
    row = gain(cast, a_case(cast), quantity=Decimal("0.76"), price=Decimal(22560), **ETH)
    with pytest.raises(IntegrityError, match="recovery_value_from_price"), transaction.atomic():
        Recovery.objects.filter(pk=row.pk).update(value=Decimal("17145.61"))
    with pytest.raises(IntegrityError, match="recovery_paid_within_due"), transaction.atomic():
        Recovery.objects.filter(pk=row.pk).update(amount_paid=Decimal("17145.61"))


def pay(cast: Cast, row: Recovery, amount: str, receipt: str = "票据1号", **values: Any) -> RecoveryPayment:
    return register_payment(
        row,
        **{
            "amount": Decimal(amount), "paid_on": date(2021, 10, 20), "receipt": receipt, "actor": cast.officer,
            "at": moment("2021-10-20 15:00"), **values,
        },
    )  # fmt: skip


def test_payments_add_up_to_what_is_due(cast: Cast) -> None:
    case = a_case(cast)
    row, bystander = gain(cast, case, value=Decimal(1000)), gain(cast, case, value=Decimal(500))
    pay(cast, row, "400")
    pay(cast, row, "600", "票据2号")
    row.refresh_from_db()
    assert (row.amount_paid, row.remainder) == (Decimal(1000), Decimal(0))
    bystander.refresh_from_db()
    assert bystander.amount_paid == Decimal(0)
    assert [entry.kind for entry in trail(f"recovery:{row.pk}")] == [
        "recovery.registered", "recovery.paid", "recovery.paid",
    ]  # fmt: skip
    assert defects() == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"amount": "1000.01"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "1.005"}, "amount"),
        ({"amount": "1", "receipt": " "}, "receipt"),
        ({"amount": "1", "paid_on": date(2021, 10, 21)}, "paid_on"),
    ],
)
def test_a_payment_that_cannot_be(cast: Cast, values: dict, field: str) -> None:
    row = gain(cast, a_case(cast), value=Decimal(1000))
    given = dict(values)
    with pytest.raises(Invalid) as invalid:
        pay(cast, row, given.pop("amount"), **given)
    assert field in invalid.value.details
    assert not RecoveryPayment.objects.exists()


def test_a_receipt_counts_once(cast: Cast) -> None:
    row = gain(cast, a_case(cast), value=Decimal(1000))
    pay(cast, row, "400")
    with pytest.raises(Refused) as refused:
        pay(cast, row, "400")
    assert refused.value.code == "receipt_known"
    row.refresh_from_db()
    assert row.amount_paid == Decimal(400)


@pytest.mark.parametrize("who", ["outsider", "auditor", "unit_leader"])
def test_who_may_not_register(cast: Cast, who: str) -> None:
    case = a_case(cast)
    with pytest.raises(NotAllowed):
        gain(cast, case, value=Decimal(1), actor=getattr(cast, who))


def test_what_is_due_changes_with_a_reason_and_never_below_what_was_paid(cast: Cast) -> None:
    row = gain(cast, a_case(cast), value=Decimal(1000))
    pay(cast, row, "400")
    data = {"actor": cast.officer, "at": moment("2021-10-21 09:00")}
    with pytest.raises(Invalid):
        set_due(row, amount_due=Decimal(399), reason="更正", **data)
    with pytest.raises(Invalid):
        set_due(row, amount_due=Decimal(500), reason="", **data)
    with pytest.raises(Stale):
        set_due(row, amount_due=Decimal(500), reason="更正", expected_version=1, **data)
    assert set_due(row, amount_due=Decimal(500), reason="更正", **data).remainder == Decimal(100)


@pytest.mark.django_db(transaction=True)
def test_two_payments_at_once_never_exceed_what_is_due() -> None:
    from tests.cast import make_cast

    cast = make_cast()
    row = gain(cast, a_case(cast), value=Decimal(1000))
    results: list[str] = []
    gate = threading.Barrier(2)

    def run(receipt: str) -> None:
        gate.wait()
        try:
            pay(cast, row, "700", receipt)
            results.append("paid")
        except Invalid:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(receipt,)) for receipt in ("甲", "乙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["paid", "refused"]
    row.refresh_from_db()
    assert row.amount_paid == Decimal(700)
