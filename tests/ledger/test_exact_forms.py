"""Bytes are exactly those of RFC 8785; what is malformed is refused with a sentence, never with a crash."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from casework.ledger import merkle, verify
from casework.ledger.canonical import MAX_BYTES, Uncanonical, checked, encode
from casework.ledger.notes import BadNote, Checkpoint, Signer, proof_text, read_checkpoint
from casework.ledger.tiles import bundle, parse_path, tile_path, tiles_for, width_of

SIGNER = Signer("log.example/1", "a key")
ENTRIES = [b'{"n":%d}' % number for number in range(9)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]


def node(level: int, index: int) -> bytes:
    return merkle.fold(LEAVES[index << level : (index + 1) << level])


NOTE = SIGNER.sign(Checkpoint(SIGNER.name, 9, merkle.root(9, node)).text())
PROOF = proof_text(4, merkle.inclusion_proof(4, 9, node), NOTE)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), values, max_size=6))
def test_the_fast_encoder_writes_what_the_standard_asks_for(payload: dict[str, Any]) -> None:
    assert encode(payload) == rfc8785.dumps(payload)


@pytest.mark.parametrize(
    "payload",
    [
        {"a": 1.5}, {"a": float("nan")}, {"a": [0.0]}, {"a": "\ud800"}, {"\udfff": 1}, {"a": 2**53}, {"a": b"x"},
        {"a": "x" * MAX_BYTES}, {"a": {1, "b"} and object()},
    ],
)  # fmt: skip
def test_what_has_no_single_form_or_is_too_long_is_refused(payload: dict[str, Any]) -> None:
    with pytest.raises(Uncanonical):
        encode(payload)


def test_the_limit_of_an_entry_is_exact() -> None:
    exact = {"a": "x" * (MAX_BYTES - len(b'{"a":""}'))}

    assert len(encode(exact)) == MAX_BYTES
    with pytest.raises(Uncanonical, match="65536"):
        encode({"a": exact["a"] + "x"})
    with pytest.raises(Uncanonical):
        checked(encode(exact), 1)


@given(st.integers(0, len(NOTE.encode()) - 1), st.binary(max_size=3))
def test_a_mutated_checkpoint_is_refused_by_both_readers(place: int, put: bytes) -> None:
    raw = NOTE.encode()
    changed = raw[:place] + put + raw[place + 1 :]
    try:
        text = changed.decode()
    except UnicodeDecodeError:
        return
    if text == NOTE:
        return
    try:
        read = verify.read_checkpoint(text, str(SIGNER.verifier))
    except verify.AlteredError:
        read = None
    try:
        other = read_checkpoint(text, SIGNER.verifier)
    except BadNote:
        other = None
    # A last line without its end is the one change that leaves text and signature as they were.
    assert read is None or text + "\n" == NOTE
    assert other is None or text + "\n" == NOTE


@given(st.integers(0, len(PROOF.encode()) - 1), st.binary(max_size=3))
def test_a_mutated_proof_is_refused(place: int, put: bytes) -> None:
    raw = PROOF.encode()
    changed = raw[:place] + put + raw[place + 1 :]
    if changed in (raw, raw[:-1]):
        return
    try:
        verify.check_proof(changed.decode(), ENTRIES[4], str(SIGNER.verifier))
    except (verify.AlteredError, verify.NotALedgerError, UnicodeDecodeError):
        return
    pytest.fail(f"accepted: {changed!r}")


@given(st.binary(max_size=600))
def test_any_bytes_as_a_bundle_or_a_path_are_told_apart(data: bytes) -> None:
    try:
        found = list(verify.entries_of(data, "x"))
    except verify.AlteredError:
        found = None
    assert found is None or bundle(found) == data
    assert parse_path(data.decode("latin-1")) is None or data


def test_malformed_files_are_altered_or_no_ledger_and_never_a_crash(tmp_path: Path) -> None:
    key = ["--vkey", str(SIGNER.verifier)]
    for name, data in (("entries", bundle(ENTRIES)), ("0", b"".join(LEAVES))):
        path = tmp_path / "tile" / tile_path(name, 0, 9)
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    (tmp_path / "checkpoint").write_text(NOTE)
    # These are no entries of ours, so their sequences are told; nothing else is.
    assert verify.check_log(tmp_path, str(SIGNER.verifier))[1][0].startswith("第 0 条：不是账本条目")
    for bad in (b"", b"\xff\xff", b"\0", b"\0\5ab", b"\xff" * 700):
        (tmp_path / "tile" / tile_path("entries", 0, 9)).write_bytes(bad)
        assert verify.main([str(tmp_path), *key]) == 1
    for bad in (
        b"",
        b"x",
        b"\n\n",
        NOTE.encode()[:-30],
        b"\xff",
        f"{SIGNER.name}\n-1\nAA==\n\n\u2014 x AA==\n".encode(),
    ):
        (tmp_path / "checkpoint").write_bytes(bad)
        assert verify.main([str(tmp_path), *key]) in (1, 2)
    assert verify.main([str(tmp_path), "--vkey", b64encode(b"x").decode()]) == 2
    with pytest.raises(verify.NotALedgerError):
        verify.check_proof("x", b"", str(SIGNER.verifier))


@given(st.integers(1, 3_000_000), st.data())
def test_a_proof_reads_only_the_tiles_that_are_fetched_for_it(size: int, data: Any) -> None:
    index = data.draw(st.integers(0, size - 1))
    wanted = tiles_for(index, size)

    def reading(level: int, at: int) -> bytes:
        tile_level, rest = divmod(level, 8)
        assert (tile_level, (at << rest) // 256) in wanted
        return b"\0" * 32

    merkle.inclusion_proof(index, size, reading)
    assert all(width_of(level, n, size) > 0 for level, n in wanted)
