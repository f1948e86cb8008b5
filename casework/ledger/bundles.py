"""What a bundle carries of the ledger: the entries, their proofs under one signed checkpoint, the keys, the verifier."""

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from casework.core import crypto
from casework.ledger import merkle, tree, verify
from casework.ledger.models import Disclosure, Entry
from casework.ledger.notes import proof_text
from casework.ledger.tiles import tiles_for


def proofs_under(checkpoint: tree.Published, entries: Iterable[Entry]) -> dict[int, str]:
    """Return entry number → C2SP tlog-proof under the checkpoint; entries that it does not cover yet are left out."""
    size = checkpoint.size
    places = {pk: index for pk, index in tree.places(entry.pk for entry in entries).items() if index < size}
    tiles = tree.tiles_with(one for index in places.values() for one in tiles_for(index, size))
    return {
        pk: proof_text(index, merkle.inclusion_proof(index, size, tiles.node), checkpoint.note)
        for pk, index in places.items()
    }


def write_ledger_part(folder: Path, streams: Sequence[str], *, redacted: bool = False) -> list[Entry]:
    """Write ``ledger/`` of a bundle for all entries of the streams, and ``verify.py``; return the entries.

    ``ledger/`` holds ``entries/N.json`` (the exact bytes), ``proofs/N.tlog-proof``, ``checkpoint`` (signed note with
    its cosignatures), ``vkey``, ``policy``, ``heads.json`` (last number of each stream), ``pending.json`` (entries that
    no checkpoint covers yet) and, unless ``redacted``, ``disclosures/N.json`` with the personal values not erased.
    """
    entries = list(Entry.objects.filter(stream__in=streams).order_by("id"))
    place = folder / "ledger"
    (place / "entries").mkdir(parents=True)
    (place / "proofs").mkdir()
    heads: dict[str, Entry] = {}
    for entry in entries:
        (place / "entries" / f"{entry.pk}.json").write_bytes(bytes(entry.header))
        if entry.stream not in heads or heads[entry.stream].stream_seq < entry.stream_seq:
            heads[entry.stream] = entry
    _json(
        place / "heads.json",
        [
            {"stream": stream, "seq": entry.stream_seq, "leaf": bytes(entry.leaf_hash).hex()}
            for stream, entry in sorted(heads.items())
        ],
    )
    newest = tree.newest()
    proofs = proofs_under(newest, entries) if newest else {}
    for pk, text in proofs.items():
        _text(place / "proofs" / f"{pk}.tlog-proof", text)
    _json(place / "pending.json", [entry.pk for entry in entries if entry.pk not in proofs])
    if newest:
        _text(place / "checkpoint", newest.note)
        _text(place / "vkey", "".join(f"{one}\n" for one in tree.vkeys()))
    if not redacted:
        _write_disclosures(place, entries)
    shutil.copyfile(str(verify.__file__), folder / "verify.py")
    return entries


def _write_disclosures(place: Path, entries: Sequence[Entry]) -> None:
    found: dict[int, list[dict[str, str]]] = {}
    for row in Disclosure.objects.filter(entry_id__in=[entry.pk for entry in entries]).order_by("id"):
        salt, _bar, text = crypto.decrypt(row.sealed_value, "ledger.disclosure").partition("|")
        found.setdefault(row.entry_id, []).append({"name": row.name, "salt": salt, "value": text})
    if found:
        (place / "disclosures").mkdir()
    for number, values in found.items():
        _json(place / "disclosures" / f"{number}.json", values)


def _json(path: Path, value: object) -> None:
    _text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
