"""Each of the kinds, drawn and measured sign by sign against GB/T 9704-2012, in both formats."""

import hashlib
import io
import re
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import docx
import pytest

from casework.documents import pdf
from casework.documents.catalogue import codes, shipped
from casework.documents.fonts import OFFICIAL, fonts
from casework.documents.pdf import draw_pdf
from casework.documents.word import draw_docx
from tests.documents.measure import (
    HIGH,
    LEFT,
    MM,
    PAPER,
    TOP,
    WIDE,
    W,
    embedded,
    faults,
    lines_of,
    number_of_page,
    official_fonts,
    pages,
    proof_of_page,
)
from tests.documents.test_layout import sheet

#: Full-width signs of a line; marks next to each other share a place, so that a line may hold more of them.
CHARACTERS, SHARED = 28, 2
#: How far a line that is pressed together may reach over the edge: half a millimetre.
OVER = 0.5 * MM


def wrong_measures(drawn: bytes, *, grid: bool) -> list[str]:
    """Return every sign and line that is not where the standard wants it."""
    wrong, counted = [], 0
    families = {re.sub(r"[\s-]", "", name).lower() for name in fonts().families.values()}
    for number, ((width, height), signs) in enumerate(pages(drawn), 1):
        if (round(width / MM), round(height / MM)) != PAPER:
            wrong.append(f"page {number}: paper {width / MM:.0f} × {height / MM:.0f}")
        footer = "".join(sign.text for sign in signs if number_of_page(sign))
        counted = 1 if footer == "—1—" else counted + 1  # a second copy for the other side begins anew
        if footer != f"—{counted}—":
            wrong.append(f"page {number}: below the text stands {footer!r}")
        body = [sign for sign in signs if not number_of_page(sign) and not (counted == 1 and proof_of_page(sign))]
        wrong += [
            f"page {number}: {sign.text!r} at {sign.left / MM:.1f}, {sign.top / MM:.1f} mm is outside"
            for sign in body
            if sign.left < LEFT - OVER
            or sign.right > LEFT + WIDE + OVER
            or sign.top < TOP - OVER
            or sign.bottom > TOP + HIGH
        ]
        wrong += [
            f"page {number}: {sign.text!r} is drawn in {sign.font}"
            for sign in body
            if sign.chinese and not any(re.sub(r"[\s-]", "", sign.font).lower().startswith(one) for one in families)
        ]
        if grid:
            lines = lines_of(body, 16)
            if len(lines) > 22:
                wrong.append(f"page {number}: {len(lines)} lines")
            for base, line in lines.items():
                wide = sum(sign.text > "\u2e80" or sign.text in "“”‘’—…" for sign in line)
                if wide > CHARACTERS + SHARED:
                    wrong.append(f"page {number}: {wide} characters in the line at {base}")
            near = [after - before for before, after in pairwise(lines) if after - before < 28]
            if near:
                wrong.append(f"page {number}: lines only {near} points apart")
    return wrong


@pytest.mark.parametrize("code", codes())
def test_each_kind_keeps_the_measures_of_the_standard(code: str) -> None:
    template = shipped()[code][0]
    drawn = draw_pdf(sheet(template))

    assert wrong_measures(drawn, grid=template.grid) == []
    assert set(embedded(drawn).values()) == {True}


@pytest.mark.parametrize("code", codes())
def test_each_kind_opens_in_a_word_processor_with_the_same_measures(code: str) -> None:
    template = shipped()[code][0]
    packed = draw_docx(sheet(template))

    assert faults(packed) == []
    file = docx.Document(io.BytesIO(packed))
    (section,) = file.sections
    paper = (section.page_width, section.page_height)
    assert [round(side.mm) for side in paper if side is not None] == [210, 297]
    sides = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(side.mm) for side in sides if side is not None] == [37, 35, 28, 26]
    grid = section._sectPr.find(f"{W}docGrid")
    pitch = int(grid.get(f"{W}linePitch")) / 20
    if template.grid:
        character = 16 + int(grid.get(f"{W}charSpace")) / 4096
        assert grid.get(f"{W}type") == "linesAndChars"
        assert 22 * pitch <= HIGH < 23 * pitch
        assert 28 * character <= WIDE < 28.1 * character
    assert official_fonts(packed) <= set(OFFICIAL.values())
    assert OFFICIAL["body"] in official_fonts(packed)


def test_the_measuring_sees_what_is_wrong() -> None:
    made = sheet(shipped()["record"][0])

    assert any("outside" in one for one in wrong_measures(draw_pdf(replace(made, layout=1)), grid=False))
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(draw_docx(made))) as before, zipfile.ZipFile(packed, "w") as after:
        for name in before.namelist():
            if name != "word/styles.xml":
                after.writestr(name, before.read(name).replace(b"<w:cols", b"<w:docGrid/><w:cols"))
    said = "\n".join(faults(packed.getvalue()))
    for one in ("no such part: /word/styles.xml", "leads nowhere", "sectPr has 2 docGrid", "sectPr out of order"):
        assert one in said


#: What documents were drawn with is never changed: they are drawn again with it to the same bytes.
LAYOUTS = {1: "dd4aea0dd1367fd1", 2: "36cd48567efa6d55", 3: "eefc03e1b605ff16"}


@pytest.mark.parametrize(("number", "digest"), LAYOUTS.items())
def test_a_layout_that_was_used_is_never_changed(number: int, digest: str) -> None:
    source = (Path(pdf.__file__).parent / "data" / f"layout.{number}.typ").read_bytes()

    assert hashlib.sha256(source).hexdigest()[:16] == digest, "make layout.N+1.typ and raise pdf.LAYOUT instead"
    assert max(LAYOUTS) == pdf.LAYOUT
