"""Tags for the pages of campaigns and self-inspections."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from casework.core.moments import DASH
from casework.web.templatetags.cw import icon
from units.models import Stage
from units.models.self_inspections import Row
from units.questionnaire import Sheet
from units.selectors.campaigns import Row as MatrixRow
from units.selectors.stage_states import CellState
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
def matrix_cells(row: MatrixRow, stages: Sequence[Stage], chosen: Stage | None, picked: Collection[str]) -> str:
    """``{% matrix_cells row stages chosen picked %}``: the cells of a unit, each a link to those like it."""
    return format_html_join(
        "",
        "{}",
        (
            (_cell(one, stage.code, chosen is not None and stage.pk == chosen.pk and one.key in picked),)
            for stage, one in zip(stages, row.cells, strict=True)
        ),
    )


@lru_cache(maxsize=2048)
def _cell(one: CellState, stage: str, selected: bool) -> str:
    """Most of a thousand cells are alike: each kind is written once."""
    return format_html(
        '<td><a class="{}{}" href="?stage={}&amp;state={}#panel"{}>{}<span>{}</span><b>{}</b></a></td>',
        one.colour or "none",
        " sel" if selected else "",
        stage,
        one.key,
        SafeString(' aria-current="true"') if selected else "",
        icon(one.icon),
        one.word,
        one.number,
    )


@register.simple_tag
def question_title(template_of: Any, code: str) -> str:
    """``{% question_title template code %}``: number and title of a question; the whole report for an empty code."""
    if not code:
        return str(_("整份报告"))
    return f"{template_of.numbers[code]}. {template_of.by_code[code].title}"
