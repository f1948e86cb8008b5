"""Which numbers the records of an .evtx file bear, in a few bytes for each stretch without a hole: the file may be of any size."""

from array import array
from collections.abc import Iterator

from evidence.parsing.events import Event
from evidence.parsing.findings import Bound

_NO_TIME = -(1 << 63)
#: Numbers beyond are no numbers of records: the text of a damaged one.
_MOST = 1 << 62


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
