"""Characters in pictures, by a program that may be there, may not know Chinese, may hang or break down.

The program is played by a script that keeps to the contract of tesseract: ``--list-langs``; ``stdin stdout -l chi_sim``.
"""

import io
from pathlib import Path

import pytest
from django.test import Client
from PIL import Image

from casework.core import clock
from casework.search.enums import ReadState
from casework.search.models import Reading
from casework.search.reading import pages_of
from casework.search.registry import search
from casework.search.services.reading import read_file
from evidence.services.files import add_file
from tests.build_evidence import START, an_item
from tests.cast import Cast
from tests.search.test_reading import pdf

KNOWS = '[ "$1" = --list-langs ] && { echo eng; echo chi_sim; exit; }\n'
#: Answers only when it is asked as it should be, with a PNG on its standard input.
READS = KNOWS + (
    '[ "$*" = "stdin stdout -l chi_sim" ] || exit 2\n'
    "head -c 4 | od -An -tx1 | grep -q '89 50 4e 47' || exit 3\n"
    "cat > /dev/null; echo '查 获 矿 机 三 台'\n"
)


def _program(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    program = folder / "bin" / "tesseract"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")


def _scan(folder: Path) -> Path:
    path = folder / "scan.png"
    path.write_bytes(_picture())
    return path


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("L", (300, 200), 250).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("script", "text", "by_ocr"),
    [
        (READS, "查获矿机三台", True),
        ('[ "$1" = --list-langs ] && { echo eng; exit; }\necho never\n', "", False),
        (KNOWS + "cat > /dev/null; echo 半 句; exit 1\n", "", True),
        (KNOWS + "kill -SEGV $$\n", "", True),
        (KNOWS + "exec sleep 60\n", "", True),
        ("exit 1\n", "", False),
    ],
    ids=["reads", "knows no Chinese", "fails", "breaks down", "hangs", "does not start"],
)
def test_what_the_program_says_is_kept_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, text: str, by_ocr: bool
) -> None:
    _program(monkeypatch, tmp_path, script)
    if "sleep" in script:
        monkeypatch.setattr("casework.search.reading.OCR_SECONDS", 0.5)

    assert list(pages_of(_scan(tmp_path), "scan.png")) == [(1, text, by_ocr)]


def test_a_page_with_text_of_its_own_is_not_given_to_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(monkeypatch, tmp_path, READS)
    path = tmp_path / "mixed.pdf"
    path.write_bytes(pdf("typed words", ""))

    assert list(pages_of(path, path.name)) == [(1, "typed words", False), (2, "查获矿机三台", True)]


@pytest.mark.django_db
def test_a_scan_is_found_and_shown_beside_its_picture(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(monkeypatch, tmp_path, READS)
    file = add_file(an_item(cast), [_picture()], name="现场照片.png", actor=cast.officer, at=START)
    done = read_file(Reading.objects.get(blob_id=file.blob_id).pk, at=clock.now())
    assert done is not None
    assert (done.state, done.by_ocr) == (ReadState.DONE, 1)

    hits = [hit for group in search(cast.officer, "矿机三台") for hit in group.hits]
    assert [(hit.label, hit.part) for hit in hits] == [("现场照片.png", 1)]
    assert search(cast.outsider, "矿机三台") == []
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    page = client.get(hits[0].part_url).content.decode()
    assert "查获<mark>矿机三台</mark>" in page
    assert "由文字识别读出，可能有错字，以图像为准" in page
    assert f"/evidence/{file.item_id}/files/{file.pk}/view/1/" in page


@pytest.mark.django_db
def test_without_the_program_the_page_says_what_is_missing(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin" if not Path("/usr/bin/tesseract").exists() else str(tmp_path))
    file = add_file(an_item(cast), [_picture()], name="现场照片.png", actor=cast.officer, at=START)
    done = read_file(Reading.objects.get(blob_id=file.blob_id).pk, at=clock.now())
    assert done is not None
    assert done.state == ReadState.NOTHING
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    said = client.get(f"/evidence/{file.item_id}/files/{file.pk}/view/").content.decode()
    assert "本机没有安装中文文字识别" in said


SENTENCES = {
    "encrypted": "文件加了密码。原件照样保存",
    "broken": "文件损坏，或不是它自称的格式。原件照样保存",
    "large": "文件太大，或展开后太大。原件照样保存",
    "slow": "读了 15 分钟还没有读完",
}


@pytest.mark.django_db
@pytest.mark.parametrize(("problem", "sentence"), SENTENCES.items())
def test_every_reason_has_its_sentence_and_the_file_stays(cast: Cast, problem: str, sentence: str) -> None:
    file = add_file(an_item(cast), [b"%PDF-1.7 x"], name="坏.pdf", actor=cast.officer, at=START)
    Reading.objects.filter(blob_id=file.blob_id).update(state=ReadState.FAILED, problem=problem)
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    said = client.get(f"/evidence/{file.item_id}/files/{file.pk}/view/").content.decode()
    assert sentence in said
    file.refresh_from_db()
    assert file.blob.size == len(b"%PDF-1.7 x")
