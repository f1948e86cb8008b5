"""Submitted versions of a report as people read them, and what changed from one to the next."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from units.models import Report
from units.questionnaire import SHEETS, Question, Sheet, questionnaire


@dataclass(frozen=True)
class SheetContent:
    """A frozen sheet: its columns' labels and its rows in words."""

    sheet: Sheet
    labels: tuple[Any, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Content:
    """One question of a frozen report with its answer, rows and attachments."""

    number: int
    question: Question
    answer: str
    sheet: SheetContent | None
    attachments: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Change:
    """What one question said before and says now."""

    number: int
    title: Any
    before: str
    after: str


def contents(report: Report) -> list[Content]:
    """Return the frozen report question by question."""
    data = json.loads(report.content)
    template = questionnaire(data["questionnaire"])
    return [
        Content(
            number,
            question,
            answer_words(question, data["answers"].get(question.code)),
            _sheet(data, question),
            tuple(one for one in data["attachments"] if one["question"] == question.code),
        )
        for number, question in enumerate(template.questions, 1)
    ]


def answer_words(question: Question, value: Any) -> str:
    """Return a stored answer in words; empty when there is none."""
    if value is None:
        return ""
    if question.kind == "choice":
        return str(dict(question.choices).get(value, value))
    if question.kind == "date":
        day = date.fromisoformat(value)
        return _("%(y)s年%(m)s月%(d)s日") % {"y": day.year, "m": day.month, "d": day.day}
    if question.kind == "number":
        return f"{value:,} {question.unit}"
    return str(value)


def _sheet(data: Mapping[str, Any], question: Question) -> SheetContent | None:
    sheet = SHEETS.get(question.sheet)
    if sheet is None:
        return None
    rows = data["sheets"].get(sheet.code, [])
    return SheetContent(
        sheet,
        tuple(column.label for column in sheet.columns),
        tuple(row_words(sheet, row) for row in rows),
    )


def row_words(sheet: Sheet, row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the cells of a row in words."""
    cells = []
    for column in sheet.columns:
        value = row.get(column.field)
        if column.kind == "choice":
            value = dict(column.choices).get(str(value), value)
        elif column.kind == "yes_no":
            value = _("是") if value else _("否")
        cells.append("" if value is None else str(value))
    return tuple(cells)


def changes(before: Report, after: Report) -> list[Change]:
    """Return every question whose answer, rows or attachments differ between two versions."""
    found = []
    for old, new in zip(contents(before), contents(after), strict=True):
        was, now = _as_text(old), _as_text(new)
        if was != now:
            found.append(Change(new.number, new.question.title, was, now))
    return found


def _as_text(content: Content) -> str:
    lines: list[str] = [content.answer] if content.answer else []
    if content.sheet is not None:
        lines += [_joined(row) for row in content.sheet.rows]
    lines += [_("附件 %(name)s") % {"name": one["name"]} for one in content.attachments]
    return "\n".join(lines)


def _joined(cells: Sequence[str]) -> str:
    return _("，").join(cell for cell in cells if cell)
