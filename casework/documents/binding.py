"""Putting many PDFs and pictures together into one, page after page, with a page number on every one. No Django.

Only one source is open at a time; pictures are scaled to what paper shows. Plain functions of files.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from casework.core.later import later
from casework.files.pdfium import LOCK

if TYPE_CHECKING:
    import pypdfium2
    import pypdfium2.raw as pdfium_c
    from PIL import Image, ImageOps
else:
    pypdfium2 = later("pypdfium2")
    pdfium_c = later("pypdfium2.raw")
    Image, ImageOps = later("PIL.Image"), later("PIL.ImageOps")

A4: Final = (595.276, 841.89)
#: Width and height in pixels to which a picture is scaled: 150 dots an inch on A4.
PICTURE: Final = (1240, 1754)
MAX_PIXELS: Final = 120_000_000


class CannotBind(Exception):
    """A piece is broken or locked; the text is its title."""


@dataclass(frozen=True)
class Piece:
    """One source file with its title."""

    title: str
    path: Path


def pages_in(piece: Piece) -> int:
    """Return how many pages the piece takes.

    Raises:
        CannotBind: it cannot be opened.
    """
    if _is_pdf(piece.path):
        with LOCK, _opened(piece) as file:
            return len(file)
    _open_picture(piece).close()
    return 1


def _is_pdf(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(5) == b"%PDF-"


def _opened(piece: Piece) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(piece.path)
    except pypdfium2.PdfiumError as error:
        raise CannotBind(piece.title) from error


def _open_picture(piece: Piece) -> Image.Image:
    try:
        picture = Image.open(piece.path)
        if picture.width * picture.height > MAX_PIXELS:
            raise CannotBind(piece.title)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise CannotBind(piece.title) from error
    return picture


def bind(front: bytes, pieces: Sequence[Piece], out: Path, *, moved: Callable[[int], None]) -> int:
    """Write index and pieces as one PDF with running page numbers; return the number of pages.

    ``moved(n)`` is told after every piece, n pages bound so far; what it raises stops the work and leaves no file.
    """
    with LOCK:
        file = pypdfium2.PdfDocument.new()
    try:
        with LOCK, pypdfium2.PdfDocument(io.BytesIO(front)) as index:
            _number(index, 1)
            file.import_pages(index)
            bound = len(file)
        moved(bound)
        for piece in pieces:
            with LOCK, _opened(piece) if _is_pdf(piece.path) else _picture_page(piece) as source:
                _number(source, bound + 1)
                file.import_pages(source)
                bound = len(file)
            moved(bound)
        with LOCK, out.open("wb") as stream:
            file.save(stream)
        return bound
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    finally:
        with LOCK:
            file.close()


def _picture_page(piece: Piece) -> pypdfium2.PdfDocument:
    """Return a document of one page that shows the picture."""
    with _open_picture(piece) as opened:
        try:
            opened.draft("RGB", PICTURE)
            picture = ImageOps.exif_transpose(opened).convert("RGB")
            picture.thumbnail(PICTURE)
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise CannotBind(piece.title) from error
    packed = io.BytesIO()
    picture.save(packed, "JPEG", quality=80)
    packed.seek(0)
    scale = min((A4[0] - 80) / picture.width, (A4[1] - 100) / picture.height)
    width, height = picture.width * scale, picture.height * scale
    file = pypdfium2.PdfDocument.new()
    page = file.new_page(*A4)
    image = pypdfium2.PdfImage.new(file)
    image.load_jpeg(packed, inline=True)
    image.set_matrix(pypdfium2.PdfMatrix().scale(width, height).translate((A4[0] - width) / 2, (A4[1] - height) / 2))
    page.insert_obj(image)
    page.gen_content()
    page.close()
    return file


def _number(file: Any, first: int) -> None:
    """Write the running number at the upper right edge of every page; in the source, before it is bound:
    in the bound file every page would take longer than the one before.
    """
    font = pdfium_c.FPDFText_LoadStandardFont(file, b"Helvetica")
    try:
        for number, page in enumerate(_pages(file), first):
            text = pdfium_c.FPDFPageObj_CreateTextObj(file, font, 10.0)
            letters = ctypes.create_string_buffer(f"{number:03d}\0".encode("utf-16-le"))
            pdfium_c.FPDFText_SetText(text, ctypes.cast(letters, pdfium_c.FPDF_WIDESTRING))
            pdfium_c.FPDFPageObj_Transform(text, 1, 0, 0, 1, page.get_width() - 46, page.get_height() - 24)
            pdfium_c.FPDFPage_InsertObject(page, text)
            page.gen_content()
    finally:
        pdfium_c.FPDFFont_Close(font)


def _pages(file: Any) -> Iterator[Any]:
    for index in range(len(file)):
        page = file[index]
        yield page
        page.close()
