"""Where the records of an .evtx file lie, and which numbers they bear, in a few bytes a record: the file may be of any size."""

from array import array
from collections.abc import Iterator

from evidence.parsing.events import Event
from evidence.parsing.findings import Bound

NOWHERE = (0, 0)
#: How far ahead a record is looked for whose place is not the next one; half as far after each that was not found.
FAR, NEAR = 1 << 18, 64
_NO_TIME = -(1 << 63)
#: Numbers beyond are no numbers of records: the text of a damaged one.
_MOST = 1 << 62


class Places:
    """Number in the header, offset and length of each record, in the order of the file."""

    def __init__(self) -> None:
        self.numbers, self.offsets, self.sizes = array("Q"), array("Q"), array("I")
        self.next = 0
        #: Stretches that were passed over, which the library could not read or gives later.
        self.passed: list[tuple[int, int]] = []
        self.far = FAR

    def add(self, number: int, offset: int, size: int) -> None:
        """Note a record."""
        self.numbers.append(number)
        self.offsets.append(offset)
        self.sizes.append(size)

    def take(self, number: int) -> tuple[int, int]:
        """Return the place of the record that the library read next, by its number; `NOWHERE` where none has it."""
        at = self.next
        if at < len(self.numbers) and self.numbers[at] == number:
            self.next = at + 1
        else:
            at = self._other(number)
            if at < 0:
                return NOWHERE
        return self.offsets[at], self.sizes[at]

    def _other(self, number: int) -> int:
        """Find a record that is not the next one: further on, or among what was passed over; -1 where it is not there."""
        begin = self.next
        try:
            at = self.numbers.index(number, begin, begin + self.far)
        except ValueError:
            self.far = max(NEAR, self.far // 2)
            return self._passed_over(number)
        self.far = FAR
        self.passed.append((begin, at))
        self.next = at + 1
        return at

    def _passed_over(self, number: int) -> int:
        for index in range(len(self.passed) - 1, max(-1, len(self.passed) - 1 - NEAR), -1):
            begin, end = self.passed[index]
            try:
                at = self.numbers.index(number, begin, end)
            except ValueError:
                continue
            self.passed[index : index + 1] = [part for part in ((begin, at), (at + 1, end)) if part[0] < part[1]]
            return at
        return -1

    def left(self) -> Iterator[tuple[int, int]]:
        """Yield the places of the records that the library did not read, in the order of the file."""
        for begin, end in sorted([*self.passed, (self.next, len(self.numbers))]):
            for at in range(begin, end):
                yield self.offsets[at], self.sizes[at]


class Numbers:
    """The numbers that the records of one channel bear in their text, as stretches without a hole."""

    def __init__(self) -> None:
        #: First and last number of a stretch, and offset, length and time of the records that bear them.
        self.first, self.last = array("q"), array("q")
        self.edges = array("q")

    def begin(self, number: int, event: Event) -> int:
        """Begin a stretch with a record, or go on with the last one; return the number that is due next."""
        if not 0 <= number < _MOST:
            return -1
        if self.last and self.last[-1] == number - 1:
            self.last.pop()
            del self.edges[-3:]
        else:
            self.first.append(number)
            self._edge(event)
        return number + 1

    def end(self, due: int, event: Event) -> None:
        """End the stretch before the number that was due, with the record before it."""
        if len(self.last) < len(self.first):
            self.last.append(due - 1)
            self._edge(event)

    def _edge(self, event: Event) -> None:
        ts = event["ts"]
        self.edges.extend((event["raw_offset"], event["raw_length"], _NO_TIME if ts is None else ts))

    def _bound(self, at: int, channel: str, number: int) -> Bound:
        offset, length, ts = self.edges[at : at + 3]
        return Bound(offset, length, None if ts == _NO_TIME else ts, f"{channel} EventRecordID {number}")

    def holes(self, channel: str) -> Iterator[tuple[int, int, Bound, Bound]]:
        """Yield (first, last, record before, record after) of the numbers that are not there, lowest first."""
        order = sorted(range(len(self.last)), key=self.first.__getitem__)
        top: int | None = None
        for index in order:
            if top is not None and self.first[index] > self.last[top] + 1:
                low, high = self.last[top], self.first[index]
                yield low + 1, high - 1, self._bound(top * 6 + 3, channel, low), self._bound(index * 6, channel, high)
            if top is None or self.last[index] >= self.last[top]:
                top = index
