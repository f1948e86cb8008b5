"""The same blocks as DOCX, with the official font names: an officer's word processor shows the licensed fonts."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from casework.documents.fonts import OFFICIAL
from casework.documents.pdf import Sheet

RED: Final = RGBColor(0xD7, 0x00, 0x0F)
PITCH: Final = Pt(28.95)
#: 22 lines in twentieths of a point, and what 28 characters of 16 points take less than their size, in 4096ths.
GRID: Final = {"type": "linesAndChars", "linePitch": "579", "charSpace": "-848"}
#: What may stand after a border among the properties of a paragraph; a word processor wants them in this order.
_AFTER_BORDER: Final = (
    "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap", "w:overflowPunct", "w:topLinePunct",
    "w:autoSpaceDE", "w:autoSpaceDN", "w:bidi", "w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind",
    "w:contextualSpacing", "w:mirrorIndents", "w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment",
    "w:textboxTightWrap", "w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange",
)  # fmt: skip
#: A row with no longer cell stays on one page.
WHOLE: Final = 400
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def draw_docx(sheet: Sheet) -> bytes:
    """Return the DOCX of the sheet; the same sheet gives the same bytes."""
    file = docx.Document()
    _page(file, GRID if sheet.grid else {"linePitch": "480"})
    size = 16.0 if sheet.grid else 14.0
    _style(file, size, PITCH if sheet.grid else Pt(24))
    for block in sheet.blocks:
        _Writer(file, size).write(block)
    if sheet.proof:
        _paragraph(file, "　".join(sheet.proof), size=9, align=ALIGN.LEFT)
    props = file.core_properties
    props.title, props.author, props.comments, props.last_modified_by = sheet.title[:255], "", "", ""
    props.created = props.modified = datetime(sheet.day.year, sheet.day.month, sheet.day.day)  # noqa: DTZ001 (Word's)
    return _same_bytes(file)


def _same_bytes(file: Any) -> bytes:
    """Return the archive with fixed times, so that equal documents have equal digests."""
    raw, out = io.BytesIO(), io.BytesIO()
    file.save(raw)
    with zipfile.ZipFile(raw) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in sorted(before.namelist()):
            after.writestr(zipfile.ZipInfo(name, _EPOCH), before.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _page(file: Any, measures: Mapping[str, str]) -> None:
    section = file.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)
    grid = section._sectPr.find(qn("w:docGrid"))  # the empty document has one, and there may be no second
    for key, value in measures.items():
        grid.set(qn(f"w:{key}"), value)
    for key, relation in list(file.part.package.rels.items()):
        if relation.reltype.endswith("/thumbnail"):
            file.part.package.rels.pop(key)  # the picture of another document
    file.settings.odd_and_even_pages_header_footer = True
    for footer, align in ((section.footer, ALIGN.RIGHT), (section.even_page_footer, ALIGN.LEFT)):
        paragraph = footer.paragraphs[0]
        paragraph.alignment = align
        for part in ("— ", "PAGE", " —"):
            run = paragraph.add_run("" if part == "PAGE" else part)
            _font(run, "song", 14)
            if part == "PAGE":
                for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
                    run._r.append(_field(kind, text))


def _field(kind: str, text: str) -> Any:
    if kind:
        char = OxmlElement("w:fldChar")
        char.set(qn("w:fldCharType"), kind)
        return char
    instruction = OxmlElement("w:instrText")
    instruction.text = text
    return instruction


def _style(file: Any, size: float, pitch: Any) -> None:
    normal = file.styles["Normal"]
    normal.font.name, normal.font.size = OFFICIAL["body"], Pt(size)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), OFFICIAL["body"])
    form = normal.paragraph_format
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, pitch
    form.space_before = form.space_after = Pt(0)


def _font(run: Any, role: str, size: float, *, colour: RGBColor | None = None) -> None:
    run.font.name, run.font.size = OFFICIAL[role], Pt(size)
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), OFFICIAL[role])
    if colour is not None:
        run.font.color.rgb = colour


def _paragraph(
    where: Any,
    text: str,
    *,
    role: str = "body",
    size: float = 16,
    align: Any = ALIGN.JUSTIFY,
    indent: float = 0,
    colour: RGBColor | None = None,
) -> Any:
    paragraph = where.add_paragraph()
    paragraph.alignment = align
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(indent)
    _font(paragraph.add_run(text), role, size, colour=colour)
    return paragraph


class _Writer:
    """Writes one block after the other."""

    def __init__(self, file: Any, size: float) -> None:
        self.file, self.size = file, size

    def write(self, block: Mapping[str, Any]) -> None:
        """Write the block; the kinds are those of ``spec.BLOCKS``."""
        getattr(self, f"_{block['block']}")(block)

    def _say(self, text: str, **how: Any) -> Any:
        return _paragraph(self.file, text, **{"size": self.size, **how})

    def _marks(self, block: Mapping[str, Any]) -> None:
        for text in (block["secrecy"], block.get("urgency", "")):
            if text:
                self._say(text, role="hei", align=ALIGN.LEFT)

    def _head(self, block: Mapping[str, Any]) -> None:
        text = block["text"]
        size = max(20.0, min(46.0, 440 / max(len(text), 1)))
        paragraph = self._say(text, role="title", size=size, align=ALIGN.CENTER, colour=RED)
        paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        signer = f"　　签发人：{block['signer']}" if block.get("signer") else ""
        number = self._say(block.get("number", "") + signer, align=ALIGN.CENTER)
        number.paragraph_format.space_before = 2 * PITCH  # two empty lines, and two below the rule
        _rule(number, "D7000F", 18)
        for _line in range(2):
            self._say("")

    def _title(self, block: Mapping[str, Any]) -> None:
        grid = self.size == 16
        paragraph = self._say(block["text"], role="title", size=22 if grid else 20, align=ALIGN.CENTER)
        paragraph.paragraph_format.line_spacing = Pt(34)
        paragraph.paragraph_format.keep_with_next = True
        under = "　　".join(one for one in (block.get("number", ""), block.get("copy", "")) if one)
        if under:
            self._say(under, size=14, align=ALIGN.CENTER)
        self._say("", size=self.size if grid else 8)

    def _to(self, block: Mapping[str, Any]) -> None:
        self._say(block["text"])

    def _p(self, block: Mapping[str, Any]) -> None:
        for line in block["lines"]:
            self._say(line, indent=0 if block.get("indent") == "no" else 2 * self.size)

    def _h1(self, block: Mapping[str, Any]) -> None:
        self._say(block["text"], role="hei", indent=2 * self.size).paragraph_format.keep_with_next = True

    def _h2(self, block: Mapping[str, Any]) -> None:
        self._say(block["text"], role="kai", indent=2 * self.size).paragraph_format.keep_with_next = True

    def _form(self, block: Mapping[str, Any]) -> None:
        table = self.file.add_table(rows=0, cols=2 * block["columns"], style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        for row in block["rows"]:
            cells, at = table.add_row().cells, 0
            for index, cell in enumerate(row):
                last = index == len(row) - 1
                end = len(cells) - 1 if last else at + 2 * cell["span"] - 1
                self._cell(cells[at], cell["label"], role="hei", align=ALIGN.CENTER)
                wide = cells[at + 1] if end == at + 1 else cells[at + 1].merge(cells[end])
                self._cell(wide, cell["value"] + "\n" * (cell["height"] - 1))
                if cell["sign"]:
                    _paragraph(wide, "签名：　　　　　　　年　　月　　日", size=12, align=ALIGN.RIGHT)
                at = end + 1
        self._say("", size=8)

    def _cell(self, cell: Any, text: str, *, role: str = "body", size: float = 12, align: Any = ALIGN.LEFT) -> None:
        for index, line in enumerate(text.split("\n")):
            paragraph = cell.paragraphs[0] if index == 0 else cell.add_paragraph()
            paragraph.alignment = align
            paragraph.paragraph_format.line_spacing = Pt(18)
            _font(paragraph.add_run(line), role, size)

    def _table(self, block: Mapping[str, Any]) -> None:
        rows: Sequence[Sequence[str]] = block["rows"] or [[block["empty"], *[""] * (len(block["head"]) - 1)]]
        table = self.file.add_table(rows=1, cols=len(block["head"]), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        shares = [share or 0.8 for share in block["widths"]]
        widths = [Mm(156 * share / sum(shares)) for share in shares]
        for cell, text in zip(table.rows[0].cells, block["head"], strict=True):
            self._cell(cell, text, role="hei", size=11, align=ALIGN.CENTER)
        repeat = OxmlElement("w:tblHeader")
        table.rows[0]._tr.get_or_add_trPr().append(repeat)
        sides = [ALIGN.CENTER if not share else ALIGN.RIGHT if right else ALIGN.LEFT
                 for share, right in zip(block["widths"], block["right"], strict=True)]  # fmt: skip
        for line in rows:
            row = table.add_row()
            if all(len(text) <= WHOLE for text in line):
                row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
            for cell, text, side in zip(row.cells, line, sides, strict=True):
                self._cell(cell, text, size=11, align=side)
        for column, width in zip(table.columns, widths, strict=True):
            for cell in column.cells:
                cell.width = width
        self._say("", size=8)

    def _qa(self, block: Mapping[str, Any]) -> None:
        for question, answer in block["rows"]:
            for word, text in (("问：", question), ("答：", answer)):
                paragraph = self._say(word, role="hei")
                _font(paragraph.add_run(text), "body", self.size)

    def _lines(self, block: Mapping[str, Any]) -> None:
        many = len(block["items"]) > 1
        for index, item in enumerate(block["items"], 1):
            label = block["label"] if index == 1 else ""
            self._say(f"{label}{index}. {item}" if many else f"{label}{item}", indent=2 * self.size)

    def _sign(self, block: Mapping[str, Any]) -> None:
        for item in block["items"]:
            self._say(item, align=ALIGN.LEFT).paragraph_format.space_before = Pt(8)
        if block.get("dated"):
            self._say("年　　月　　日", align=ALIGN.RIGHT)

    def _close(self, block: Mapping[str, Any]) -> None:
        self._say("")
        # The day ends four characters before the edge, the organ stands in the middle above it.
        over = (_wide(block["organ"]) - _wide(block["date"])) / 2 * self.size
        gap = max(4 * self.size, min(over, 10 * self.size))
        for text, right in ((block["organ"], max(gap - over, 0)), (block["date"], gap)):
            paragraph = self._say(text, align=ALIGN.RIGHT)
            paragraph.paragraph_format.right_indent = Pt(right)
            paragraph.paragraph_format.keep_with_next = text == block["organ"]

    def _foot(self, block: Mapping[str, Any]) -> None:
        for item in block["items"]:
            _rule(self._say(item, size=14), "000000", 6)

    def _note(self, block: Mapping[str, Any]) -> None:
        self._say(block["text"], size=10.5).paragraph_format.line_spacing = Pt(16)

    def _page(self, block: Mapping[str, Any]) -> None:
        self.file.add_page_break()


def _wide(text: str) -> float:
    """Return how many full-width signs the text is long."""
    return sum(0.5 if sign < "\u2000" else 1.0 for sign in text)


def _rule(paragraph: Any, colour: str, width: int) -> None:
    borders = OxmlElement("w:pBdr")
    line = OxmlElement("w:bottom")
    for key, value in (("val", "single"), ("sz", str(width)), ("space", "6"), ("color", colour)):
        line.set(qn(f"w:{key}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, *_AFTER_BORDER)
