"""Looking into a stored file without running anything in it: pictures are drawn anew, PDF pages become pictures,
text and tables become text. What is none of these is not shown. Plain functions of bytes; who may look is decided above.
"""

import csv
import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pypdfium2
from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError
from python_calamine import CalamineError, CalamineWorkbook

WIDTH: Final = 1_600
#: More pixels than this are a bomb, not a photo.
MAX_PIXELS: Final = 120_000_000
TEXT_BYTES: Final = 64 * 1024
ROWS, COLUMNS, CELL = 200, 40, 300
PAGES: Final = 200
IMAGES: Final = frozenset({"PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"})
_ZIP_BYTES: Final = 256 * 1024**2


@dataclass(frozen=True)
class Preview:
    """What can be shown: ``kind`` is image, pdf, table, text or "" for nothing."""

    kind: str
    pages: int = 0
    text: str = ""
    rows: list[list[str]] = field(default_factory=list)
    cut: bool = False


def look_into(path: Path, name: str) -> Preview:
    """Return what can be shown of the file; decided by its bytes, the name only tells tables from text."""
    with path.open("rb") as stream:
        head = stream.read(TEXT_BYTES + 1)
    if head.startswith(b"%PDF-"):
        return _pdf(path)
    if _format_of(path):
        return Preview("image", 1)
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _workbook(path)
    text = _decoded(head)
    if text is None:
        return Preview("")
    cut = len(head) > TEXT_BYTES
    if name.lower().endswith((".csv", ".tsv")):
        rows = _table(text, "\t" if name.lower().endswith(".tsv") else ",")
        if rows:
            return Preview("table", rows=rows[:ROWS], cut=cut or len(rows) > ROWS)
    return Preview("text", text=text[:TEXT_BYTES], cut=cut)


def _format_of(path: Path) -> str:
    try:
        with Image.open(path, formats=sorted(IMAGES)) as picture:
            return picture.format or "" if picture.width * picture.height <= MAX_PIXELS else ""
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return ""


def _pdf(path: Path) -> Preview:
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError:
        return Preview("")
    try:
        return Preview("pdf", min(len(document), PAGES), cut=len(document) > PAGES)
    finally:
        document.close()


def _workbook(path: Path) -> Preview:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if sum(one.file_size for one in archive.infolist()) > _ZIP_BYTES:
                    return Preview("")
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        rows = sheet.to_python(nrows=ROWS + 1)
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile, IndexError):
        return Preview("")
    shown = [[str(cell)[:CELL] for cell in row[:COLUMNS]] for row in rows[:ROWS]]
    return Preview("table", rows=shown, cut=len(rows) > ROWS) if shown else Preview("")


def _decoded(head: bytes) -> str | None:
    if b"\0" in head:
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        for end in range(len(head), max(len(head) - 4, 0), -1):  # the cut may go through a character
            try:
                return head[:end].decode(encoding)
            except UnicodeDecodeError:
                if len(head) <= TEXT_BYTES:
                    break
    return None


def _table(text: str, delimiter: str) -> list[list[str]]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return []
    return [[cell[:CELL] for cell in row[:COLUMNS]] for row in rows if row]


def picture(path: Path, page: int, mark: str, width: int = WIDTH) -> bytes:
    """Return the picture, or a page of the PDF, drawn anew as PNG without anything the file carried along.

    ``mark`` is written across it (Latin letters and digits); "" leaves it out. Raises ``LookupError`` when there is none.
    """
    with path.open("rb") as stream:
        is_pdf = stream.read(5) == b"%PDF-"
    if page and not is_pdf:
        raise LookupError(page)
    try:
        drawn = _page(path, page, width) if is_pdf else _image(path, width)
    except (OSError, ValueError, pypdfium2.PdfiumError, Image.DecompressionBombError) as error:
        raise LookupError(str(path)) from error
    if mark:
        drawn = _marked(drawn, mark)
    out = io.BytesIO()
    drawn.save(out, "PNG", compress_level=3)
    return out.getvalue()


def _page(path: Path, page: int, width: int) -> Image.Image:
    document = pypdfium2.PdfDocument(path)
    try:
        if not 0 <= page < min(len(document), PAGES):
            raise LookupError(page)
        sheet = document[page]
        scale = min(width / max(sheet.get_width(), 1), 4.0)
        if sheet.get_height() * scale > 4 * width:
            scale = 4 * width / sheet.get_height()
        drawn: Image.Image = sheet.render(scale=scale, may_draw_forms=False).to_pil()
        return drawn.convert("RGB")
    finally:
        document.close()


def _image(path: Path, width: int) -> Image.Image:
    with Image.open(path, formats=sorted(IMAGES)) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise LookupError(str(path))
        opened.draft("RGB", (width, width))
        drawn = ImageOps.exif_transpose(opened).convert("RGB")
    drawn.thumbnail((width, 4 * width))
    return drawn


def _marked(drawn: Image.Image, mark: str) -> Image.Image:
    side = max(drawn.width // 40, 12)
    font = ImageFont.load_default(side)
    layer = Image.new("L", (int(drawn.width * 1.6) + 1, int(drawn.height * 1.6) + 1), 0)
    pen = ImageDraw.Draw(layer)
    step = int(pen.textlength(mark, font=font)) + 4 * side
    for row, top in enumerate(range(0, layer.height, 6 * side)):
        for left in range(-(row % 2) * step // 2, layer.width, step):
            pen.text((left, top), mark, fill=70, font=font)
    layer = layer.rotate(24)
    left, top = (layer.width - drawn.width) // 2, (layer.height - drawn.height) // 2
    layer = layer.crop((left, top, left + drawn.width, top + drawn.height))
    drawn.paste(Image.new("RGB", drawn.size, (128, 128, 128)), mask=layer)
    return drawn
