"""Dates, sums, digests and codes as they are written."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils.translation import override

from casework.core import moments
from casework.web import formats

TODAY = date(2021, 10, 27)


@pytest.mark.parametrize(
    ("day", "today", "expected"),
    [
        (date(2021, 9, 6), TODAY, "9月6日"),
        (date(2020, 9, 6), TODAY, "2020年9月6日"),
        (date(2021, 9, 6), None, "2021年9月6日"),
        (datetime(2021, 12, 31, 17, 0, tzinfo=UTC), TODAY, "2022年1月1日"),
        (None, TODAY, "—"),
    ],
)
def test_days(day: date | None, today: date | None, expected: str) -> None:
    assert moments.cn_date(day, today) == expected


def test_moments_are_those_of_shanghai() -> None:
    moment = datetime(2021, 9, 6, 6, 20, 5, tzinfo=UTC)
    assert moments.cn_datetime(moment, TODAY) == "9月6日 14:20"
    assert moments.cn_datetime(moment, TODAY, seconds=True) == "9月6日 14:20:05"
    assert moments.cn_datetime(None) == "—"


def test_paper_says_year_and_zone() -> None:
    moment = datetime(2021, 9, 6, 16, 20, 5, tzinfo=UTC)
    assert moments.on_paper(moment) == "2021年9月7日 00:20（北京时间）"
    with override("en"):
        assert moments.on_paper(moment) == "2021-9-7 00:20 (Beijing time)"
    assert moments.on_paper(None) == "—"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-9-7", date(2021, 9, 7)),
        ("2021/09/07", date(2021, 9, 7)),
        (" 2021年9月7日 ", date(2021, 9, 7)),
        ("2021年9月7", date(2021, 9, 7)),
        ("2021.9.7", date(2021, 9, 7)),
        ("2021年9月31日", None),
        ("0000-1-1", None),
        ("2021-9", None),
        ("9月7日", None),
        ("", None),
        ("7-9-2021", None),
    ],
)
def test_typed_days(text: str, expected: date | None) -> None:
    assert formats.parse_day(text) == expected


def test_sums_and_quantities_carry_their_unit() -> None:
    assert formats.cny(Decimal("17145.6")) == "17,145.60 元"
    assert formats.coin(Decimal("0.76"), "ETH") == "0.76000000 ETH"
    assert formats.amount(4699) == "4,699"
    assert formats.cny(None) == formats.coin(None, "ETH") == formats.amount(None) == "—"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("330102198001011234", "330102 19800101 1234"),
        ("33010219800101123X", "330102 19800101 123X"),
        ("12330000470000000X", "12330000 47000000 0X"),
        ("91330000MA27U0XX3C", "91330000 MA27U0XX 3C"),
        ("U-017", "U-017"),
        (None, "—"),
    ],
)
def test_codes_are_grouped(code: str | None, expected: str) -> None:
    assert formats.group_code(code) == expected


def test_digests_are_grouped_in_fours() -> None:
    assert formats.group4("9f2c41d70be8") == "9f2c 41d7 0be8"
    assert formats.group4("9f2c4") == "9f2c 4"
    assert formats.group4("") == "—"
