"""Places in unpacked streams from which reading can go on, so that what lies far in is not unpacked from the beginning.

A place holds what the unpacking remembers there, and with it up to 32 KiB of the plain bytes before. Places are therefore
kept in memory only, so many in all and so long after the last use; they can be had again at any time.
"""

import os
import threading
import time
from bisect import bisect_right
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Final

#: Places that a process keeps in all; one takes up to 44 KiB: state and window of zlib, and a piece that is not yet unpacked.
MOST: Final = 360
#: To make room no stream is left with fewer places than these as long as another has more.
FEW: Final = 60
#: Plain bytes from one place to the next; twice as many each time that places are given up.
STEP: Final = 4 << 20
#: Seconds after the last use in which the places of a stream are forgotten.
LIFE: Final = 300.0


@dataclass(frozen=True)
class Place:
    """The state of an unpacking at one place. It is never used itself, only a copy of it."""

    #: Where in the plain bytes, and how much of the packed stream has been taken for it.
    at: int
    taken: int
    #: What was taken and is not yet unpacked.
    tail: bytes
    engine: Any
    #: The check sum of the plain bytes since ``begun``, for the one that stands behind them.
    crc: int
    begun: int


@dataclass
class _Held:
    """The places of one stream, in order, and the one where a reading stopped."""

    step: int
    used: float = 0
    places: list[Place] = field(default_factory=list)
    stopped: Place | None = None

    def count(self) -> int:
        return len(self.places) + (self.stopped is not None)

    def before(self, at: int) -> Place | None:
        number = bisect_right(self.places, at, key=lambda place: place.at)
        found = self.places[number - 1] if number else None
        if self.stopped is not None and self.stopped.at <= at and (found is None or found.at < self.stopped.at):
            return self.stopped
        return found

    def end(self) -> int:
        return self.places[-1].at if self.places else 0

    def thin(self) -> None:
        self.places = self.places[1::2]
        self.step *= 2


class Kept:
    """The places of many streams, for all threads: never more than so many, and not long after they were used last."""

    def __init__(self, most: int = MOST, few: int = FEW, step: int = STEP, life: float | None = None) -> None:
        self.most, self.few, self.step, self.life = most, few, step, life
        self.forget()

    def forget(self) -> None:
        """Forget all places; also of a lock that another process held when this one was forked from it."""
        self.lock = threading.Lock()
        self.held: dict[Hashable, _Held] = {}
        self.total = 0
        self.timer: threading.Timer | None = None

    def before(self, key: Hashable, at: int) -> Place | None:
        """Return the nearest place at or before one; None where the stream is to be begun."""
        with self.lock:
            held = self.held.get(key)
            if held is None:
                return None
            held.used = time.monotonic()
            return held.before(at)

    def wanted(self, key: Hashable, at: int) -> bool:
        """Tell whether a place there is far enough behind the others to be kept."""
        with self.lock:
            held = self.held.get(key)
            return at >= (self.step if held is None else held.end() + held.step)

    def keep(self, key: Hashable, place: Place) -> None:
        """Keep a place behind the others of its stream; one that another thread has kept meanwhile is not kept twice."""
        with self.lock:
            held = self._held(key)
            if place.at >= held.end() + held.step:
                held.places.append(place)
                self.total += 1
            self._make_room()

    def stop(self, key: Hashable, place: Place) -> None:
        """Keep where a reading stopped, where it is a long way behind the place before: the next often goes on there."""
        with self.lock:
            near = self.held[key].before(place.at) if key in self.held else None
            if place.at - (near.at if near else 0) < self.step // 4:
                return
            held = self._held(key)
            self.total += held.stopped is None
            held.stopped = place
            self._make_room()

    def sweep(self, before: float) -> None:
        """Forget the places of the streams that nobody has used since a moment."""
        with self.lock:
            for key in [key for key, held in self.held.items() if held.used <= before]:
                self._drop(key)

    def _held(self, key: Hashable) -> _Held:
        held = self.held.setdefault(key, _Held(self.step))
        held.used = time.monotonic()
        if self.timer is None and self.life is not None:
            self._come_again(self.life / 2)
        return held

    def _make_room(self) -> None:
        """Take every second place from the stream that has most; where all have few, the stream that waited longest goes."""
        while self.total > self.most:
            largest = max(self.held.values(), key=lambda held: len(held.places))
            if len(largest.places) > self.few:
                self.total -= len(largest.places) - len(largest.places) // 2
                largest.thin()
            else:
                self._drop(min(self.held, key=lambda key: self.held[key].used))

    def _drop(self, key: Hashable) -> None:
        self.total -= self.held.pop(key).count()

    def _come_again(self, seconds: float) -> None:
        self.timer = threading.Timer(seconds, self._sweep, [seconds])
        self.timer.daemon = True
        self.timer.start()

    def _sweep(self, seconds: float) -> None:
        """Sweep, and again in a while as long as anything is kept."""
        self.sweep(time.monotonic() - seconds * 2)
        with self.lock:
            self.timer = None
            if self.held:
                self._come_again(seconds)


#: Those of this process; a process that is forked from it begins without.
KEPT: Final = Kept(life=LIFE)
os.register_at_fork(after_in_child=KEPT.forget)
