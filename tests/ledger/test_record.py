"""The record is exact, complete and cannot be rewritten by the role that the application runs as."""

import hashlib
import json
from decimal import Decimal

import pytest
from django.db import ProgrammingError, connection, transaction

from casework.ledger.canonical import Uncanonical, encode
from casework.ledger.models import Disclosure, Entry
from casework.ledger.record import disclosed, record
from casework.ledger.selectors import defects, trail
from tests.build import moment
from tests.cast import Cast

AT = moment("2021-09-06 10:42")


def test_entry_holds_exact_bytes_and_their_hash(cast: Cast) -> None:
    entry = record(
        "case.filed", ref="case:1", actor=cast.officer, at=AT, data={"title": "甲案", "sum": Decimal("0.760")}
    )

    stored = Entry.objects.get(pk=entry.pk)

    assert bytes(stored.leaf_hash) == hashlib.sha256(b"\0" + bytes(stored.header)).digest()
    assert bytes(stored.header) == encode(stored.payload)
    assert stored.payload["data"] == {"title": "甲案", "sum": "0.760"}
    assert stored.payload["at"] == "2021-09-06T02:42:00.000000Z"
    assert stored.payload["actors"][0]["name"] == "承办人甲"
    assert stored.payload["actors"][0]["roles"] == ["case_officer"]


def test_stream_counts_without_gap_and_names_its_predecessor(cast: Cast) -> None:
    first = record("case.filed", ref="case:1", actor=cast.officer, at=AT, data={})
    record("case.filed", ref="case:2", actor=cast.officer, at=AT, data={})
    second = record("case.closed", ref="case:1", actor=None, at=AT, data={})

    assert [entry.stream_seq for entry in trail("case:1")] == [1, 2]
    assert second.payload["prev"] == bytes(first.leaf_hash).hex()
    assert second.payload["actors"] == []
    assert defects() == []


def test_personal_values_are_committed_not_written(cast: Cast) -> None:
    entry = record("suspect.added", ref="case:1", actor=cast.officer, at=AT, data={}, personal={"name": "丁某某"})

    assert "丁某某" not in json.dumps(entry.payload, ensure_ascii=False)
    assert "丁某某" not in Disclosure.objects.get(entry_id=entry.pk).sealed_value
    assert disclosed(entry) == {"name": "丁某某"}


def test_entry_needs_the_transaction_of_its_act(db: None) -> None:
    connection_state = connection.in_atomic_block
    assert connection_state  # tests run inside one
    connection.in_atomic_block = False
    try:
        with pytest.raises(RuntimeError):
            record("case.filed", ref="case:1", actor=None, at=AT, data={})
    finally:
        connection.in_atomic_block = True


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger.entry set kind = 'x'",
        "delete from ledger.entry",
        "truncate ledger.entry",
        "alter table ledger.entry disable trigger all",
        "set session_replication_role = replica",
        "update ledger.disclosure set name = 'x'",
        "delete from ledger.disclosure",
        "drop table ledger.entry",
        "insert into ledger.entry (header, leaf_hash, stream, stream_seq, kind, ref, at) values"
        " ('\\x7b7d', '\\x00', 's', 1, 'k', 'r', now())",
    ],
)
def test_running_role_cannot_rewrite_the_ledger(cast: Cast, statement: str) -> None:
    record("case.filed", ref="case:1", actor=cast.officer, at=AT, data={})

    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert Entry.objects.count() == 1


def test_honest_code_is_told_before_the_database(cast: Cast) -> None:
    record("case.filed", ref="case:1", actor=cast.officer, at=AT, data={})

    with pytest.raises(TypeError):
        Entry.objects.update(kind="x")
    with pytest.raises(TypeError):
        Entry.objects.all().delete()


@pytest.mark.parametrize("value", [0.5, float("nan"), 2**53, object(), b"x"])
def test_values_without_one_exact_form_are_refused(value: object) -> None:
    with pytest.raises(Uncanonical):
        encode({"value": value})


def test_lone_surrogate_and_oversize_are_refused() -> None:
    with pytest.raises(Uncanonical):
        encode({"value": "\ud800"})
    with pytest.raises(Uncanonical):
        encode({"value": "x" * 70_000})
