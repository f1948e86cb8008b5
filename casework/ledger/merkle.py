"""The Merkle tree of RFC 6962 and RFC 9162 over SHA-256. Plain Python: no Django, no database.

A tree is known by a function ``node(level, index)``: the hash of the complete subtree of ``2**level`` leaves that
begins at leaf ``index * 2**level``. Everything else follows from that.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

Node = Callable[[int, int], bytes]
HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry; the zero byte keeps leaves and nodes apart."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return hashlib.sha256(b"\1" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a number of neighbours that is a power of two."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


def _split(size: int) -> int:
    """Return the largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def subtree(start: int, end: int, node: Node) -> bytes:
    """Return the hash over the leaves ``start``…``end - 1``, a range that the tree has as a subtree."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(size)
    return node_hash(subtree(start, middle, node), subtree(middle, end, node))


def root(size: int, node: Node) -> bytes:
    """Return the root of the tree of the first ``size`` leaves."""
    return subtree(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """Return the hashes from the leaf's sibling up to the root's child (RFC 6962 §2.1.1).

    Raises:
        ValueError: there is no such leaf in a tree of that size.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree(middle, end, node))
            end = middle
        else:
            path.append(subtree(start, middle, node))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """Return the proof that the tree of ``new`` leaves begins with that of ``old`` leaves (RFC 6962 §2.1.2).

    Raises:
        ValueError: the sizes are not ordered, or the old tree is empty.
    """
    if not 0 < old <= new:
        raise ValueError(f"no consistency proof from {old} to {new}")

    def prove(size: int, start: int, end: int, whole: bool) -> list[bytes]:
        if size == end - start:
            return [] if whole else [subtree(start, end, node)]
        middle = start + _split(end - start)
        if size <= middle - start:
            return [*prove(size, start, middle, whole), subtree(middle, end, node)]
        return [*prove(size - (middle - start), middle, end, False), subtree(start, middle, node)]

    return prove(old, 0, new, True)


class Frontier:
    """The right edge of a tree: enough to append leaves and to know the root, in a few dozen hashes."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)  # of the complete subtrees that make up the tree, the largest first
        if len(self.hashes) != size.bit_count() or any(len(one) != HASH_BYTES for one in self.hashes):
            raise ValueError(f"{len(self.hashes)} hashes do not make up a tree of {size}")

    def append(self, hashed: bytes) -> None:
        """Add one leaf by its hash."""
        size = self.size
        while size & 1:
            hashed = node_hash(self.hashes.pop(), hashed)
            size >>= 1
        self.hashes.append(hashed)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        if not self.hashes:
            return EMPTY_ROOT
        result = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            result = node_hash(left, result)
        return result
