"""The record is exact, complete and cannot be rewritten by the role that the application runs as."""

import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest
import rfc8785
from django.db import ProgrammingError, connection, transaction

from casework.accounts.enums import Role
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


@pytest.mark.parametrize("reason", ["", '含 "引号"、\\ 与\n换行、\U0001f4c1'])
@pytest.mark.parametrize("personal", [None, {"name": "丁某某", "id_number": "无", "empty": ""}])
@pytest.mark.parametrize("actors", [0, 1, 2])
def test_the_bytes_are_canonical_whatever_an_entry_has(
    cast: Cast, reason: str, personal: dict[str, str] | None, actors: int
) -> None:
    actor = cast.officer if actors else None
    data: dict[Any, Any] = {
        "\U0001f4c1": [None, True, -1, Decimal("1.50"), AT, AT.date()],
        "\ufb33": {"z": {}, "a": []},
        7: Role.AUDITOR,
    }

    entry = record(
        "case.filed", ref="case:1", actor=actor, at=AT, data=data, personal=personal, reason=reason, stream='档 "一"',
        officers=(cast.second_officer,) if actors == 2 else (),
    )  # fmt: skip
    stored = Entry.objects.get(pk=entry.pk)

    assert bytes(stored.header) == rfc8785.dumps(stored.payload)
    assert stored.payload["data"] == {
        "\U0001f4c1": [None, True, -1, "1.50", "2021-09-06T02:42:00.000000Z", "2021-09-06"],
        "\ufb33": {"z": {}, "a": []},
        "7": "auditor",
    }
    assert stored.payload.get("reason", "") == reason
    assert set(stored.payload.get("_sd", {})) == {name for name, text in (personal or {}).items() if text}
    assert [who["id"] for who in stored.payload["actors"]] == [cast.officer.pk, cast.second_officer.pk][:actors]
    assert (stored.payload["by"], stored.actor_id) == (actor and actor.pk,) * 2
    assert {name: getattr(entry, name) for name in ("header", "leaf_hash", "stream", "stream_seq", "at")} == {
        name: getattr(stored, name) for name in ("header", "leaf_hash", "stream", "stream_seq", "at")
    }
    assert defects() == []


def test_a_reason_that_no_reader_can_write_down_is_refused(cast: Cast) -> None:
    with pytest.raises(Uncanonical):
        record("case.filed", ref="case:1", actor=None, at=AT, data={}, reason="\ud800")

    assert not Entry.objects.exists()


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
