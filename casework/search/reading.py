"""Reading the text of one file, in a process of its own: ``python -m casework.search.reading PATH NAME``.

Nothing of the file is run. What it writes is one line of JSON for each page and a last one with the sum; a file that is
broken, encrypted, too large or made to hurt ends this process, never the worker. No Django here.
"""

import json
import re
import resource
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

PAGES: Final = 2000
#: Characters of one piece of a text without pages; a piece repeats the end of the one before.
PIECE, OVERLAP = 4000, 40
#: Characters of a whole file; what is beyond is not looked for, and the page of the file says so.
SIGNS: Final = 5_000_000
FILE_BYTES: Final = {"pdf": 512 << 20, "docx": 128 << 20, "table": 128 << 20, "text": 64 << 20}
UNPACKED_BYTES: Final = 512 << 20
MEMORY_BYTES: Final = 3 << 30
CPU_SECONDS: Final = 300
OCR_SECONDS: Final = 60
OCR_PAGES: Final = 200
CELLS: Final = 2_000_000
_BLANK: Final = re.compile(r"[ \t\u3000]+")
#: Signs that take no room: places where a line may break, and the like.
_UNSEEN: Final = re.compile("[\0\u00ad\u200b-\u200f\u2060\ufeff\ufffe\uffff]")
_CHINESE: Final = re.compile(r"[\u3007\u3400-\u9fff，、；：“”（）〔〕]")


class Unreadable(Exception):
    """Why there is no text: encrypted, broken, large, kind."""


def pages_of(path: Path, name: str) -> Iterator[tuple[int, str, bool]]:
    """Yield (page from 1, text, whether by OCR); an empty text is a page that holds a picture alone.

    Raises:
        Unreadable: with the reason as its word.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    if b"%PDF-" in head[:1024]:
        _check_size(path, "pdf")
        yield from _pdf(path)
    elif head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        yield from _office(path, head, name)
    elif _is_picture(head):
        yield from _scan(path)
    else:
        _check_size(path, "text")
        yield from _pieces(_plain(path, head, name))


def _check_size(path: Path, kind: str) -> None:
    if path.stat().st_size > FILE_BYTES[kind]:
        raise Unreadable("large")


def _pdf(path: Path) -> Iterator[tuple[int, str, bool]]:
    import pypdfium2  # noqa: PLC0415 (loaded for such files alone)

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise Unreadable("encrypted" if "password" in str(error).lower() else "broken") from error
    with_ocr = tesseract()
    for number in range(min(len(document), PAGES)):
        text, by_ocr = "", False
        try:
            page = document[number]
            text = _joined(_tidy(page.get_textpage().get_text_bounded()))
            if not text and with_ocr and number < OCR_PAGES:
                picture = page.render(scale=200 / 72, grayscale=True).to_pil()
                text, by_ocr = _recognised(with_ocr, picture), True
        except (pypdfium2.PdfiumError, ValueError, MemoryError):
            text = ""
        yield number + 1, text, by_ocr


def _office(path: Path, head: bytes, name: str) -> Iterator[tuple[int, str, bool]]:
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        # An old document, or a new one under a password: both are boxes of the same kind.
        with path.open("rb") as stream:
            if "EncryptedPackage".encode("utf-16-le") in stream.read(1 << 20):
                raise Unreadable("encrypted")
        _check_size(path, "table")
        yield from _pieces(_cells(path))
        return
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            kind = "docx" if any(one.startswith("word/") for one in names) else "table"
            if not any(one.startswith(("word/", "xl/")) or one == "content.xml" for one in names):
                raise Unreadable("kind")
            _check_size(path, kind)
            if sum(part.file_size for part in parts) > UNPACKED_BYTES:
                raise Unreadable("large")
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise Unreadable("broken") from error
    yield from _pieces(_document(path) if kind == "docx" else _cells(path))


def _document(path: Path) -> Iterator[str]:
    import docx  # noqa: PLC0415 (loaded for such files alone)
    from docx.opc.exceptions import PackageNotFoundError  # noqa: PLC0415 (loaded for such files alone)
    from lxml.etree import LxmlError  # type: ignore[import-untyped]  # noqa: PLC0415 (as above)

    try:
        document = docx.Document(str(path))
        sections = [part for one in document.sections for part in (one.header, one.footer)]
        for body in (document.element.body, *(part._element for part in sections if not part.is_linked_to_previous)):
            for paragraph in body.iter("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}p"):
                yield "".join(
                    node.text or "\t" if node.tag.endswith("}t") else "\t"
                    for node in paragraph.iter()
                    if isinstance(node.tag, str) and node.tag.endswith(("}t", "}tab"))
                )
    except (
        PackageNotFoundError,
        LxmlError,
        KeyError,
        ValueError,
        zipfile.BadZipFile,
        OSError,
        AttributeError,
    ) as error:
        raise Unreadable("broken") from error


def _cells(path: Path) -> Iterator[str]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError  # noqa: PLC0415 (loaded for such files alone)

    try:
        book = CalamineWorkbook.from_path(str(path))
        seen = 0
        for sheet in book.sheet_names:
            yield sheet
            for row in book.get_sheet_by_name(sheet).iter_rows():
                said = "\t".join(_cell(cell) for cell in row if cell not in ("", None))
                seen += len(row)
                if said:
                    yield said
                if seen > CELLS:
                    return
    except PasswordError as error:
        raise Unreadable("encrypted") from error
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise Unreadable("broken" if path.suffix else "kind") from error


def _cell(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


class _Words(HTMLParser):
    """The words of a page of HTML, without scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._off = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._off += tag in {"script", "style"}
        if tag in {"p", "br", "tr", "div", "li", "h1", "h2", "h3", "table"}:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._off = max(self._off - (tag in {"script", "style"}), 0)

    def handle_data(self, data: str) -> None:
        if not self._off:
            self.said.append(data)


def _plain(path: Path, head: bytes, name: str) -> Iterator[str]:
    encoding = _encoding(path, head)
    if head.lstrip()[:200].lower().startswith((b"<!doctype html", b"<html")) or name.lower().endswith(
        (".html", ".htm")
    ):
        words = _Words()
        words.feed(path.read_text(encoding, errors="replace"))
        yield from "".join(words.said).splitlines()
        return
    with path.open(encoding=encoding, errors="replace", newline=None) as stream:
        while line := stream.readline(PIECE):
            yield line.rstrip("\n")


def _encoding(path: Path, head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in head or not head.strip():
        raise Unreadable("kind" if head.strip() else "empty")
    with path.open("rb") as stream:
        start = stream.read(1 << 20)
    for encoding in ("utf-8-sig", "gb18030"):
        for end in range(len(start), max(len(start) - 4, 0), -1):
            try:
                start[:end].decode(encoding)
            except UnicodeDecodeError:
                continue
            return encoding
    raise Unreadable("kind")


def _is_picture(head: bytes) -> bool:
    return head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")) or head[8:12] == b"WEBP"


def _scan(path: Path) -> Iterator[tuple[int, str, bool]]:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 (loaded for such files alone)

    with_ocr = tesseract()
    text = ""
    if with_ocr:
        try:
            with Image.open(path) as picture:
                picture.draft("L", (2400, 2400))
                grey = picture.convert("L")
                grey.thumbnail((3200, 3200))
                text = _recognised(with_ocr, grey)
        except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
            raise Unreadable("broken") from error
    yield 1, text, bool(with_ocr)


def tesseract() -> str:
    """Return the OCR program when it is on PATH and can read simplified Chinese, else ""."""
    program = shutil.which("tesseract")
    if not program:
        return ""
    try:
        known = subprocess.run([program, "--list-langs"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return program if "chi_sim" in known.stdout.split() else ""


def _recognised(program: str, picture: Any) -> str:
    out = BytesIO()
    picture.save(out, "PNG")
    try:
        done = subprocess.run(
            [program, "stdin", "stdout", "-l", "chi_sim"],
            input=out.getvalue(), capture_output=True, timeout=OCR_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if done.returncode:
        return ""  # what a program said before it broke down is no reading
    said = done.stdout.decode("utf-8", "replace")
    # Between Chinese characters the program writes blanks that nobody wrote.
    return _tidy(re.sub(r"(?<=[\u3400-\u9fff]) +(?=[\u3400-\u9fff])", "", said))


def _tidy(text: str) -> str:
    lines = (_BLANK.sub(" ", _UNSEEN.sub("", line)).strip() for line in text.replace("\r", "\n").split("\n"))
    return "\n".join(line for line in lines if line)


def _joined(text: str) -> str:
    """Join the full lines of a page with those after them, so that a Chinese word across two lines is found."""
    lines = text.split("\n")
    full = 0.8 * max(len(line) for line in lines)
    parts = [lines[0]]
    for before, line in pairwise(lines):
        broken = len(before) >= full and _CHINESE.match(before[-1:]) and _CHINESE.match(line[:1])
        parts += [line] if broken else ["\n", line]
    return "".join(parts)


def _pieces(lines: Iterator[str]) -> Iterator[tuple[int, str, bool]]:
    """Cut a text without pages into pieces; each begins with the end of the one before, so that no word is cut."""
    number, held = 1, ""
    for line in lines:
        tidy = _tidy(line)
        if not tidy:
            continue
        held = f"{held}\n{tidy}" if held else tidy
        while len(held) >= PIECE + OVERLAP:
            yield number, held[:PIECE], False
            held = held[PIECE - OVERLAP :]
            number += 1
    if held or number == 1:
        yield number, held, False


def _write(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said, ensure_ascii=True) + "\n")


def main(path: Path, name: str) -> None:
    """Write the pages as lines of JSON, then the sum."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signs, cut, problem = 0, False, ""
    try:
        for number, text, by_ocr in pages_of(path, name):
            if number > PAGES or signs + len(text) > SIGNS:
                cut = True
                break
            signs += len(text)
            _write({"page": number, "text": text, "ocr": by_ocr})
    except Unreadable as error:
        problem = str(error)
    except (MemoryError, RecursionError):
        problem = "large"
    _write({"end": True, "cut": cut, "problem": problem})
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
