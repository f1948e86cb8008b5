"""``manage.py ledger verify`` finds what an administrator of the database changes."""

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from casework.ledger.record import record
from casework.ledger.selectors import defects
from tests.build import moment
from tests.cast import make_cast

AT = moment("2021-09-06 10:42")
OFF = "alter table ledger.entry disable trigger all; "


def fill() -> None:
    cast = make_cast()
    with transaction.atomic():
        for number in (1, 2):
            for step in range(3):
                record("thing.moved", ref=f"thing:{number}", actor=cast.officer, at=AT, data={"step": step})


def verify() -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("ledger", "verify", stdout=out, stderr=io.StringIO())
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


CHANGED = "convert_to(replace(convert_from(header, 'UTF8'), '\"step\":1', '\"step\":7'), 'UTF8')"
TWICE = CHANGED.replace('"step":1', '"step":2').replace('"step":7', '"step":7,"step":2')
LAST = "where stream = 'thing:1' and stream_seq = 3"
SECOND = "where stream = 'thing:1' and stream_seq = 2"


@pytest.mark.parametrize(
    ("statement", "faults"),
    [
        ("", []),
        (f"update ledger.entry set header = {CHANGED} {SECOND}", [(3, "chain")]),
        (f"update ledger.entry set header = '\\x7b7d' {SECOND}", [(2, "bytes"), (3, "chain")]),
        (f"update ledger.entry set header = '\\xff00' {SECOND}", [(2, "bytes"), (3, "chain")]),
        (f"update ledger.entry set header = {TWICE} {LAST}", [(3, "bytes")]),
        (f"update ledger.entry set kind = 'thing.kept' {SECOND}", [(2, "index")]),
        (f"update ledger.entry set ref = 'thing:3' {SECOND}", [(2, "index")]),
        (f"update ledger.entry set at = at + interval '1 minute' {SECOND}", [(2, "index")]),
        (f"delete from ledger.entry {SECOND}", [(3, "gap")]),
        ("delete from ledger.entry where stream = 'thing:1' and stream_seq = 1", [(2, "gap")]),
    ],
)
def test_every_change_is_told_with_its_place(owner: Any, statement: str, faults: list[tuple[int, str]]) -> None:
    fill()
    if statement:
        owner.execute(OFF + statement)

    found = defects()

    assert [(defect.seq, defect.what) for defect in found] == faults
    assert {defect.stream for defect in found} <= {"thing:1"}
    code, text = verify()
    assert code == (1 if faults else 0)
    assert ("有改动" in text) == bool(faults)
    for defect in found:
        assert f"第 {defect.entry_id} 条（thing:1 第 {defect.seq} 号）" in text
