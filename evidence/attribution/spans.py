"""As-of joins: which intervals of a key hold at a moment, widened by the errors of both clocks."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

#: An end that nobody wrote down.
OPEN: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Span:
    """A value of a key from a moment until another, and the record that says so; ``err`` of the clock that wrote it."""

    key: str
    since: int
    until: int
    value: str
    fact: int
    err: int = 0
    #: The end is not written down but taken from what came next.
    inferred: bool = False


class Spans:
    """Intervals in sorted arrays, one per key. Looking up takes the logarithm of their number and the matches."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._by_key: dict[str, list[Span]] = {}
        for span in spans:
            self._by_key.setdefault(span.key, []).append(span)
        self._since: dict[str, list[int]] = {}
        self._reach: dict[str, list[int]] = {}
        for key, rows in self._by_key.items():
            rows.sort(key=lambda span: (span.since - span.err, span.fact))
            self._since[key] = [span.since - span.err for span in rows]
            reach, far = [], -OPEN
            for span in rows:
                far = max(far, span.until + span.err)
                reach.append(far)
            self._reach[key] = reach

    def at(self, key: str, moment: int, err: int = 0) -> Iterator[Span]:
        """Yield what may hold at the moment, the error of the asking clock added."""
        rows = self._by_key.get(key)
        if rows is None:
            return
        last = bisect_right(self._since[key], moment + err)
        first = bisect_left(self._reach[key], moment - err)  # nothing before reaches that far
        for span in rows[first:last]:
            if span.until + span.err >= moment - err:
                yield span

    def nearest(self, key: str, moment: int) -> Span | None:
        """Return the interval of the key that lies nearest, whether it holds or not."""
        rows = self._by_key.get(key, [])
        return min(rows, key=lambda span: _distance(span, moment), default=None)

    def has(self, key: str) -> bool:
        """Tell whether the key occurs at all."""
        return key in self._by_key


def _distance(span: Span, moment: int) -> int:
    if span.since <= moment <= span.until:
        return 0
    return min(abs(span.since - moment), abs(span.until - moment))
