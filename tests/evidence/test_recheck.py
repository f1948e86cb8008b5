"""Stored files are read again and again; a changed one is named, and only that one."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from casework.files import storage
from casework.files.scrub import scrub
from evidence.models import Discrepancy
from evidence.services import add_file, resolve_discrepancy
from evidence.services.files import report_broken_files
from tests.build_evidence import START, an_item
from tests.cast import Cast

LATER = START + timedelta(hours=3)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (flip, True),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), True),
        (lambda path: path.write_bytes(b"of another file"), True),
        (Path.unlink, True),
        (lambda path: os.utime(path, (1, 1)), False),  # a date proves nothing either way
    ],
)
def test_exactly_what_changed_is_named(cast: Cast, change: Callable[[Path], object], named: bool) -> None:
    items = [an_item(cast) for _ in range(3)]
    files = [
        add_file(item, [f"{item.number} {number}".encode()], name="a.log", actor=cast.officer, at=LATER)
        for number, item in enumerate(items)
    ]
    path = storage.path_of(files[1].blob.sha256)
    path.chmod(0o600)
    change(path)

    scrub(begun=LATER + timedelta(days=1))
    found = report_broken_files(at=LATER + timedelta(days=1))
    again = report_broken_files(at=LATER + timedelta(days=2))

    assert found == again == ([files[1]] if named else [])
    rows = Discrepancy.objects.all()
    assert [(row.item, row.kind, row.opened_by) for row in rows] == ([(items[1], "digest", None)] if named else [])
    for row in rows:
        resolve_discrepancy(row, resolution="已从备份恢复", actor=cast.approver, at=LATER + timedelta(days=3))
    path.unlink(missing_ok=True)
