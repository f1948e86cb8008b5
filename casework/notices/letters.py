"""What the papers of the ladder say. Pure text; no database, no clock."""

from datetime import date

from casework.deadlines.rules import day_words
from casework.notices.models import LetterKind

#: The series of their numbers (文号), each without a gap.
SERIES = {LetterKind.REMINDER: "工提", LetterKind.SUPERVISION: "督办", LetterKind.TALK: "约谈"}

#: Colour, and with it symbol and word, of each paper: blue, amber, red.
LOUDNESS = {LetterKind.REMINDER: "info", LetterKind.SUPERVISION: "warn", LetterKind.TALK: "alarm"}

_CALLS = {
    LetterKind.REMINDER: "请抓紧办结，并于收到本提醒后 2 个工作日内书面说明未按期办结的原因和办结日期。",
    LetterKind.SUPERVISION: (
        "现予督办。请主要负责人亲自过问，于收到本函后 3 个工作日内办结并书面报告；确有困难的，一并说明原因和措施。"
    ),
    LetterKind.TALK: "经提醒、督办仍未办结，决定约谈主要负责人。请携带办理情况的书面材料，按通知的时间、地点到场。",
}


def body(kind: LetterKind, title: str, due_on: date, late: int, article: str) -> str:
    """Return the text of a paper: what was due when, how late it is, and what is asked now."""
    facts = f"“{title}”应于{day_words(due_on)}办结（{article}），至今已逾期 {late} 个工作日。"
    return f"{facts}\n{_CALLS[kind]}"
