"""What lies far in a packed stream is read from a place near by: the bytes are those of a reading from the beginning."""

import gzip
import io
import json
import os
import random
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.parsing import inflated, places
from evidence.parsing.archives import members
from evidence.parsing.places import Kept, Place
from evidence.parsing.source import Broken, Source, unpacked
from evidence.parsing.ways import source_at, way_of

EXAMPLES = 60 * int(os.environ.get("CASEWORK_FUZZ", "1"))
Ranges = list[tuple[int, int]]
ranges = st.lists(st.tuples(st.integers(0, 70_000), st.integers(1, 20_000)), min_size=1, max_size=8)
levels = st.integers(0, 9)
seeds = st.integers(0, 1 << 20)


def text(seed: int, size: int) -> bytes:
    """Return lines that can be packed somewhat, as those of a log."""
    chance = random.Random(seed)
    lines = (f"Sep  9 rig sshd[{chance.randrange(9999)}]: port {chance.randrange(65_000)}\n" for _ in range(size // 20))
    return "".join(lines).encode()[:size]


def gzipped(seed: int, size: int, level: int) -> bytes:
    """Return a gzip file of up to three parts, with names and zeros between them, as rotation and tapes leave them."""
    chance, out = random.Random(seed), io.BytesIO()
    data = text(seed, size)
    for begun in range(0, max(1, size), max(1, size // chance.randint(1, 3))):
        part = data[begun : begun + max(1, size // 2)]
        with gzip.GzipFile(chance.choice(["", "auth.log"]), "wb", level, out) as stream:
            stream.write(part)
        out.write(bytes(chance.choice([0, 0, 512])))
    return out.getvalue()


def tarred(seed: int, level: int, inner: list[bytes]) -> bytes:
    """Return a tar of some logs, plain and packed, itself packed or not."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for number, data in enumerate(inner):
            info = tarfile.TarInfo(f"log/auth.log.{number}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(out.getvalue(), level) if seed % 3 else out.getvalue()


def zipped(seed: int, level: int, inner: list[bytes]) -> bytes:
    """Return a zip of some logs, as they are or deflated, itself packed or not."""
    out = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", method, compresslevel=level or None) as archive:
        for number, data in enumerate(inner):
            archive.writestr(f"auth.log.{number}", data)
    return gzip.compress(out.getvalue(), level) if seed % 3 == 0 else out.getvalue()


def made(kind: str, seed: int, level: int, size: int) -> bytes:
    """Return an archive of a kind."""
    inner = [text(seed, size), gzipped(seed + 1, size // 2, level), text(seed + 2, 300)]
    if kind == "gz":
        return gzipped(seed, size, level)
    if kind == "tar":
        return tarred(seed, level, inner)
    if kind == "zip":
        return zipped(seed, level, inner)
    return tarred(seed, level, [zipped(seed, level, inner), text(seed, 200)])


def walked(data: bytes) -> tuple[Source, list[Source]]:
    """Return a file and what the walk of its archives finds in it."""
    file = Source("file", lambda: io.BytesIO(data), len(data), way=())
    return file, list(members(unpacked(file, data[:6])))


def at(file: Source, member: Source, kept: Kept) -> Source:
    """Return a member by its way, as it comes back from the database."""
    return source_at(file, member.name, way_of(json.loads(json.dumps(member.way))), "file", kept)


def whole(source: Source) -> bytes:
    """Return all of a source."""
    with source.open() as stream:
        return b"".join(iter(lambda: stream.read(1 << 16), b""))


def read_from_the_beginning(source: Source, start: int, size: int) -> bytes | None:
    """Read as was read before there were places; None where that was refused."""
    try:
        with source.open() as stream:
            if stream.seekable():
                stream.seek(start)
            left = 0 if stream.seekable() else start
            while left and (data := stream.read(min(left, 1 << 20))):
                left -= len(data)
            return None if left else full(stream, size)
    except (OSError, EOFError, Broken):
        return None


def read_at(source: Source, start: int, size: int) -> bytes | None:
    """Read by way and places; None where that is refused."""
    try:
        with source.open() as stream:
            assert stream.seekable()
            stream.seek(start)
            return full(stream, size)
    except (OSError, EOFError, Broken):
        return None


def full(stream: IO[bytes], size: int) -> bytes:
    """Return so many bytes, or what there is."""
    parts: list[bytes] = []
    while size > 0 and (data := stream.read(size)):
        parts.append(data)
        size -= len(data)
    return b"".join(parts)


@settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["gz", "tar", "zip", "nested"]),
    seeds,
    levels,
    st.integers(1, 60_000),
    ranges,
    st.integers(500, 9_000),
)
def test_any_stretch_is_that_of_the_whole(
    kind: str, seed: int, level: int, size: int, asked: Ranges, step: int
) -> None:
    file, found = walked(made(kind, seed, level, size))
    kept = Kept(12, 2, step)

    for member in found:
        assert member.way is not None
        data, source = whole(member), at(file, member, kept)
        for start, length in asked:
            assert read_at(source, start, length) == data[start : start + length]
            assert 0 <= kept.total <= 12
            assert kept.total == sum(held.count() for held in kept.held.values())
        assert whole(source) == data


@settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["gz", "tar", "zip", "nested"]),
    seeds,
    levels,
    st.integers(2_000, 60_000),
    ranges,
    st.integers(0, 999),
    st.booleans(),
)
def test_what_is_damaged_gives_what_it_gave_and_is_refused_where_it_was(
    kind: str, seed: int, level: int, size: int, asked: Ranges, where: int, cut: bool
) -> None:
    """The few bytes that are now given besides lie before the damage, and are right."""
    data = bytearray(made(kind, seed, level, size))
    place = len(data) * where // 1000
    if cut:
        del data[place:]
    else:
        data[place] ^= 1 << (seed % 8)
    file, found = walked(bytes(data))
    kept = Kept(12, 2, 2_000)

    for member in found:
        if member.way is None:
            continue
        source = at(file, member, kept)
        for start, length in asked:
            before, now = read_from_the_beginning(member, start, length), read_at(source, start, length)
            if before is not None:
                assert now is not None
                assert now.startswith(before)
                assert len(member.way) > 1 or now == before
            elif now and member.way == (("gzip",),):
                assert now == readable(bytes(data))[start : start + length]


def test_an_archive_that_is_damaged_is_read_up_to_the_damage_itself() -> None:
    """But for one byte, with which `zlib` has looked at the next already."""
    data = text(3, 300_000)
    packed = bytearray(tarred(1, 6, [data]))
    packed[len(packed) // 2 :] = random.Random(3).randbytes(20_000)
    file, (member,) = walked(bytes(packed))
    there = readable(bytes(packed))[512:]
    source = at(file, member, Kept(12, 2, 20_000))

    for start in (len(there) - 100_000, len(there) - 10, 0):
        found = read_at(source, start, 200_000)
        assert found is not None
        assert there[start : start + 200_000] in {found, found + there[-1:]}
        assert there[start:].startswith(read_from_the_beginning(member, start, 200_000) or b"")
    assert read_at(source, len(there), 1) == b""


def readable(data: bytes) -> bytes:
    """Return the plain bytes of a gzip file up to where it is damaged, with nothing but what `zlib` says of each byte."""
    out = bytearray()
    while data:
        engine = zlib.decompressobj(31)
        try:
            for number in range(len(data)):
                out += engine.decompress(data[number : number + 1])
                if engine.eof:
                    break
        except zlib.error:
            return bytes(out)
        if not engine.eof:
            break
        data = data[number + 1 :].lstrip(b"\0")
    return bytes(out)


def test_a_wrong_check_sum_is_refused_at_the_end_and_nowhere_else() -> None:
    data = text(1, 50_000)
    packed, archive = bytearray(gzip.compress(data)), bytearray(zipped(1, 6, [data]))
    packed[-8] ^= 1
    archive[archive.index(b"PK\x01\x02") + 16] ^= 1

    for spoilt in (packed, archive):
        file, (member,) = walked(bytes(spoilt))
        source = at(file, member, Kept(12, 2, 5_000))
        for _ in range(2):
            assert read_at(source, 30_000, 500) == data[30_000:30_500]
            assert read_at(source, 49_000, 2_000) is None


def test_a_bomb_is_refused_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evidence.parsing.source.LIMIT", 1 << 20)
    file, (member,) = walked(gzip.compress(bytes(2 << 20)))
    source = at(file, member, Kept(12, 2, 100_000))

    assert read_at(source, (1 << 20) - 500, 500) == bytes(500)
    assert read_at(source, (1 << 20) - 499, 500) is None


class Counting(io.BytesIO):
    """Bytes that count how many of them are read."""

    read_so_far = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        Counting.read_so_far += len(data)
        return data


@pytest.mark.parametrize("kind", ["gz", "tar", "zip"])
def test_who_comes_again_does_not_begin_again(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = made(kind, 4, 6, 600_000)
    file, found = walked(packed)
    file.open = lambda: Counting(packed)
    member = max(found, key=lambda one: len(whole(one)))
    data = whole(member)
    source = at(file, member, Kept(200, 20, 20_000))
    monkeypatch.setattr(Counting, "read_so_far", 0)

    assert read_at(source, len(data) - 5_000, 500) == data[-5_000:-4_500]
    first = Counting.read_so_far
    for start in range(0, len(data), 50_000):
        monkeypatch.setattr(Counting, "read_so_far", 0)
        assert read_at(source, start, 500) == data[start : start + 500]
        assert Counting.read_so_far < first / 5


def test_what_goes_on_where_another_stopped_unpacks_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(text(1, 400_000))
    file = Source("file", lambda: Counting(packed), len(packed), way=())
    source = source_at(file, "file", (("gzip",),), "file", Kept(200, 20, 1 << 20))
    read_at(source, 300_000, 500)
    monkeypatch.setattr(Counting, "read_so_far", 0)

    read_at(source, 301_000, 500)

    assert Counting.read_so_far < 2 * inflated.TAKEN


def test_many_threads_read_at_once() -> None:
    file, found = walked(made("nested", 2, 6, 300_000))
    kept = Kept(16, 3, 4_000)
    sources = [(at(file, member, kept), whole(member)) for member in found]

    def read(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(40):
            source, data = chance.choice(sources)
            start, size = chance.randrange(len(data)), chance.randrange(1, 3_000)
            assert read_at(source, start, size) == data[start : start + size]

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(read, range(16)))
    assert 0 < kept.total <= 16
    assert kept.total == sum(held.count() for held in kept.held.values())


def place(where: int) -> Place:
    """Return a place as such."""
    return Place(where, 0, b"", None, 0, 0)


def test_the_places_of_a_stream_are_halved_and_streams_share_the_room() -> None:
    kept = Kept(8, 2, 10)
    for where in range(10, 200, 10):
        if kept.wanted("a", where):
            kept.keep("a", place(where))
    assert [one.at for one in kept.held["a"].places] == [40, 80, 120, 160]
    assert kept.before("a", 39) is None
    assert kept.before("a", 90) == place(80)

    for where in (10, 20, 30, 40):
        kept.keep("b", place(where))
    kept.keep("c", place(10))

    assert kept.total == 7
    assert [len(held.places) for held in kept.held.values()] == [2, 4, 1]


def test_where_all_have_few_the_one_that_waited_longest_goes() -> None:
    kept = Kept(4, 2, 10)
    for key in "abc":
        kept.keep(key, place(10))
    kept.keep("b", place(20))
    kept.before("a", 10)
    kept.keep("c", place(20))

    assert set(kept.held) == {"a", "c"}
    assert kept.total == 3


def test_what_is_not_used_is_forgotten() -> None:
    kept = Kept()
    kept.keep("a", place(places.STEP))
    kept.stop("a", place(places.STEP * 2))
    kept.keep("b", place(places.STEP))
    used = kept.held["a"].used
    kept.held["b"].used = used - 30

    kept.sweep(used - 30)
    assert (set(kept.held), kept.total) == ({"a"}, 2)

    kept.sweep(used)
    assert (kept.held, kept.total) == ({}, 0)


def test_it_is_forgotten_without_anybody_asking() -> None:
    kept = Kept(step=10, life=0.02)
    kept.keep("a", place(10))
    sweeper = kept.timer
    while kept.timer is not None:
        assert sweeper is not None
        sweeper.join()
        sweeper = kept.timer

    assert (kept.held, kept.total) == ({}, 0)
    assert Kept().timer is None
    assert places.KEPT.life == places.LIFE


def test_all_places_of_a_process_fit_into_sixteen_mebibytes() -> None:
    """A state of zlib is 7 KiB and its window 32; the piece that was taken is as long as it is taken."""
    assert places.MOST * ((40 << 10) + inflated.TAKEN) <= 16 << 20


def test_members_of_one_name_are_each_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("auth.log", b"first\n")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("auth.log", b"second\n")

    file, found = walked(out.getvalue())

    assert [whole(one) for one in found] == [b"first\n", b"second\n"]
    assert [whole(at(file, one, Kept())) for one in found] == [b"first\n", b"second\n"]


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda data, start: data[:start] + b"XX" + data[start + 2 :],
        lambda data, start: data[: start + 30] + b"other.log" + data[start + 39 :],
    ],
    ids=["no head", "another name"],
)
def test_a_member_that_the_library_does_not_open_has_no_way(spoilt: Callable[[bytes, int], bytes]) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.log", b"a\n")
        archive.writestr("third.log", b"b\n")
    data = out.getvalue()

    _file, found = walked(spoilt(data, data.index(b"PK\x03\x04", 10)))

    assert [member.way is None for member in found] == [False, True]


def test_a_directory_whose_places_lie_before_the_file_is_no_crash() -> None:
    """One bit of the end of the directory: every member seems to begin before the first byte."""
    data = bytearray(zipped(1, 2, [text(1, 2_000)]))
    end = data.rindex(b"PK\x05\x06")
    data[end + 16] ^= 2

    _file, found = walked(bytes(data))

    assert [(member.way, member.head()) for member in found] == [(None, b"")]


def test_a_way_that_is_not_known_is_refused() -> None:
    source: Any = source_at(Source("file", lambda: io.BytesIO(b"x"), 1, way=()), "file", (("rot13",),), "file", Kept())

    with pytest.raises(Broken):
        source.open()
