"""The surcharge on power by province and day, and what a meter comes to. Pure."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.surcharge import surcharge_of, tariff_of, tariffs

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


def test_less_than_a_fen_is_nothing_and_half_a_yuan_is_something() -> None:
    tariff = tariff_of("330521")
    assert tariff is not None
    day = (date(2022, 3, 31), date(2022, 3, 31))
    assert surcharge_of(tariff, kwh=Decimal("0.1"), metered=MARCH, used=day) is None
    found = surcharge_of(tariff, kwh=Decimal(1), metered=MARCH, used=MARCH)
    assert found is not None
    assert found.value == Decimal("0.50")
