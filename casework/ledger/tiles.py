"""C2SP tlog-tiles: the tree cut into tiles of 256 hashes, and entries into bundles. Plain Python."""

import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence

from casework.ledger.merkle import HASH_BYTES
from casework.ledger.verify import fold

WIDTH = 256
HEIGHT = 8
Load = Callable[[int, int], bytes]

_PATH = re.compile(
    r"(?P<level>0|[1-9][0-9]?|entries)/(?P<n>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


def tile_path(level: int | str, n: int, width: int = WIDTH) -> str:
    """Return where a tile (or, for level ``entries``, a bundle) lies below ``tile/``, e.g. ``0/x001/x234/067.p/8``."""
    parts = [f"{n % 1000:03d}"]
    while n >= 1000:
        n //= 1000
        parts.insert(0, f"x{n % 1000:03d}")
    partial = f".p/{width}" if width < WIDTH else ""
    return f"{level}/{'/'.join(parts)}{partial}"


def parse_path(text: str) -> tuple[int | None, int, int] | None:
    """Return (level or None for entries, number, width) of a tile's path, or None for anything else.

    Only the one spelling that ``tile_path`` gives is understood.
    """
    found = _PATH.fullmatch(text)
    if found is None:
        return None
    n = int(found["n"].replace("x", "").replace("/", ""))
    level = None if found["level"] == "entries" else int(found["level"])
    width = int(found["width"]) if found["width"] else WIDTH
    if width > WIDTH or (level or 0) > 63 or tile_path(found["level"], n, width) != text:
        return None
    return level, n, width


def tiles_for(index: int, size: int) -> set[tuple[int, int]]:
    """Return (level, number) of the tiles that the proof of a leaf in a tree of ``size`` reads: its own way up and the right edge."""
    needed, level = set(), 0
    while size >> (HEIGHT * level):
        needed |= {(level, index >> (HEIGHT * (level + 1))), (level, ((size >> (HEIGHT * level)) - 1) // WIDTH)}
        level += 1
    return needed


def split(data: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]


def width_of(level: int, n: int, size: int) -> int:
    """Return how many hashes the tile has in a tree of ``size`` leaves; 0 when there is none."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - n * WIDTH))


def tiles_of(size: int, since: int = 0) -> Iterator[tuple[int, int, int]]:
    """Yield (level, number, width) of every tile of a tree of ``size`` leaves; of those not full at ``since`` leaves."""
    level = 0
    while size >> (HEIGHT * level):
        count = size >> (HEIGHT * level)
        for n in range((since >> (HEIGHT * level)) // WIDTH, (count + WIDTH - 1) // WIDTH):
            yield level, n, min(WIDTH, count - n * WIDTH)
        level += 1


def extend(size: int, hashes: Sequence[bytes], load: Load) -> dict[tuple[int, int], bytes]:
    """Return the tiles that change when leaves are appended to a tree of ``size``; ``load`` gives the present ones."""
    changed: dict[tuple[int, int], bytes] = {}
    level, new = 0, list(hashes)
    while new:
        start = size >> (HEIGHT * level)
        above = []
        while new:
            n, inside = divmod(start, WIDTH)
            taken, new = new[: WIDTH - inside], new[WIDTH - inside :]
            data = (load(level, n)[: inside * HASH_BYTES] if inside else b"") + b"".join(taken)
            changed[level, n] = data
            start += len(taken)
            if len(data) == WIDTH * HASH_BYTES:
                above.append(fold(data))
        new = above
        level += 1
    return changed


class Tiles:
    """A tree read from its tiles: ``node(level, index)`` for the functions of ``merkle``."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}

    def put(self, level: int, n: int, data: bytes) -> None:
        """Know a tile without loading it."""
        self._tiles[level, n] = data

    def tile(self, level: int, n: int) -> bytes:
        """Return a tile, loaded once."""
        found = self._tiles.get((level, n))
        if found is None:
            found = self._tiles[level, n] = self._load(level, n)
        return found

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree.

        Raises:
            LookupError: the tile does not hold it.
        """
        found = self._nodes.get((level, index))
        if found is None:
            tile_level, rest = divmod(level, HEIGHT)
            first = index << rest
            n, inside = divmod(first, WIDTH)
            data = self.tile(tile_level, n)
            end = (inside + (1 << rest)) * HASH_BYTES
            if len(data) < end:
                raise LookupError(f"tile {tile_level}/{n} ends before {inside + (1 << rest)} hashes")
            found = self._nodes[level, index] = fold(data[inside * HASH_BYTES : end])
        return found


def bundle(entries: Iterable[bytes]) -> bytes:
    """Return an entry bundle: each entry after its length in two bytes."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)
