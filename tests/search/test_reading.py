"""Texts of files: each format read, hostile files said plainly, ID numbers masked, a killed worker's file read again."""

import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx
import pytest
from django.test import Client
from openpyxl import Workbook

from casework.core import clock
from casework.search.enums import ReadState
from casework.search.models import Entry, PageText, Reading
from casework.search.reading import PIECE, Unreadable, pages_of
from casework.search.registry import search
from casework.search.services.reading import ATTEMPTS, STUCK, masked, read_file, waiting
from evidence.models import ItemFile
from evidence.services.files import add_file
from tests.build_evidence import START, an_item
from tests.cast import Cast


def pdf(*lines: str) -> bytes:
    """Return a PDF with one page for each line, written by hand."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>"]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(lines)))
    objects.append(f"<</Type/Pages/Kids[{kids}]/Count {len(lines)}>>".encode())
    objects.append(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
    for n, line in enumerate(lines):
        stream = f"BT /F1 12 Tf 20 100 Td ({line}) Tj ET".encode()
        page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Resources<</Font<</F1 3 0 R>>>>/Contents {5 + 2 * n} 0 R>>"
        objects += [page.encode(), f"<</Length {len(stream)}>>stream\n".encode() + stream + b"\nendstream"]
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, 2)
    places = []
    for n, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{n} 0 obj".encode() + body + b"endobj\n")
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.writelines(f"{place:010d} 00000 n \n".encode() for place in places)
    out.write(f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF".encode())
    return out.getvalue()


def word(*paragraphs: str) -> bytes:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 1).text = "表格里的钱包"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def sheet(*cells: Any) -> bytes:
    book = Workbook()
    book.active.append(list(cells))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


READABLE = {
    "a.pdf": (pdf("wallet 0xAbC", "second page"), "0xAbC"),
    "a.docx": (word("谈话记录 某某大学"), "某某大学"),
    "t.docx": (word("甲"), "表格里的钱包"),
    "a.xlsx": (sheet("矿池地址", 3060.0, "x"), "3060"),
    "a.txt": ("服务器机房值班记录".encode("gb18030"), "机房值班"),
    "b.txt": ("日志".encode("utf-16"), "日志"),
    "a.html": ("<html><script>秘密</script><p>网页<b>内容</b></p></html>".encode(), "网页内容"),
}


@pytest.mark.parametrize(("name", "body", "said"), [(name, *rest) for name, rest in READABLE.items()])
def test_each_format_is_read(tmp_path: Path, name: str, body: bytes, said: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(body)
    text = "\n".join(text for _page, text, _ocr in pages_of(path, name))
    assert said in text
    assert "秘密" not in text


def test_a_long_text_is_cut_into_pieces_that_overlap(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("甲乙丙丁" * PIECE, encoding="utf-8")
    pieces = [text for _page, text, _ocr in pages_of(path, "f.txt")]
    assert len(pieces) > 3
    assert all(len(piece) < 2 * PIECE for piece in pieces)
    assert all(after.startswith(before[-20:]) or before[-20:] in after for before, after in pairwise(pieces))


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<a/>")
        for n in range(2):
            archive.writestr(f"xl/worksheets/sheet{n}.xml", b"0" * (10 << 20))
    return out.getvalue()


HOSTILE = {
    "broken.pdf": (b"%PDF-1.7 nothing of it", "broken"),
    "broken.docx": (b"PK\x03\x04 cut off", "broken"),
    "broken.xlsx": (sheet("x")[:400], "broken"),
    "locked.xlsx": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600),
        "encrypted",
    ),
    "old.doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1200), "broken"),
    "bytes.bin": (bytes(range(256)) * 9, "kind"),
    "archive.zip": (b"PK\x05\x06" + bytes(18), "kind"),
    "blank.txt": (b" \n ", "empty"),
}


@pytest.mark.parametrize(("name", "body", "problem"), [(name, *rest) for name, rest in HOSTILE.items()])
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, body: bytes, problem: str) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    with pytest.raises(Unreadable) as caught:
        list(pages_of(path, name))
    assert str(caught.value) in {problem, "kind"}


def test_a_sheet_that_unpacks_without_end_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casework.search.reading.UNPACKED_BYTES", 15 << 20)
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(bomb())
    with pytest.raises(Unreadable, match="large"):
        list(pages_of(path, path.name))


def test_a_sheet_of_two_gigabytes_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "huge.xlsx"
    path.write_bytes(sheet("x"))
    os.truncate(path, 2 << 30)  # sparse: it takes no room
    with pytest.raises(Unreadable):
        list(pages_of(path, path.name))


def test_a_scan_is_read_by_the_ocr_on_the_path(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "tesseract"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\n[ "$1" = --list-langs ] && echo chi_sim && exit\ncat > /dev/null; echo 扫 描 件 里 的 字\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    path = tmp_path / "scan.pdf"
    path.write_bytes(pdf(""))
    said = subprocess.run(
        [sys.executable, "-m", "casework.search.reading", str(path), path.name],
        env={**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert json.loads(said[0]) == {"page": 1, "text": "扫描件里的字", "ocr": True}
    assert json.loads(said[-1])["problem"] == ""


def test_id_numbers_are_masked_and_kept_as_digests() -> None:
    text, keys = masked("证件33060419800101123X和330604198001011234，订单1330604198001011234")
    assert "198001011234" not in text.replace("1330604198001011234", "")
    assert "330604********123X" in text
    assert len(keys.split()) == 2


def _held(cast: Cast, body: bytes, name: str) -> ItemFile:
    return add_file(an_item(cast), [body], name=name, actor=cast.officer, at=START)


def _read(file: ItemFile) -> Reading:
    done = read_file(Reading.objects.get(blob_id=file.blob_id).pk, at=clock.now())
    assert done is not None
    return done


@pytest.mark.django_db
def test_the_text_of_a_file_is_found_by_those_of_the_matter_and_shown_beside_its_page(cast: Cast) -> None:
    file = _held(cast, pdf("nothing here", "pool stratum 330604198001011234"), "账册.pdf")
    beside = _held(cast, pdf("another"), "旁边.pdf")
    assert Reading.objects.get(blob_id=file.blob_id).state == ReadState.QUEUED
    assert _read(file).state == ReadState.DONE
    (group,) = search(cast.officer, "pool stratum")
    (hit,) = group.hits
    assert (hit.label, hit.part) == ("账册.pdf", 2)
    assert "<mark>stratum</mark>" in hit.snippet
    assert [one.hits[0].label for one in search(cast.officer, "330604198001011234")] == ["账册.pdf"]
    assert not Entry.objects.filter(folded__contains="330604198001011234").exists()
    for user in (cast.outsider, cast.custodian, cast.unit_leader, cast.system_admin):
        assert search(user, "stratum") == []
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    page = client.get(hit.part_url)
    assert page.status_code == 200
    assert "<mark>stratum</mark>" in page.content.decode()
    assert "/view/2/" in page.content.decode()
    client.force_login(cast.outsider, backend="casework.accounts.backends.AccountBackend")
    assert client.get(hit.part_url).status_code == 404
    assert PageText.objects.filter(blob_id=beside.blob_id).count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "said"), [(b"%PDF-1.7 broken", "文件损坏"), (bytes(range(256)), "这种格式读不出文字")]
)
def test_the_page_of_a_file_says_why_its_text_is_not_found(cast: Cast, body: bytes, said: str) -> None:
    file = _held(cast, body, "坏.pdf")
    assert _read(file).state == ReadState.FAILED
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    answer = client.get(f"/evidence/{file.item_id}/files/{file.pk}/view/")
    assert said in answer.content.decode()
    assert ItemFile.objects.filter(pk=file.pk).exists()


@pytest.mark.django_db
def test_what_a_killed_worker_had_is_read_again_three_times_at_most(cast: Cast) -> None:
    file = _held(cast, b"text of the file", "a.txt")
    row = Reading.objects.get(blob_id=file.blob_id)
    later = clock.now()
    for attempt in range(1, ATTEMPTS + 1):
        assert waiting(at=later) == [row.pk]
        Reading.objects.filter(pk=row.pk).update(state=ReadState.RUNNING, attempts=attempt, started_at=later)
        assert waiting(at=later) == []
        later += STUCK + timedelta(seconds=1)
    assert waiting(at=later) == []
    row.refresh_from_db()
    assert (row.state, row.problem) == (ReadState.FAILED, "lost")
