"""What a file would do, or tells, when it is opened elsewhere: our own preview runs and shows nothing of that."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.core.later import later
from casework.files.previews import IMAGES, Preview

if TYPE_CHECKING:
    from PIL import Image
else:
    Image = later("PIL.Image")

#: So much of a file is looked at.
HEAD: Final = 1 << 20
#: Larger archives are not opened for their list of names.
ARCHIVE: Final = 64 << 20
#: Sheets of a workbook that are looked into.
SHEETS: Final = 16
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml")
_IN_CELL: Final = re.compile(rb"<f[ >/]")
_GPS: Final = 0x8825
_MAKE: Final = 0x010F
_MODEL: Final = 0x0110
#: What the notes of a damaged picture lead to.
_UNREADABLE: Final = (ArithmeticError, LookupError, OSError, SyntaxError, TypeError, ValueError, struct.error)
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?[\d.,]+%?")
_ACTS: Final = re.compile(rb"/(?:JavaScript|JS|Launch|OpenAction|AA|EmbeddedFile)\b")
_MARKUP: Final = re.compile(rb"<(?:!doctype html|html|script|svg)\b", re.IGNORECASE)


def cautions(path: Path, shown: Preview) -> list[str]:
    """Return in words what to mind about the file outside of the preview; nothing of it is run or unpacked for that."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    said = []
    formulas = sum(1 for row in shown.rows for cell in row if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell))
    if formulas:
        said.append(
            ngettext(
                "有 %(n)s 个单元格以 =、+、-、@ 开头，表格软件会当作公式执行。",
                "有 %(n)s 个单元格以 =、+、-、@ 开头，表格软件会当作公式执行。",
                formulas,
            )
            % {"n": formulas}
        )
    if shown.kind == "pdf" and _ACTS.search(head):
        said.append(_("PDF 内有脚本、自动动作或附件，别的阅读器可能执行。"))
    if shown.kind == "text" and _MARKUP.search(head):
        said.append(_("这是网页或矢量图，按源文显示；浏览器打开会执行其中的脚本。"))
    if head.startswith(b"PK") and _has_macros(path):
        said.append(_("文件内有宏，办公软件可能执行。"))
    if shown.kind == "table" and head.startswith(b"PK") and _has_formulas(path):
        said.append(_("表格里有公式：预览只列文件里存下的结果，没有存下结果的显示为空。"))
    if shown.kind == "image":
        said += _camera(path)
    return said


def _has_macros(path: Path) -> bool:
    if path.stat().st_size > ARCHIVE:
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.lower().endswith("vbaproject.bin") for name in archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return False


def _has_formulas(path: Path) -> bool:
    """Whether the beginning of one of the first sheets holds a formula; read as far as ``HEAD``, however it unpacks."""
    if path.stat().st_size > ARCHIVE:
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            sheets = [name for name in archive.namelist() if _SHEET.fullmatch(name)][:SHEETS]
            for name in sheets:
                with archive.open(name) as sheet:
                    if _IN_CELL.search(sheet.read(HEAD)):
                        return True
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, RuntimeError, ValueError):
        return False
    return False


def _camera(path: Path) -> list[str]:
    """What the original tells of where and with what a picture was taken."""
    try:
        with Image.open(path, formats=sorted(IMAGES)) as picture:
            exif = picture.getexif()
            place = bool(exif.get_ifd(_GPS))
            device = " ".join(str(exif[tag]).strip("\0 ") for tag in (_MAKE, _MODEL) if tag in exif)[:80]
    except (*_UNREADABLE, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return []
    said = []
    if place:
        said.append(_("原件带有拍摄位置；预览和带水印的副本不带。"))
    if device:
        said.append(_("原件写明拍摄设备：%(device)s。") % {"device": device})
    return said
