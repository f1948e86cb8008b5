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
from casework.documents.pdf import Sheet, draw_pdf
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
    lost_styles,
    number_of_page,
    official_fonts,
    pages,
    proof_of_page,
)
from tests.documents.test_layout import DAY, sheet

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
    assert lost_styles(packed) == set()
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
LAYOUTS = {1: "dd4aea0dd1367fd1", 2: "36cd48567efa6d55", 3: "3d86a2d9afd049eb", 4: "ab22bf05f0dcd096"}


@pytest.mark.parametrize(("number", "digest"), LAYOUTS.items())
def test_a_layout_that_was_used_is_never_changed(number: int, digest: str) -> None:
    source = (Path(pdf.__file__).parent / "data" / f"layout.{number}.typ").read_bytes()

    assert hashlib.sha256(source).hexdigest()[:16] == digest, "make layout.N+1.typ and raise pdf.LAYOUT instead"
    assert max(LAYOUTS) == pdf.LAYOUT


def tops_of(drawn: bytes, size: float) -> list[float]:
    """Return from where to where the lines of the first page with that size of signs reach: upper edges of their boxes."""
    _paper, signs = next(iter(pages(drawn)))
    return [base - 0.88 * size for base in lines_of([one for one in signs if one.chinese], size)]


def test_head_title_and_text_keep_the_blank_lines_of_the_standard() -> None:
    drawn = draw_pdf(sheet(shipped()["supervision_letter"][0]))
    _paper, signs = next(iter(pages(drawn)))
    heads = [one for one in signs if one.size > 22.5]
    number, first = tops_of(drawn, 16)[:2]
    (title,) = tops_of(drawn, 22)

    assert 35 - 1 <= (min(one.top for one in heads) - TOP) / MM <= 35 + 2  # 7.2.4
    head = max(one.base for one in heads) + 0.12 * heads[0].size
    assert abs(number - head - 2 * 28.99) < 2  # 7.2.5: two empty lines below the head
    assert abs(title - (number + 16) - 4 * MM - 2 * 28.99) < 2  # 7.3.1: a rule after 4 mm, two empty lines
    assert abs(first - (title + 22) - (2 * 28.99 - 16)) < 2  # 7.3.2: one empty line


@pytest.mark.parametrize("organ", ["省纪委监委", "浙江省纪律检查委员会浙江省监察委员会"])
def test_the_organ_stands_in_the_middle_above_its_day(organ: str) -> None:
    drawn = draw_pdf(Sheet("落款", [{"block": "close", "organ": organ, "date": "2021年12月16日"}], DAY))

    _paper, signs = next(iter(pages(drawn)))
    first, second = list(lines_of([one for one in signs if not number_of_page(one)], 16).values())
    middles = [(line[0].left + line[-1].right) / 2 for line in (first, second)]
    assert abs(middles[0] - middles[1]) < 3
    gap = LEFT + WIDE - second[-1].right
    assert gap > 60
    assert first[-1].right <= LEFT + WIDE + OVER
    assert (abs(gap - 64) < 4) == (len(organ) < 10)


def test_rows_and_signatures_are_not_torn_apart() -> None:
    template = shipped()["sealing_list"][0]
    row = {"number": "ZJ21-3435-001", "title": "自组矿机 1 号（8 张显卡）", "seal": "ZJ21-000911",
           "sealed": "2021-09-06 10:41", "features": "自组 MB-71C1；约 240 MH/s；铁架，通电运行，散热风扇 6 个"}  # fmt: skip
    for many in range(3, 9):
        drawn = draw_pdf(sheet(template, {"items": [row] * many}))
        said = ["".join(one.text for one in signs) for _paper, signs in pages(drawn)]
        for text in said:
            assert text.count("散热风扇") == text.count("MB-71C1"), many
            assert ("保管人" in text) == ("年月日" in text), many


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("关于给予金某某同志严重警告、记大过处分的决定", ["关于给予金某某同志严重警告、", "记大过处分的决定"]),
        (
            "关于限期整改利用公共资源从事虚拟货币“挖矿”活动等有关问题并书面反馈整改落实情况的通知",
            ["关于限期整改利用公共资源从事虚拟货币", "“挖矿”活动等有关问题", "并书面反馈整改落实情况的通知"],
        ),
    ],
)
def test_long_titles_are_broken_where_the_sense_allows(title: str, lines: list[str]) -> None:
    drawn = draw_pdf(Sheet("题", [{"block": "title", "text": title}], DAY))

    _paper, signs = next(iter(pages(drawn)))
    assert ["".join(one.text for one in line) for line in lines_of(signs, 22).values()] == lines
