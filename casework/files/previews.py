"""Looking into a stored file without running anything in it: pictures are drawn anew, PDF pages become pictures,
text and tables become text. What is none of these is not shown. Plain functions of bytes; who may look is decided above.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from casework.core.later import later
from casework.files import pdfium, storage
from casework.files.marking import marked

if TYPE_CHECKING:
    import pypdfium2
    import python_calamine
    from PIL import Image, ImageChops, ImageOps
else:
    pypdfium2, python_calamine = later("pypdfium2"), later("python_calamine")
    Image, ImageChops, ImageOps = later("PIL.Image"), later("PIL.ImageChops"), later("PIL.ImageOps")

WIDTH: Final = 1_600
#: Of a page that is taken away: 150 dots an inch on A4, and that sheet's width in points.
COPY_WIDTH, A4_WIDTH = 1_240, 595.276
#: More pixels than this are a bomb, not a photo.
MAX_PIXELS: Final = 120_000_000
TEXT_BYTES: Final = 64 * 1024
ROWS, COLUMNS, CELL = 200, 40, 300
PAGES: Final = 200
IMAGES: Final = frozenset({"PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"})
_ZIP_BYTES: Final = 256 * 1024**2
YELLOW: Final = (255, 228, 105)
#: So many pieces of a page's text are shown on yellow.
MOST_MARKED: Final = 200
#: Tells which pieces (from, to) of a text are meant.
Find = Callable[[str], Sequence[tuple[int, int]]]
#: How a PDF and each of the pictures begins.
_DRAWN: Final = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


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
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return ""


def _pdf(path: Path) -> Preview:
    with pdfium.LOCK:
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
                # What is said of the sizes is seen to be true before anything is unpacked by them.
                if sum(one.file_size for one in archive.infolist()) > _ZIP_BYTES or archive.testzip() is not None:
                    return Preview("")
        sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        rows = sheet.to_python(nrows=ROWS + 1)
    except (python_calamine.CalamineError, OSError, ValueError, zipfile.BadZipFile, IndexError):
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


def copy_with_mark(path: Path, mark: str, out: BinaryIO) -> str:
    """Write a copy with the mark across every page into ``out``; return its suffix, "" when the file is no picture or PDF.

    Pages are drawn anew as pictures: the mark cannot be taken off as one lifts a layer, and nothing that the file carried
    along leaves with it. The file itself is only read.

    Raises:
        LookupError: it cannot be drawn, or has more than ``PAGES`` pages.
    """
    shown = look_into(path, "")
    if shown.kind == "image":
        out.write(picture(path, 0, mark))
        return ".png"
    if shown.kind != "pdf":
        return ""
    if shown.cut:
        raise LookupError(str(path))
    sheets: list[bytes] = []
    for number in range(shown.pages):
        packed = io.BytesIO()
        marked(_drawn(path, number, COPY_WIDTH), mark).save(packed, "JPEG", quality=80)
        sheets.append(packed.getvalue())
    _bind(sheets, out)
    return ".pdf"


def _bind(sheets: list[bytes], out: BinaryIO) -> None:
    """Write pictures as the pages of a PDF, each as wide as an A4 sheet."""
    with pdfium.LOCK:
        file = pypdfium2.PdfDocument.new()
        try:
            for sheet in sheets:
                image = pypdfium2.PdfImage.new(file)
                image.load_jpeg(io.BytesIO(sheet), inline=True)
                width, height = image.get_px_size()
                size = (A4_WIDTH, A4_WIDTH * height / width)
                page = file.new_page(*size)
                image.set_matrix(pypdfium2.PdfMatrix().scale(*size))
                page.insert_obj(image)
                page.gen_content()
                page.close()
            file.save(out)
        finally:
            file.close()


def at_hand(sha256: str) -> AbstractContextManager[Path]:
    """Give the stored file as far as a look into it goes: the whole of what can be drawn, the beginning of the rest."""
    return storage.at_hand(sha256, whole=_is_drawn)


def _is_drawn(head: bytes, size: int) -> bool:
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return size <= _ZIP_BYTES
    return head.startswith(_DRAWN)


def drawing(sha256: str, page: int, mark: str, width: int = WIDTH, find: Find | None = None) -> bytes:
    """Return ``picture`` of a stored file; raises FileNotFoundError when storage has lost it."""
    with at_hand(sha256) as path:
        return picture(path, page, mark, width, find)


def picture(path: Path, page: int, mark: str, width: int = WIDTH, find: Find | None = None) -> bytes:
    """Return the picture, or a page of the PDF, drawn anew as PNG without anything the file carried along.

    ``mark`` is written across it; "" leaves it out. ``find`` tells from the text of the page what of it is shown on
    yellow; a page that is itself a picture has no text. Raises ``LookupError`` when there is none.
    """
    drawn = _drawn(path, page, width, find)
    if mark:
        drawn = marked(drawn, mark)
    out = io.BytesIO()
    drawn.save(out, "PNG", compress_level=3)
    return out.getvalue()


def _drawn(path: Path, page: int, width: int, find: Find | None = None) -> Image.Image:
    with path.open("rb") as stream:
        is_pdf = stream.read(5) == b"%PDF-"
    if page and not is_pdf:
        raise LookupError(page)
    try:
        return _page(path, page, width, find) if is_pdf else _image(path, width)
    except (OSError, ValueError, pypdfium2.PdfiumError, Image.DecompressionBombError) as error:
        raise LookupError(str(path)) from error


def _page(path: Path, page: int, width: int, find: Find | None) -> Image.Image:
    with pdfium.LOCK:
        document = pypdfium2.PdfDocument(path)
        try:
            if not 0 <= page < min(len(document), PAGES):
                raise LookupError(page)
            sheet = document[page]
            scale = min(width / max(sheet.get_width(), 1), 4.0)
            if sheet.get_height() * scale > 4 * width:
                scale = 4 * width / sheet.get_height()
            bitmap = sheet.render(scale=scale, may_draw_forms=False)
            drawn: Image.Image = bitmap.to_pil().convert("RGB")
            return _on_yellow(drawn, _boxes(sheet, bitmap, find)) if find else drawn
        finally:
            document.close()


def _boxes(sheet: pypdfium2.PdfPage, bitmap: pypdfium2.PdfBitmap, find: Find) -> list[tuple[int, int, int, int]]:
    """Return where on the drawn page the found pieces of its text stand."""
    text = sheet.get_textpage()
    place = bitmap.get_posconv(sheet)
    boxes = []
    for begin, end in find(text.get_text_range())[:MOST_MARKED]:
        for number in range(text.count_rects(begin, end - begin)):
            left, bottom, right, top = text.get_rect(number)
            (x0, y0), (x1, y1) = place.to_bitmap(left, top), place.to_bitmap(right, bottom)
            boxes.append((min(x0, x1) - 2, min(y0, y1) - 2, max(x0, x1) + 2, max(y0, y1) + 2))
    return boxes[: 4 * MOST_MARKED]


def _on_yellow(drawn: Image.Image, boxes: list[tuple[int, int, int, int]]) -> Image.Image:
    """Lay yellow over the boxes as a pen does: what is dark stays dark."""
    for box in boxes:
        inside = (max(box[0], 0), max(box[1], 0), min(box[2], drawn.width), min(box[3], drawn.height))
        if inside[0] < inside[2] and inside[1] < inside[3]:
            piece = drawn.crop(inside)
            drawn.paste(ImageChops.multiply(piece, Image.new("RGB", piece.size, YELLOW)), inside)
    return drawn


def _image(path: Path, width: int) -> Image.Image:
    with Image.open(path, formats=sorted(IMAGES)) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise LookupError(str(path))
        opened.draft("RGB", (width, width))
        drawn = ImageOps.exif_transpose(opened).convert("RGB")
    drawn.thumbnail((width, 4 * width))
    return drawn
