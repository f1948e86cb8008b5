"""Rows that agree are passed at once; whatever is wrong with one is left to the pass that says what."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from casework.ledger import merkle
from casework.ledger.canonical import encode
from casework.ledger.checks_part import Part, Row

AT = datetime(2021, 9, 6, 2, 42, 0, 500_000)  # noqa: DTZ001 (universal time, as the rows have it)
WHO = {"id": 7, "name": "承办人甲", "organisation": "省纪委监委", "post": "主任科员", "roles": ["case_officer"]}
Edit = Callable[[bytes], bytes]


def rows(count: int = 12) -> list[Row]:
    """Entries of three things, by one of two actors or by none, some with committed values and some with a reason."""
    last: dict[str, tuple[int, str]] = {}
    made: list[Row] = []
    for number in range(count):
        stream, actor = f"thing:{number % 3}", (7, 8, None)[number % 4 % 3]
        seq, prev = last.get(stream, (0, ""))
        body: dict[str, Any] = {
            "v": 1, "kind": "thing.moved", "ref": stream, "stream": stream, "seq": seq + 1, "prev": prev, "by": actor,
            "at": AT.replace(tzinfo=UTC), "rec_at": AT.replace(tzinfo=UTC),
            "actors": [{**WHO, "id": actor}] if actor else [],
            "data": {"step": {"old": None, "new": number}, "name": '"],"at":"'},
        }  # fmt: skip
        if number % 5 == 0:
            body |= {"_sd": {"holder": "ab" * 32}, "reason": '原文为 "\t"'}
        header = encode(body)
        leaf = merkle.leaf_hash(header)
        last[stream] = seq + 1, leaf.hex()
        made.append((number + 1, header, leaf, stream.encode(), seq + 1, b"thing.moved", stream.encode(), actor, AT))
    return made


def with_value(row: Row, column: int, value: object) -> Row:
    return (*row[:column], value, *row[column + 1 :])


def test_what_agrees_is_passed_in_one_part_or_in_two() -> None:
    made = rows()
    whole, first, second = Part(whole=True), Part(whole=True), Part(whole=False)

    assert whole.hashes(made) == [row[2] for row in made]
    assert first.hashes(made[:5]) + second.hashes(made[5:]) == [row[2] for row in made]
    assert first.join(second)
    assert first.last == whole.last


def test_a_part_that_does_not_go_on_where_the_one_before_ends_is_told() -> None:
    made = rows()
    first, second, gap = Part(whole=True), Part(whole=False), Part(whole=False)
    first.hashes(made[:5])

    assert gap.hashes(made[6:])
    assert not first.join(gap)
    assert second.hashes(made[5:])
    assert first.join(second)
    assert not Part(whole=True).join(second)


@pytest.mark.parametrize("place", [0, 4, 8, 11])
@pytest.mark.parametrize(
    "edit",
    [
        lambda header: header.replace(b'{"', b'-"', 1),
        lambda header: b" " + header,
        lambda header: header[:-1] + b',"v":1}',
        lambda header: header[:-1],
        lambda header: header.replace(b'"data":{', b'"data":{"name":"","name":"",'),
        lambda header: header.replace(b'"actors":', b'"actors":[],"actors":', 1),
        lambda header: header.replace(b',"v":1}', b',"actors":[],"v":1}'),
        lambda header: header.replace(b'"id":', b'"id":1,"id":'),
        lambda header: header.replace(b'Z","by"', b'","by"'),
        lambda header: header.replace(b"\xe5", b"\xff"),
        lambda header: b"[%b]" % header,
        lambda header: b"1",
    ],
)
def test_bytes_that_are_no_entry_of_ours_are_not_passed(edit: Edit, place: int) -> None:
    made = rows()
    before = made[place][1]
    after = edit(before)
    assert after != before
    made[place] = with_value(with_value(made[place], 1, after), 2, merkle.leaf_hash(after))

    assert Part(whole=True).hashes(made[: place + 1]) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (2, b"\0" * 32), (3, b"thing:9"), (4, 9), (5, b"thing.sold"), (6, b"thing:9"), (7, 9), (7, None),
        (8, AT.replace(microsecond=500_001)), (8, AT.replace(microsecond=0)),
    ],
)  # fmt: skip
def test_a_column_that_says_something_else_is_not_passed(column: int, value: object) -> None:
    made = rows()
    assert made[4][column] != value
    made[4] = with_value(made[4], column, value)

    assert Part(whole=True).hashes(made) == []


def test_an_entry_that_is_missing_or_stands_twice_is_not_passed() -> None:
    made = rows()

    assert Part(whole=True).hashes(made[:3] + made[4:]) == []
    assert Part(whole=True).hashes([*made[:4], made[3], *made[4:]]) == []
    assert Part(whole=True).hashes([*made[:6], made[9], *made[6:]]) == []


def changed(row: Row, edit: Edit) -> Row:
    """The row with other bytes, and their hash."""
    after = edit(row[1])
    assert after != row[1]
    return with_value(with_value(row, 1, after), 2, merkle.leaf_hash(after))


@pytest.mark.parametrize(("column", "name"), [(3, b"stream"), (5, b"kind"), (6, b"ref")])
def test_a_column_never_passes_for_more_than_one_member(column: int, name: bytes) -> None:
    made = rows(3)
    value = made[2][column]
    twice = b'%b","%b":"%b' % (value, name, value)
    made[2] = changed(made[2], lambda header: header.replace(b'"%b":"%b' % (name, value), b'"%b":"%b' % (name, twice)))
    made[2] = with_value(made[2], column, twice)

    assert Part(whole=True).hashes(made) == []


def test_what_is_open_in_one_entry_is_not_closed_by_the_next() -> None:
    made = rows(3)
    made[1] = changed(made[1], lambda header: header.replace(b'"data":{', b'"data":{"open":[{', 1))
    made[2] = changed(made[2], lambda header: header.replace(b'"data":{', b'"data":{}]},"data":{', 1))

    assert Part(whole=True).hashes(made) == []


def test_other_forms_that_say_the_same_are_passed() -> None:
    """Of a whole second, in a later version, of a thing whose name JSON writes otherwise."""
    made = rows(3)
    at = AT.replace(microsecond=0)
    made[0] = changed(made[0], lambda header: header.replace(b'00.500000Z","by"', b'00.000000Z","by"'))
    made[0] = with_value(made[0], 8, at)
    made[1] = changed(made[1], lambda header: header.replace(b'"v":1', b'"v":2'))
    made[2] = changed(made[2], lambda header: header.replace(b'"ref":"thing:2"', rb'"ref":"thing:\"2\""'))
    made[2] = with_value(made[2], 6, b'thing:"2"')

    assert Part(whole=True).hashes(made) == [row[2] for row in made]
