"""Geometry of the server-drawn pictures and of differences."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.web.components import DeadlineLine, Share, Stop
from casework.web.differences import pieces
from casework.web.pictures import LEFT, LOW_ROW, RIGHT, deadline_picture, ring_picture, share_bars

START = date(2021, 9, 18)


def line(today: date, due: date = date(2021, 12, 31), first: date | None = None) -> DeadlineLine:
    stops = (Stop(date(2021, 9, 22), date(2021, 9, 26), 4), Stop(date(2021, 10, 11), date(2021, 10, 20), 9))
    return DeadlineLine(START, due, today, first, stops, "立案")


def test_line_says_everything_in_words_too() -> None:
    picture = deadline_picture(line(date(2021, 10, 27), first=date(2021, 12, 18)))
    assert picture.sentence == "立案 9月18日，原到期 12月18日，暂停 2 次共 13 天，到期 12月31日，今天 10月27日"
    assert picture.added is not None
    assert picture.added.label == "＋13 天"
    assert [bar.cls for bar in picture.bars] == ["f-done", "f-rest"]
    assert [bar.label for bar in picture.stops] == ["停 4 天", "停 9 天"]


def test_line_of_an_overdue_matter_shows_the_late_part() -> None:
    picture = deadline_picture(line(date(2022, 1, 20)))
    assert [bar.cls for bar in picture.bars] == ["f-done", "f-late"]
    assert picture.now.x == RIGHT


@given(st.integers(0, 500), st.integers(1, 400), st.integers(-30, 60))
def test_line_stays_on_its_canvas(passed: int, length: int, moved: int) -> None:
    due = START + timedelta(days=length)
    picture = deadline_picture(line(START + timedelta(days=passed), due, due + timedelta(days=moved)))
    for x in [picture.now.x, picture.due.x, *(mark.x for mark in picture.months)]:
        assert LEFT <= x <= RIGHT
    for bar in [*picture.bars, *picture.stops]:
        assert bar.width >= 0
        assert LEFT <= bar.x <= RIGHT


@pytest.mark.parametrize("passed", [0, 3, 100, 104])
def test_crowded_words_take_the_lower_row(passed: int) -> None:
    assert deadline_picture(line(START + timedelta(days=passed))).now.y == LOW_ROW


@pytest.mark.parametrize(
    ("done", "total", "length"), [(0, 14, 0), (7, 14, 157.1), (14, 14, 314.2), (15, 14, 314.2), (0, 0, 0), (-1, 4, 0)]
)
def test_ring(done: int, total: int, length: float) -> None:
    assert ring_picture(done, total).length == length


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=8))
def test_share_bar_fills_its_width_and_hides_no_part(counts: list[int]) -> None:
    bars = share_bars([Share(f"第 {number} 部分", count, "green") for number, count in enumerate(counts)])
    shown = [count for count in counts if count > 0]
    assert len(bars) == max(len(shown), 1)
    assert all(bar.width > 0 for bar in bars)
    assert bars[-1].x + bars[-1].width == pytest.approx(240, abs=0.5)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("扣除一个季度", "扣除三个季度", [("keep", "扣除"), ("del", "一"), ("ins", "三"), ("keep", "个季度")]),
        ("17,145.60 元", "17,145.00 元", [("del", "17,145.60"), ("ins", "17,145.00"), ("keep", " 元")]),
        ("未签收", "已签收", [("del", "未签收"), ("ins", "已签收")]),
        ("", "新增", [("ins", "新增")]),
        ("删去", "", [("del", "删去")]),
        ("一样", "一样", [("keep", "一样")]),
        ("", "", []),
    ],
)
def test_differences(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert list(pieces(before, after)) == expected


@given(st.text(max_size=40), st.text(max_size=40))
def test_differences_lose_nothing(before: str, after: str) -> None:
    found = list(pieces(before, after))
    assert "".join(text for kind, text in found if kind != "ins") == before
    assert "".join(text for kind, text in found if kind != "del") == after
