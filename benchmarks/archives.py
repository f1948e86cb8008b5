"""Bytes far in a large packed log: from the beginning of its archive each time, and from a place near by, in CPU seconds."""

import gzip
import io
import random
import statistics
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

from benchmarks.logs import _auth
from evidence.parsing.archives import members
from evidence.parsing.places import KEPT
from evidence.parsing.room import Room
from evidence.parsing.source import Source, unpacked
from evidence.parsing.ways import source_at

#: Megabytes of the log. Its lines come again after the first part, which is far more than a packer remembers.
MEGABYTES, PART = 256, 32
#: Clicks that are measured each way, and bytes that one shows.
BEFORE, CLICKS, SHOWN = 3, 60, 4_100


def run(scale: float) -> None:
    """Measure a click at the end and clicks anywhere, each kind of archive."""
    chance = random.Random(2021)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = _auth(folder, PART * 12_000, chance).read_bytes()[: PART << 20]
        times = max(1, round(MEGABYTES * scale) // PART)
        for label, pack in (("gz", _gz), ("tar.gz", _tar), ("zip", _zip)):
            path = folder / f"auth.log.{label}"
            pack(path, lines, times)
            _compare(label, path, lines * 2, times * len(lines), chance)
            path.unlink()


def _gz(path: Path, lines: bytes, times: int) -> None:
    with gzip.open(path, "wb", 6) as out:
        for _ in range(times):
            out.write(lines)


def _tar(path: Path, lines: bytes, times: int) -> None:
    with gzip.open(path, "wb", 6) as out, tarfile.open(fileobj=out, mode="w|") as archive:
        for number, again in enumerate((1, times)):
            info = tarfile.TarInfo(f"log/auth.log.{1 - number}")
            info.size = len(lines) * again
            archive.addfile(info, _Again(lines, again))


def _zip(path: Path, lines: bytes, times: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("auth.log", "w") as out:
        for _ in range(times):
            out.write(lines)


class _Again(io.RawIOBase):
    """The same bytes so many times."""

    def __init__(self, data: bytes, times: int) -> None:
        self.parts: Iterator[bytes] = (
            data[at : at + 16_384] for _ in range(times) for at in range(0, len(data), 16_384)
        )
        self.held = b""

    def read(self, size: int = -1) -> bytes:
        while len(self.held) < size and (part := next(self.parts, b"")):
            self.held += part
        data, self.held = self.held[:size], self.held[size:]
        return data


def _compare(label: str, path: Path, doubled: bytes, size: int, chance: random.Random) -> None:
    """Measure one archive; every click is held against what stands there."""
    file = Source(path.name, partial(path.open, "rb"), path.stat().st_size, way=())
    way = _walked(file, path.parent).way
    if way is None:
        raise SystemExit(f"{label}: no way")

    def click(at: int, source: Callable[[], Source]) -> float:
        begun = time.process_time()
        with source().open() as stream:
            found = _read(stream, at)
        used = time.process_time() - begun
        if found != doubled[at % (len(doubled) // 2) :][: min(SHOWN, size - at)]:
            raise SystemExit(f"{label}: other bytes at {at}")
        return used

    end, held = size - SHOWN, 0
    before, first, again = [], [], []
    for _ in range(BEFORE):
        before.append(click(end, lambda: _walked(file, path.parent)))
        KEPT.forget()
        held = _memory()
        first.append(click(end, lambda: source_at(file, label, way, path, KEPT)))
        again.append(click(end, lambda: source_at(file, label, way, path, KEPT)))
    anywhere = [click(chance.randrange(size), lambda: source_at(file, label, way, path, KEPT)) for _ in range(CLICKS)]
    print(
        f"  {label:7} {size / (1 << 20):,.0f} MiB ({path.stat().st_size / (1 << 20):,.0f} packed): at the end {statistics.median(before):.2f} s before;"
        f" {statistics.median(first):.2f} s first, {statistics.median(again) * 1000:.1f} ms again; anywhere"
        f" {statistics.median(anywhere) * 1000:.1f} ms (most {max(anywhere) * 1000:.1f}); {KEPT.total} places, {(_memory() - held) / (1 << 20):.1f} MiB"
    )


def _walked(file: Source, folder: Path) -> Source:
    """Return the last member as it is found by walking."""
    with file.open() as stream:
        magic = stream.read(6)
    return list(members(unpacked(file, magic), room=Room(folder)))[-1]


def _read(stream: IO[bytes], at: int) -> bytes:
    if stream.seekable():
        stream.seek(at)
    else:
        while at:
            at -= len(stream.read(min(at, 1 << 20)))
    return stream.read(SHOWN)


def _memory() -> int:
    """Return what this process holds of memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
