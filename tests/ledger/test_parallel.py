"""A long log is checked by several processes, and their verdict is that of one."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from casework.ledger import merkle, tiles, verify
from casework.ledger.canonical import encode
from casework.ledger.notes import Checkpoint, Signer
from casework.ledger.tiles import bundle, tile_path

SIGNER = Signer("log.example/1", "a key")
#: Five full bundles and a begun one; seven objects, of which some begin late.
SIZE = 5 * 256 + 40
Change = Callable[[int, dict[str, object]], None]


@cache
def entries(name: str) -> list[bytes]:
    change = LOGS[name]
    last: dict[str, tuple[int, str]] = {}
    written = []
    for number in range(SIZE):
        stream = f"thing:{number % 5 if number < 500 else number % 7}"
        seq, prev = last.get(stream, (0, ""))
        body: dict[str, object] = {
            "kind": "thing.moved", "prev": prev, "rec_at": "", "ref": stream, "seq": seq + 1, "stream": stream, "v": 1,
        }  # fmt: skip
        if number % 3 == 0:
            body["reason"] = 'by letter,"prev":"'
        change(number, body)
        written.append(encode(body))
        last[stream] = (seq + 1, merkle.leaf_hash(written[-1]).hex())
    return written


def hashed(name: str, number: int) -> str:
    return merkle.leaf_hash(entries(name)[number]).hex()


def write(folder: Path, written: Sequence[bytes]) -> Path:
    hashes = [merkle.leaf_hash(entry) for entry in written]
    made = tiles.extend(0, hashes, lambda _level, _n: b"")
    root = merkle.root(len(hashes), tiles.Tiles(lambda level, n: made[level, n]).node)
    files = {tile_path(str(level), n, len(data) // 32): data for (level, n), data in made.items()}
    for n in range(0, len(written), 256):
        part = written[n : n + 256]
        files[tile_path("entries", n // 256, len(part))] = bundle(part)
    for name, data in files.items():
        path = folder / "tile" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "checkpoint").write_text(SIGNER.sign(Checkpoint(SIGNER.name, len(hashes), root).text()))
    return folder


def skip(_number: int, body: dict[str, object]) -> None:
    if body["stream"] == "thing:6" and isinstance(body["seq"], int) and body["seq"] > 50:
        body["seq"] += 1


def at(place: int, **what: object) -> Change:
    return lambda number, body: body.update(what) if number == place else None


def ahead(number: int, body: dict[str, object]) -> None:
    if number == 300:
        body["prev"] = hashed("whole", 900)


LOGS: dict[str, Change] = {
    "whole": lambda _number, _body: None,
    "a number is missing, in a later part": skip,
    "begins a second time, in a later part": at(1_000, seq=1, prev=""),
    "names another one before": at(600, prev="ab" * 32),
    "names one that comes later": ahead,
    "a number of its own, in a later part": at(1_100, seq=9_999_999_999_999),
    "has another form, and nothing is wrong": at(900, v=2),
}
_RUN = """
import json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from casework.ledger import verify
verify.MANY = 1
told = {}
for folder in sys.argv[3:]:
    verdicts = []
    for processors in (1, 2, 4):
        verify.copies = lambda: processors
        together = verify.walk_together(Path(folder), 5)
        verdicts.append([together is not None, verify.check_log(Path(folder), sys.argv[2])])
    told[folder] = verdicts
print(json.dumps(told))
"""


def test_several_processes_find_what_one_finds(tmp_path: Path) -> None:
    folders = {name: write(tmp_path / str(number), entries(name)) for number, name in enumerate(LOGS)}
    altered = folders["altered"] = write(tmp_path / "altered", entries("whole"))
    path = altered / "tile" / tile_path("entries", 3, 256)
    path.write_bytes(path.read_bytes().replace(b"moved", b"moved!", 1).replace(b"moved", b"stolen", 1))
    cut = folders["cut"] = write(tmp_path / "cut", entries("whole"))
    (cut / "tile" / tile_path("0", 4, 256)).write_bytes(b"x")
    command = [sys.executable, "-c", _RUN, str(Path(__file__).parents[2]), str(SIGNER.verifier)]

    done = subprocess.run([*command, *map(str, folders.values())], capture_output=True, check=True, text=True)

    told = json.loads(done.stdout)
    for name, folder in folders.items():
        (alone, one), (two_agreed, two), (four_agreed, four) = told[str(folder)]
        assert one == two == four, name
        assert (alone, two_agreed, four_agreed) == (False, name == "whole", name == "whole"), name
        assert bool(one[1]) is (name not in ("whole", "has another form, and nothing is wrong")), name


@pytest.mark.parametrize("edges", [(1,), (2,), (4,), (1, 2), (1, 2, 3, 4)])
@pytest.mark.parametrize("name", LOGS)
def test_parts_of_a_log_are_joined_where_they_meet(name: str, edges: Sequence[int]) -> None:
    log = entries(name)

    def chains(first: int, last: int) -> verify.Chains | None:
        found = verify.Chains(whole=first == 0)
        for n in range(first, last):
            part = log[n * 256 : (n + 1) * 256]
            if not found.fit(part, b"".join(merkle.leaf_hash(one) for one in part)):
                return None
        return found

    whole = chains(0, 5)
    parts = [chains(*edge) for edge in zip((0, *edges), (*edges, 5), strict=True)]
    joined = parts[0]
    for later in parts[1:]:
        joined = joined if joined and later and joined.join(later) else None

    assert (whole is None) is (joined is None) is (name != "whole")
    if whole and joined:
        assert whole.next == joined.next
