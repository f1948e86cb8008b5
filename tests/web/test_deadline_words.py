"""The whole table of deadline words."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from casework.web.deadline_words import MET, MET_LATE, RUNNING, STOPPED, VOID, DeadlineFacts, deadline_words

TODAY = date(2021, 10, 27)
SIX = datetime(2021, 10, 27, 10, 0, tzinfo=UTC)  # 18:00 in Shanghai
NOON = datetime(2021, 10, 27, 4, 0, tzinfo=UTC)
EVENING = datetime(2021, 10, 27, 11, 0, tzinfo=UTC)
MIDNIGHT = datetime(2021, 10, 27, 16, 0, tzinfo=UTC)  # 0:00 of the next day

TABLE: list[tuple[str, dict[str, Any], tuple[str, str, str, str]]] = [
    (
        RUNNING,
        {"due_on": date(2021, 10, 22), "working_days": 3},
        ("逾期 3 个工作日", "10月22日 到期", "red", "alert-triangle"),
    ),
    (
        RUNNING,
        {"due_on": date(2021, 10, 22), "working_days": 3, "unit": "natural"},
        ("逾期 5 天（3 个工作日）", "10月22日 到期", "red", "alert-triangle"),
    ),
    (
        RUNNING,
        {"due_on": date(2021, 10, 26), "working_days": 0},
        ("逾期 1 天", "10月26日 到期", "red", "alert-triangle"),
    ),
    (
        RUNNING,
        {"due_on": date(2020, 12, 31), "working_days": 200},
        ("逾期 200 个工作日", "2020年12月31日 到期", "red", "alert-triangle"),
    ),
    (RUNNING, {"due_on": TODAY}, ("今天", "10月27日 到期", "amber", "clock")),
    (RUNNING, {"due_on": TODAY, "due_at": SIX}, ("今天 18:00 前", "", "amber", "clock")),
    (RUNNING, {"due_on": TODAY, "due_at": SIX, "now": NOON}, ("今天 18:00 前", "", "amber", "clock")),
    (RUNNING, {"due_on": TODAY, "due_at": SIX, "now": EVENING}, ("逾期：今天 18:00 已过", "", "red", "alert-triangle")),
    (RUNNING, {"due_on": TODAY, "due_at": MIDNIGHT}, ("今天", "", "amber", "clock")),
    (
        RUNNING,
        {"due_on": date(2021, 10, 28), "working_days": 1},
        ("还剩 1 个工作日", "10月28日 到期", "amber", "clock"),
    ),
    (
        RUNNING,
        {"due_on": date(2021, 10, 29), "working_days": 2},
        ("还剩 2 个工作日", "10月29日 到期", "amber", "clock"),
    ),
    (RUNNING, {"due_on": date(2021, 11, 1), "working_days": 3}, ("还剩 3 个工作日", "11月1日 到期", "blue", "clock")),
    (RUNNING, {"due_on": date(2021, 11, 3), "working_days": 5}, ("还剩 5 个工作日", "11月3日 到期", "blue", "clock")),
    (RUNNING, {"due_on": date(2021, 11, 4), "working_days": 6}, ("还剩 6 个工作日", "11月4日 到期", "", "clock")),
    (
        RUNNING,
        {"due_on": date(2021, 12, 31), "working_days": 47, "unit": "natural"},
        ("还剩 65 天（47 个工作日）", "12月31日 到期", "", "clock"),
    ),
    (
        RUNNING,
        {"due_on": date(2021, 10, 31), "working_days": 2, "unit": "natural"},
        ("还剩 4 天（2 个工作日）", "10月31日 到期", "amber", "clock"),
    ),
    (
        RUNNING,
        {"due_on": date(2021, 10, 28), "working_days": 0, "unit": "natural"},
        ("还剩 1 天", "10月28日 到期", "amber", "clock"),
    ),
    (RUNNING, {"due_on": None}, ("未定期限", "", "", "clock")),
    (STOPPED, {"due_on": None, "stopped_days": 9}, ("暂停计时，已停 9 天", "恢复后重算", "", "clock-pause")),
    (STOPPED, {"due_on": date(2021, 10, 22), "stopped_days": 0}, ("暂停计时", "恢复后重算", "", "clock-pause")),
    (
        STOPPED,
        {"due_on": None, "stopped_days": 9, "stopped_why": "等鉴定意见"},
        ("暂停计时，已停 9 天", "等鉴定意见", "", "clock-pause"),
    ),
    (MET, {"due_on": date(2021, 10, 29), "early_by": 2}, ("按期完成", "提前 2 个工作日", "green", "clock-check")),
    (MET, {"due_on": date(2021, 10, 22)}, ("按期完成", "10月22日 到期", "green", "clock-check")),
    (
        MET_LATE,
        {"due_on": date(2021, 10, 26), "late_by": 1},
        ("超期 1 个工作日完成", "10月26日 到期", "red", "clock-x"),
    ),
    (MET_LATE, {"due_on": date(2021, 10, 23)}, ("超期完成", "10月23日 到期", "red", "clock-x")),
    (VOID, {"due_on": date(2021, 10, 22), "working_days": 3}, ("已作废", "", "", "ban")),
]


@pytest.mark.parametrize(("state", "given", "expected"), TABLE)
def test_words_of_the_table(state: str, given: dict[str, Any], expected: tuple[str, str, str, str]) -> None:
    words = deadline_words(DeadlineFacts(state=state, today=TODAY, **given))
    assert (words.words, words.second, words.colour, words.icon) == expected


def test_no_words_hold_a_negative_number_or_an_exclamation() -> None:
    for state, given, _expected in TABLE:
        words = deadline_words(DeadlineFacts(state=state, today=TODAY, **given))
        assert not {"-", "−", "!", "！"} & set(words.words + words.second)
