"""Tags for the pages of campaigns and self-inspections."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.translation import gettext as _

from casework.web.formats import DASH
from units.models.self_inspections import Row
from units.questionnaire import Sheet
from units.selectors.versions import row_words

register = template.Library()


@dataclass(frozen=True)
class Cell:
    """A cell of a sheet as it is drawn."""

    label: Any
    words: str
    mono: bool
    wide: bool


@register.filter
def cells(row: Row, sheet: Sheet) -> list[Cell]:
    """``{% for cell in row|cells:sheet %}``: the cells of a row in words."""
    words = row_words(sheet, {field: getattr(row, field) for field in sheet.fields})
    return [
        Cell(
            column.label,
            text or DASH,
            column.field in {"serial", "seal_number", "asset_number", "ip"},
            column.wide,
        )
        for column, text in zip(sheet.columns, words, strict=True)
    ]


@register.simple_tag
def question_title(template_of: Any, code: str) -> str:
    """``{% question_title template code %}``: number and title of a question; the whole report for an empty code."""
    if not code:
        return str(_("整份报告"))
    return f"{template_of.numbers[code]}. {template_of.by_code[code].title}"


@register.filter
def at(things: Any, place: int) -> Any:
    """``{{ stages|at:forloop.counter0 }}``: the thing at that place."""
    return things[place]
