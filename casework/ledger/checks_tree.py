"""Checking the whole log: entries, tree, tiles, checkpoints and the signer's memory must agree. Memory stays flat."""

from collections.abc import Callable, Iterator

from django.db import connection, transaction

from casework.ledger import signer, tree
from casework.ledger.checks import entry_defects, stream_rows
from casework.ledger.checks_quick import Signed, nothing_wrong
from casework.ledger.merkle import Frontier, fold, leaf_hash
from casework.ledger.notes import BadNote, Verifier, read_checkpoint
from casework.ledger.tiles import WIDTH, split, tile_path

Progress = Callable[[int], None]

#: What is wrong with an entry, in Chinese and English: administrators of both read it.
FAULTS = {
    "hash": "内容与摘要不符 / bytes and hash differ",
    "bytes": "内容不是一条条目 / bytes are no entry",
    "index": "索引与内容不符 / columns differ from the bytes",
    "gap": "缺号或重号 / number missing or twice",
    "chain": "与前一条不相接 / does not follow its predecessor",
}
#: So many entries without a place are named; the rest are counted.
NAMED = 20


def whole_log(progress: Progress = lambda done: None) -> Iterator[str]:
    """Yield every fault of the record, each as a sentence with its place; all of it as it stood at one moment."""
    alone = not connection.in_atomic_block
    with transaction.atomic():
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read")
        yield from _faults(progress, alone=alone)


def _faults(progress: Progress, *, alone: bool) -> Iterator[str]:
    marks = _Marks()
    if not marks.faults and nothing_wrong(marks.roots(), progress, alone=alone):
        return
    for defect in entry_defects(progress):
        yield f"第 {defect.entry_id} 条（{defect.stream} 第 {defect.seq} 号）：{FAULTS[defect.what]}"
    yield from _tree_faults(marks)
    yield from _without_place()


def _tree_faults(marks: "_Marks") -> Iterator[str]:
    now = tree.head()
    yield from marks.faults
    frontier, data, above = Frontier(), b"", b""
    statement = (
        "select leaf.idx, leaf.entry_id, leaf.leaf_hash, entry.header from ledger.leaf"
        " left join ledger.entry on entry.id = leaf.entry_id order by leaf.idx"
    )
    for index, pk, kept, header in stream_rows(statement):
        while index > frontier.size:  # count on, so that what follows keeps its place
            yield f"树第 {frontier.size} 位：缺少 / leaf {frontier.size} is missing"
            frontier.append(b"\0" * 32)
            data += b"\0" * 32
        hashed = bytes(kept)
        if header is None:
            yield f"第 {pk} 条（树第 {index} 位）：条目不在了 / entry removed"
        elif leaf_hash(bytes(header)) != hashed:
            yield f"第 {pk} 条（树第 {index} 位）：内容与树中的摘要不符 / differs from its hash in the tree"
        frontier.append(hashed)
        data += hashed
        if len(data) == WIDTH * 32:
            yield from _tile_fault(0, index // WIDTH, data)
            above += fold(split(data))
            data = b""
        yield from marks.at(frontier)
    if data:
        yield from _tile_fault(0, frontier.size // WIDTH, data)
    level = 1
    while above:
        hashes, above = split(above), b""
        for n in range((len(hashes) + WIDTH - 1) // WIDTH):
            part = hashes[n * WIDTH : (n + 1) * WIDTH]
            yield from _tile_fault(level, n, b"".join(part))
            above += fold(part) if len(part) == WIDTH else b""
        level += 1
    if (frontier.size, frontier.root()) != (now.size, now.root):
        yield f"树：记为 {now.size} 条，实为 {frontier.size} 条，或者根不同 / the tree's head differs from its leaves"
    yield from marks.beyond(frontier.size)


def _tile_fault(level: int, n: int, expected: bytes) -> Iterator[str]:
    if tree.load_tile(level, n) != expected:
        yield f"tile/{tile_path(level, n, len(expected) // 32)}：与下层不符 / does not follow from what is below"


class _Marks:
    """The roots that were signed at some size, by published checkpoints and in the signer's own memory."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._marks: dict[int, list[tuple[str, bytes]]] = {}
        keys = []
        for vkey in tree.vkeys():
            try:
                keys.append(Verifier.parse(vkey))
            except BadNote:
                self.faults.append(f"公钥读不懂 / unreadable key: {vkey[:60]}")
        for size, root, note in stream_rows("select size, root, note from ledger.checkpoint order by size"):
            try:
                found = read_checkpoint(note, *keys)
            except BadNote as error:
                self.faults.append(f"检查点（{size} 条）：签名不成立 / signature does not hold: {error}")
                continue
            if (found.size, found.root) != (size, bytes(root)):
                self.faults.append(f"检查点（{size} 条）：登记与签名不符 / columns differ from the note")
            self._add(found.size, f"检查点（{size} 条）", found.root)
        self._own()

    def _own(self) -> None:
        path = signer.state_path()
        if path.is_file():
            try:
                state = signer.State.read(path)
            except signer.RefusedError as error:
                self.faults.append(str(error))
                return
            self._add(state.frontier.size, "签名器的记录", state.frontier.root())

    def _add(self, size: int, name: str, root: bytes) -> None:
        if size:
            self._marks.setdefault(size, []).append((name, root))

    def roots(self) -> Signed:
        """Return size → the roots that were signed for so many entries."""
        return {size: [root for _name, root in found] for size, found in self._marks.items()}

    def at(self, frontier: Frontier) -> Iterator[str]:
        """Yield what was signed at this size and differs from the tree."""
        for name, root in self._marks.pop(frontier.size, ()):
            if frontier.root() != root:
                yield f"前 {frontier.size} 条：与{name}不符 / the first {frontier.size} entries differ from what was signed"

    def beyond(self, size: int) -> Iterator[str]:
        """Yield what was signed for more entries than there are."""
        for signed in sorted(self._marks):
            yield f"账本只有 {size} 条，已签过 {signed} 条 / rolled back: {size} entries, {signed} were signed"


def _without_place() -> Iterator[str]:
    """Yield entries that are neither in the tree nor in the queue, and places in the queue without an entry."""
    lost = (
        "select id, 0 from ledger.entry where not exists (select from ledger.leaf where entry_id = id)"
        " and not exists (select from ledger.queue where entry_id = id) order by id"
    )
    gone = "select entry_id from ledger.queue where not exists (select from ledger.entry where id = entry_id)"
    with connection.cursor() as cursor:
        cursor.execute(f"{lost} limit {NAMED + 1}")
        found = [pk for pk, _zero in cursor.fetchall()]
        for pk in found[:NAMED]:
            yield f"第 {pk} 条：既不在树中也不在队列 / neither in the tree nor in the queue"
        if len(found) > NAMED:
            yield "还有更多这样的条目 / and more of these"
        cursor.execute(gone)
        for (pk,) in cursor.fetchall():
            yield f"第 {pk} 条：入账前不见了 / vanished before it got its place"
