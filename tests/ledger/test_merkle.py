"""The tree of RFC 6962 and RFC 9162: the definition, the proofs, the tiles, as properties."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.ledger import merkle, tiles, verify

SIZES = st.integers(1, 700)


def reference(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962 §2.1 writes it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + reference(leaves[:k]) + reference(leaves[k:])).digest()


def leaves_of(size: int) -> list[bytes]:
    return [str(number).encode() for number in range(size)]


def tiled(size: int, step: int = 97) -> tiles.Tiles:
    """The tree in tiles, grown in steps that do not fit the tiles."""
    kept: dict[tuple[int, int], bytes] = {}
    for start in range(0, size, step):
        new = [merkle.leaf_hash(leaf) for leaf in leaves_of(size)[start : start + step]]
        kept.update(tiles.extend(start, new, lambda level, n: kept[level, n]))
    assert {(level, n): width * 32 for level, n, width in tiles.tiles_of(size)} == {
        key: len(data) for key, data in kept.items()
    }
    return tiles.Tiles(lambda level, n: kept[level, n])


# The trees of RFC 6962's reference implementation, published with its test vectors.
KNOWN = [
    b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57", b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots(size: int) -> None:
    frontier = merkle.Frontier()
    for leaf in KNOWN[:size]:
        frontier.append(merkle.leaf_hash(leaf))

    assert frontier.root().hex() == ROOTS[size]
    assert reference(KNOWN[:size]).hex() == ROOTS[size]


@given(SIZES)
def test_frontier_and_tiles_have_the_root_of_the_definition(size: int) -> None:
    frontier = merkle.Frontier()
    for leaf in leaves_of(size):
        frontier.append(merkle.leaf_hash(leaf))
    expected = reference(leaves_of(size))

    assert frontier.root() == expected
    assert merkle.root(size, tiled(size).node) == expected
    assert merkle.Frontier(size, frontier.hashes).root() == expected


@given(SIZES, st.data())
def test_a_leaf_is_proved_and_no_other(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree, root = tiled(size), reference(leaves_of(size))
    proof = merkle.inclusion_proof(index, size, tree.node)
    hashed = merkle.leaf_hash(leaves_of(size)[index])

    assert len(proof) <= max(size - 1, 0).bit_length()
    assert verify.inclusion_holds(hashed, index, size, proof, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index) | st.just(size))
    assert not verify.inclusion_holds(hashed, other, size, proof, root)
    assert not verify.inclusion_holds(merkle.leaf_hash(b"x"), index, size, proof, root)
    assert not verify.inclusion_holds(hashed, index, size, [*proof, root], root)
    if proof:
        where = data.draw(st.integers(0, len(proof) - 1))
        assert not verify.inclusion_holds(hashed, index, size, proof[:where] + proof[where + 1 :], root)
        bent = [*proof]
        bent[where] = bytes([bent[where][0] ^ 1]) + bent[where][1:]
        assert not verify.inclusion_holds(hashed, index, size, bent, root)


@given(SIZES, st.data())
def test_growth_is_proved_and_a_rewrite_is_not(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    leaves, tree = leaves_of(new), tiled(new)
    proof = merkle.consistency_proof(old, new, tree.node)
    before, after = reference(leaves[:old]), reference(leaves)

    assert verify.consistency_holds(old, new, before, after, proof)
    changed = data.draw(st.integers(0, old - 1))
    rewritten = reference([*leaves[:changed], b"x", *leaves[changed + 1 : old]])
    assert not verify.consistency_holds(old, new, rewritten, after, proof)
    assert not verify.consistency_holds(old, new, before, rewritten, proof)
    assert not verify.consistency_holds(old, new, before, after, [*proof, before])
    if old > 1:
        assert not verify.consistency_holds(old - 1, new, before, after, proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (3, 3)])
def test_a_leaf_that_is_not_there_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_proof(index, size, tiled(3).node)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3)])
def test_sizes_out_of_order_have_no_proof(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no consistency"):
        merkle.consistency_proof(old, new, tiled(4).node)


def test_the_edge_of_a_tree_must_fit_its_size() -> None:
    with pytest.raises(ValueError, match="do not make up"):
        merkle.Frontier(3, [b"\0" * 32])


@given(st.integers(0, 10**10), st.integers(1, 256), st.integers(0, 63))
def test_the_path_of_a_tile_is_read_back(n: int, width: int, level: int) -> None:
    assert tiles.parse_path(tiles.tile_path(level, n, width)) == (level, n, width)
    assert tiles.parse_path(tiles.tile_path("entries", n, width)) == (None, n, width)


def test_the_path_is_that_of_the_specification() -> None:
    assert tiles.tile_path(0, 1234067) == "0/x001/x234/067"
    assert list(tiles.tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    widths = [(level, n, width) for level, n, width in tiles.tiles_of(70_000) if width < 256]
    assert widths == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]


@pytest.mark.parametrize(
    "text",
    ["", "0/1", "0/0001", "00/001", "64/001", "0/x001", "0/001.p/0", "0/001.p/256", "0/001.p/007", "0/x000/001",
     "0/001/002", "-1/001", "0/001.p/", "data/001", "0/００１"],
)  # fmt: skip
def test_any_other_path_is_refused(text: str) -> None:
    assert tiles.parse_path(text) is None
