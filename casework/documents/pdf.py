"""Drawing a document as PDF/A with Typst: the same data, template and fonts give the same bytes."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from casework.core.errors import Refused
from casework.core.later import later
from casework.documents.fonts import fonts

if TYPE_CHECKING:
    import segno
    import typst
else:
    segno = later("segno")
    typst = later("typst")

#: The layout of new documents. A layout that has been used is never changed: a change is a new file beside it, and
#: every document is drawn again with the one it was made with.
LAYOUT: Final = 4
_RUN: Final = re.compile(r"[\x21-\x7e]{18,}")
_WORDS: Final = re.compile(r"[\x21-\x7e]{9,}")
_SEAM: Final = re.compile(r"(?<=[/_.@:-])(?=[0-9A-Za-z])")


@dataclass(frozen=True)
class Sheet:
    """What is drawn: the blocks, and the particulars that are not part of the text."""

    title: str
    blocks: Sequence[Mapping[str, Any]]
    day: date
    grid: bool = True
    draft: bool = False
    qr: str = ""
    proof: Sequence[str] = field(default_factory=tuple)
    layout: int = LAYOUT


@cache
def _layout(number: int) -> bytes:
    return (Path(__file__).parent / "data" / f"layout.{number}.typ").read_bytes()


def made_with(layout: int = LAYOUT) -> dict[str, Any]:
    """Return what the bytes of a PDF depend on beside data and template."""
    return {"layout": layout, "typst": version("typst"), "fonts": fonts().families}


def _pieces(run: re.Match[str]) -> str:
    return "\u200b".join(run[0][at : at + 8] for at in range(0, len(run[0]), 8))


def _seams(run: re.Match[str]) -> str:
    """Break names of files and types after their marks; what has none, like a digest, every eight characters."""
    return "\u200b".join(_RUN.sub(_pieces, part) for part in _SEAM.split(run[0]))


def _breakable(value: Any, layout: int) -> Any:
    """Let long runs of Latin characters (digests, wallets, names of files) break at the edge of a cell."""
    if isinstance(value, str):
        return _RUN.sub(_pieces, value) if layout < 3 else _WORDS.sub(_seams, value)
    if isinstance(value, Mapping):
        return {key: one if key == "block" else _breakable(one, layout) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_breakable(one, layout) for one in value]
    return value


def draw_pdf(sheet: Sheet) -> bytes:
    """Return the PDF/A-2b of the sheet.

    Raises:
        Refused: a character stands in the text that no font of this machine has; the sentence names it.
    """
    data = {
        "title": sheet.title,
        "blocks": _breakable(list(sheet.blocks), sheet.layout),
        "day": [sheet.day.year, sheet.day.month, sheet.day.day],
        "grid": sheet.grid,
        "draft": sheet.draft,
        "qr": _qr(sheet.qr) if sheet.qr else "",
        "proof": list(sheet.proof),
        "fonts": fonts().families,
    }
    compiler = typst.Compiler(
        _layout(sheet.layout), font_paths=fonts().opened, sys_inputs={"data": json.dumps(data, ensure_ascii=False)}
    )
    try:
        drawn = compiler.compile(format="pdf", pdf_standards=["a-2b"])
    except typst.TypstError as error:
        shown = re.search(r"text '(.{1,40}?)'|`(.{1,40}?)`", error.message)
        if "could not be displayed" in error.message or "glyph" in error.message:
            raise Refused(
                _("不能制作文书：有的字在这台机器的字体里没有（%(text)s）。可以由系统管理员补装字体。")
                % {"text": (shown[1] or shown[2]) if shown else ""},
                code="no_glyph",
            ) from error
        raise Refused(
            _("不能制作文书：排版没有成功（%(text)s）。可以对照现行版本检查模板的表格和栏目。")
            % {"text": error.message[:120]},
            code="layout",
        ) from error
    if not isinstance(drawn, bytes):
        raise TypeError("one file was asked for")
    return drawn


def _qr(text: str) -> str:
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=1, omitsize=True, xmldecl=False)
    return out.getvalue().decode()
