"""What a page really measures: where each sign stands, how large, in which font. And what a DOCX really holds."""

import ctypes
import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from posixpath import dirname, join, normpath
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium_c
from lxml import etree

MM: Final = 72 / 25.4
#: A4, and the margins of GB/T 9704-2012, 5.1 and 5.2: 天头 37, 订口 28, and a type area of 156 × 225 mm.
PAPER: Final = (210, 297)
TOP, LEFT, WIDE, HIGH = 37 * MM, 28 * MM, 156 * MM, 225 * MM
W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_RELATIONS: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_TYPES: Final = "{http://schemas.openxmlformats.org/package/2006/content-types}"


@dataclass(frozen=True)
class Sign:
    """One sign of a page: its ink from the upper left corner of the paper in points, its base line, size and font."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    base: float
    size: float
    font: str

    @property
    def chinese(self) -> bool:
        return "\u3400" <= self.text <= "\u9fff"


def pages(pdf: bytes) -> Iterator[tuple[tuple[float, float], list[Sign]]]:
    """Yield the size in points and the signs of each page."""
    file = pypdfium2.PdfDocument(io.BytesIO(pdf))
    try:
        for page in file:
            yield page.get_size(), list(_signs(page))
    finally:
        file.close()


def _signs(page: Any) -> Iterator[Sign]:
    text, height = page.get_textpage(), page.get_height()
    across, base = ctypes.c_double(), ctypes.c_double()
    name, flags = ctypes.create_string_buffer(200), ctypes.c_int()
    for index in range(text.count_chars()):
        sign = text.get_text_range(index, 1)
        if not sign.strip() or sign == "\u200b":
            continue
        left, low, right, high = text.get_charbox(index, loose=False)
        pdfium_c.FPDFText_GetCharOrigin(text, index, across, base)
        pdfium_c.FPDFText_GetFontInfo(text, index, name, 200, flags)
        size = pdfium_c.FPDFText_GetFontSize(text, index)
        font = name.value.decode().partition("+")[2] or name.value.decode()
        yield Sign(sign, left, height - high, right, height - low, height - base.value, size, font)


def embedded(pdf: bytes) -> dict[str, bool]:
    """Return the fonts of the whole file and whether each is inside it."""
    file, found = pypdfium2.PdfDocument(io.BytesIO(pdf)), {}
    try:
        for page in file:
            for one in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_TEXT], max_depth=8):
                font = pdfium_c.FPDFTextObj_GetFont(one.raw)
                name = ctypes.create_string_buffer(200)
                pdfium_c.FPDFFont_GetBaseFontName(font, name, 200)
                found[name.value.decode()] = bool(pdfium_c.FPDFFont_GetIsEmbedded(font))
    finally:
        file.close()
    return found


def number_of_page(sign: Sign) -> bool:
    """Tell whether the sign stands below the type area: there only the page number may."""
    return sign.top > TOP + HIGH


def lines_of(signs: Sequence[Sign], size: float) -> dict[int, list[Sign]]:
    """Return the lines of the given size by their base line, from the top."""
    found: dict[int, list[Sign]] = {}
    for sign in signs:
        if abs(sign.size - size) < 0.1:
            found.setdefault(round(sign.base), []).append(sign)
    return dict(sorted(found.items()))


def proof_of_page(sign: Sign) -> bool:
    """Tell whether the sign belongs to the proof beside the QR, above the type area."""
    return sign.bottom < TOP and sign.size < 7


#: In which order a word processor wants these children (ECMA-376, 17.3.1.26, 17.3.2.28, 17.6.17, 17.4.59, 17.4.69).
ORDER: Final = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs"
    " suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd"
    " snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment"
    " textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid"
    " vanish webHidden color spacing w kern position sz szCs highlight u effect bdr shd fitText vertAlign rtl cs em"
    " lang eastAsianLayout specVanish oMath",
    "sectPr": "headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc pgBorders lnNumType"
    " pgNumType cols formProt vAlign noEndnote titlePg textDirection bidi rtlGutter docGrid printerSettings",
    "tblPr": "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing"
    " tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription",
    "tcPr": "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark",
}
_ONCE: Final = frozenset({"headerReference", "footerReference"})


def faults(docx: bytes) -> list[str]:
    """Return what a word processor could stumble over: lost parts, parts without type, children out of order."""
    found = []
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        names = set(archive.namelist())
        types = etree.fromstring(archive.read("[Content_Types].xml"))
        known = {one.get("Extension") for one in types.iter(f"{_TYPES}Default")}
        told = {one.get("PartName") for one in types.iter(f"{_TYPES}Override")}
        found += [f"no such part: {one}" for one in told if one.lstrip("/") not in names]
        for name in sorted(names):
            if name == "[Content_Types].xml":
                continue
            if f"/{name}" not in told and name.rpartition(".")[2] not in known:
                found.append(f"no content type: {name}")
            if not name.endswith((".xml", ".rels")):
                continue
            tree = etree.fromstring(archive.read(name))
            if name.endswith(".rels"):
                base = dirname(dirname(name))
                for one in tree.iter(f"{_RELATIONS}Relationship"):
                    target = str(one.get("Target"))
                    path = target.lstrip("/") if target.startswith("/") else normpath(join(base, target))
                    if one.get("TargetMode") != "External" and path not in names:
                        found.append(f"{name}: {one.get('Id')} leads nowhere")
                continue
            found += [f"{name}: {one}" for one in _out_of_order(tree)]
    return found


def _out_of_order(tree: Any) -> Iterator[str]:
    for parent, words in ORDER.items():
        order = words.split()
        for one in tree.iter(f"{W}{parent}"):
            children = [
                child.tag.removeprefix(W) for child in one if isinstance(child.tag, str) and child.tag.startswith(W)
            ]
            places = [order.index(child) for child in children if child in order]
            if places != sorted(places):
                yield f"{parent} out of order: {children}"
            for child, many in Counter(children).items():
                if many > 1 and child not in _ONCE:
                    yield f"{parent} has {many} {child}"


def lost_styles(docx: bytes) -> set[str]:
    """Return styles that are asked for and are not there, and ids that stand twice."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        styles = [
            str(one.get(f"{W}styleId")) for one in etree.fromstring(archive.read("word/styles.xml")).iter(f"{W}style")
        ]
        tree = etree.fromstring(archive.read("word/document.xml"))
    asked = {str(one.get(f"{W}val")) for kind in ("pStyle", "rStyle", "tblStyle") for one in tree.iter(f"{W}{kind}")}
    ids = [one.get(f"{W}id") for one in tree.iter() if isinstance(one.tag, str) and one.get(f"{W}id")]
    return (
        (asked - set(styles))
        | {one for one in styles if styles.count(one) > 1}
        | {str(one) for one in ids if ids.count(one) > 1}
    )


def official_fonts(docx: bytes) -> set[str]:
    """Return the fonts that the text of the document asks for."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        tree = etree.fromstring(archive.read("word/document.xml"))
    runs = [run for run in tree.iter(f"{W}r") if run.find(f"{W}t") is not None]
    fonts = [run.find(f"{W}rPr/{W}rFonts") for run in runs]
    return {str(one.get(f"{W}eastAsia")) if one is not None else "" for one in fonts}
