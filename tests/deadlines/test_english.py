"""How a date came about, read in English: every sentence that the rules can say, and the texts of the law's file."""

import re
from dataclasses import replace
from datetime import date, datetime

import pytest
from django.utils.translation import override

from casework.core.english import said
from casework.deadlines.enums import Unit
from casework.deadlines.rules import CIVIL, Facts, More, Rule, Stop, due, rules
from casework.deadlines.selectors import build_calendar
from casework.deadlines.services.calendar import seed_rows

CHINESE = re.compile(r"[\u3400-\u9fff]")
CALENDAR = build_calendar({row.on: row.kind.value for row in seed_rows()})
#: A Friday before a week of holidays, a month's last day, a Sunday that is worked, and a year without a notice.
STARTS = (date(2026, 9, 25), date(2026, 1, 31), date(2025, 9, 28), date(2030, 9, 1))


def rest(text: str) -> str:
    """Return what is said beside the titles of laws."""
    return re.sub("《[^》]*》", "", text)


def situations(rule: Rule, start: date) -> list[Facts]:
    moment = datetime(start.year, start.month, start.day, 9, 0, tzinfo=CIVIL)
    plain = Facts(start, start_at=moment, named_on=date(start.year, 12, 31))
    if rule.back or rule.unit == Unit.HOUR:
        return [plain]
    month = date(start.year, 10, 1)
    stopped = Stop(month, date(start.year, 10, 9), "waiting", "head", "no. 3", ("back", "head", "no. 4"))
    running = Stop(date(start.year, 11, 1))
    return [
        plain,
        replace(plain, stops=(stopped, running), extensions=(More(1, "month", "why", "head"), More(10, "working_day"))),
        replace(plain, stops=(replace(stopped, resumed=("", "", "")),)),
        replace(plain, stops=(replace(running, reason="more"),)),
    ]


@pytest.mark.parametrize("found", rules().values(), ids=lambda rule: rule.id)
def test_every_sentence_of_a_rule_has_its_english(found: Rule) -> None:
    steps = {
        step for start in STARTS for facts in situations(found, start) for step in due(found, facts, CALENDAR).steps
    }
    texts = {
        found.label,
        found.starts_from,
        found.by,
        found.note,
        found.citation,
        found.words,
        *(one.by for one in found.extend),
    }

    with override("en"):
        assert [told for told in map(said, sorted(steps | texts)) if CHINESE.search(rest(told))] == []


def test_a_sentence_in_full() -> None:
    step = due(rules()["L01"], Facts(date(2026, 1, 31)), CALENDAR).steps

    with override("en"):
        assert [said(one) for one in step] == [
            "Rule L01 (version 2): Propose how to handle a lead; 1 month from the day of: receiving the lead."
            " Basis: Discipline Enforcement Rules (2019), art. 21(2) 《监督执纪工作规则（2019 年）》.",
            "1 month from 2026-1-31; that month has no corresponding day, so its last day is taken: 2026-2-28."
            " Civil Code, art. 202 《民法典》.",
            "Due on 2026-2-28.",
        ]


def test_chinese_readers_read_what_was_recorded() -> None:
    step = due(rules()["L01"], Facts(date(2026, 1, 31)), CALENDAR).steps[0]

    assert said(step) == step


def test_somebodys_own_words_stay() -> None:
    with override("en"):
        told = said("2026年9月10日起暂停计时（等待鉴定，张主任批准）。")

    assert told == "Stopped from 2026-9-10 (等待鉴定; approved by 张主任)."
