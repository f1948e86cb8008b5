"""The surcharge on power: the dated table by province, days before a notice that never count, and what is late."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Recovery
from cases.services.recovery import register_payment, set_due
from cases.services.surcharges import register_surcharge
from cases.surcharge import surcharge_of, tariff_of, tariffs
from casework.core.errors import Invalid, NotAllowed, Refused
from casework.ledger.selectors import trail
from tests.build import moment
from tests.build_penalties import a_case
from tests.cases.test_penalty_pages import browse, text
from tests.cast import Cast

AT = moment("2022-06-01 09:00")
MARCH = (date(2022, 3, 1), date(2022, 3, 31))


@pytest.mark.parametrize(
    ("region", "kwh", "metered", "used", "days", "counted", "value"),
    [
        ("330521", "3100", MARCH, MARCH, 31, "3100.00", "1550.00"),
        ("330521", "3100", MARCH, (date(2021, 1, 1), date(2022, 3, 10)), 10, "1000.00", "500.00"),
        ("330521", "2800", (date(2022, 2, 1), date(2022, 2, 28)), (date(2022, 1, 1), date(2022, 4, 1)), 15, "1500.00", "750.00"),
        ("330521", "100", MARCH, (date(2022, 3, 31), date(2022, 5, 1)), 1, "3.23", "1.62"),
        ("510100", "3100", (date(2022, 5, 1), date(2022, 5, 31)), (date(2022, 1, 1), date(2022, 5, 31)), 31, "3100.00", "6200.00"),
        ("610100", "365", (date(2024, 1, 1), date(2024, 12, 30)), (date(2024, 1, 1), date(2024, 12, 30)), 121, "121.00", "121.00"),
    ],
)  # fmt: skip
def test_what_a_meter_comes_to(
    region: str, kwh: str, metered: tuple[date, date], used: tuple[date, date], days: int, counted: str, value: str
) -> None:
    tariff = tariff_of(region)
    assert tariff is not None
    found = surcharge_of(tariff, kwh=Decimal(kwh), metered=metered, used=used)
    assert found is not None
    assert (found.days, found.kwh, found.value) == (days, Decimal(counted), Decimal(value))


@pytest.mark.parametrize(
    ("region", "used"),
    [
        ("330521", (date(2021, 8, 1), date(2022, 2, 13))),
        ("370100", MARCH),
        ("610100", (date(2024, 5, 1), date(2024, 5, 31))),
    ],
)
def test_where_none_applied_nothing_is_owed(region: str, used: tuple[date, date]) -> None:
    tariff = tariff_of(region)
    assert tariff is not None
    assert surcharge_of(tariff, kwh=Decimal(100), metered=(date(2020, 1, 1), date(2030, 1, 1)), used=used) is None


def test_a_province_without_a_row_has_no_rate_and_no_province_two_standing_ones() -> None:
    assert tariff_of("110101") is None
    assert len({row.prefix for row in tariffs()}) == len(tariffs()) == 8
    assert [row.province for row in tariffs() if row.draft] == ["山东"]


@given(
    kwh=st.decimals("1", "1000000", places=2),
    start=st.dates(date(2022, 1, 1), date(2022, 12, 1)),
    days=st.integers(1, 60),
    used_from=st.dates(date(2021, 1, 1), date(2023, 1, 1)),
    used=st.integers(0, 400),
)
def test_never_more_than_the_meter_counted(kwh: Decimal, start: date, days: int, used_from: date, used: int) -> None:
    tariff = tariff_of("330521")
    assert tariff is not None
    metered = (start, start + timedelta(days=days - 1))
    found = surcharge_of(tariff, kwh=kwh, metered=metered, used=(used_from, used_from + timedelta(days=used)))
    if found is not None:
        assert Decimal(0) < found.kwh <= kwh
        assert tariff.from_on <= found.from_on <= found.until <= metered[1]
        assert 1 <= found.days <= days


def owed(cast: Cast, case: Any, **values: Any) -> Recovery:
    given: dict[str, Any] = {
        "unit": case.unit, "kwh": Decimal(3100), "metered_from": MARCH[0], "metered_until": MARCH[1],
        "used_from": date(2021, 5, 1), "used_until": MARCH[1], "due_on": date(2022, 6, 30), "actor": cast.officer,
        "at": AT,
    }  # fmt: skip
    return register_surcharge(case, **{**given, **values})


def test_a_surcharge_is_registered_paid_in_part_and_late(cast: Cast) -> None:
    case, other = a_case(cast), a_case(cast)
    bystander = owed(cast, other)
    row = owed(cast, case)
    row.refresh_from_db()
    assert (row.value, row.amount_due, row.kwh, row.rate) == tuple(map(Decimal, ("1550", "1550", "3100", "0.5")))
    assert (row.used_from, row.used_until) == MARCH
    register_payment(
        row, amount=Decimal(1000), paid_on=date(2022, 6, 2), receipt="电费1号", actor=cast.officer,
        at=moment("2022-06-02 09:00"),
    )  # fmt: skip
    row.refresh_from_db()
    assert [row.late_on(day) for day in (date(2022, 6, 30), date(2022, 7, 1))] == [False, True]
    set_due(
        row, amount_due=Decimal(1550), reason="批准缓缴", due_on=date(2022, 9, 30), actor=cast.officer,
        at=moment("2022-07-02 09:00"),
    )  # fmt: skip
    row.refresh_from_db()
    assert not row.late_on(date(2022, 7, 1))
    bystander.refresh_from_db()
    assert bystander.amount_paid == 0
    assert [entry.kind for entry in trail(f"recovery:{row.pk}")] == [
        "recovery.surcharge_registered", "recovery.paid", "recovery.due_set",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"used_until": date(2022, 2, 13), "metered_from": date(2022, 1, 1)}, Refused, "自 2022-02-14 起才有加价"),
        ({"kwh": Decimal(0)}, Invalid, "电量须大于 0"),
        ({"kwh": Decimal("1.001")}, Invalid, "最多两位小数"),
        ({"metered_until": date(2022, 2, 1)}, Invalid, "不早于抄表起日"),
        ({"used_until": date(2021, 4, 1)}, Invalid, "不早于用电起日"),
        ({"metered_until": date(2022, 6, 2)}, Invalid, "不晚于今天"),
    ],
)
def test_a_surcharge_that_cannot_be(cast: Cast, values: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        owed(cast, a_case(cast), **values)
    assert not Recovery.objects.exists()


@pytest.mark.parametrize("who", ["outsider", "auditor", "approver", "custodian"])
def test_who_does_not_work_on_the_case_registers_none(cast: Cast, who: str) -> None:
    with pytest.raises(NotAllowed):
        owed(cast, a_case(cast), actor=getattr(cast, who))


def test_the_database_holds_the_value_to_the_meter(cast: Cast) -> None:
    row = owed(cast, a_case(cast))
    for wrong in ({"kwh": Decimal(3101)}, {"kwh": None}, {"unit": None}, {"kind": "gain"}, {"kind": "fine"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Recovery.objects.filter(pk=row.pk).update(**wrong)


def test_on_its_page(cast: Cast) -> None:
    case = a_case(cast)
    client = browse(cast.officer)
    url = f"/penalties/recoveries/surcharge/{case.pk}/"
    assert "川发改价格规〔2022〕186号" in text(client.get(url))
    form = {
        "unit": case.unit_id, "kwh": "3100", "metered_from": "2021-3-1", "metered_until": "2021-3-31",
        "used_from": "2021-3-1", "used_until": "2021-3-31",
    }  # fmt: skip
    refused = client.post(url, form)
    assert refused.status_code == 400
    assert "起才有加价" in text(refused)
    assert 'value="3100"' in text(refused), "what was typed is kept"
    done = client.post(url, {key: str(value).replace("2021", "2022") for key, value in form.items()})
    assert done.status_code == 302
    shown = text(client.get(done.url))
    assert "1,550.00" in shown
    assert "差别电价加价" in shown
    assert browse(cast.outsider).get(url).status_code == 404
    assert browse(cast.auditor).post(url, form).status_code in {403, 404}
