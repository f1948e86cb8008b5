"""Times of the clock beside processor times of both sides, and whether two samples can be told apart.

On a busy machine the clock says most about the others; processor time is that of this process and of its server process.
"""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

#: Processes of the database that are counted whoever holds their connections just now.
_watched: list[int] = []


def watch(*processes: int) -> None:
    """Count these processes of the database, rather than that of the connection which is open."""
    _watched[:] = processes


def processor_seconds() -> float:
    """Return what this process has used, with its database process where that runs on this machine."""
    return time.process_time() + _server_seconds()


def _server_seconds() -> float:
    if _watched:
        return sum(_used_by(process) for process in _watched)
    return 0.0 if connection.connection is None else _used_by(connection.connection.info.backend_pid)


def _used_by(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


@dataclass
class Times:
    """What a repeated act took, in seconds: by the clock and of processors."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def take(self, act: Callable[[], object]) -> None:
        """Do the act once and note its times."""
        used, begun = processor_seconds(), time.perf_counter()
        act()
        self.clock.append(time.perf_counter() - begun)
        self.processor.append(processor_seconds() - used)

    @property
    def middle(self) -> float:
        """The median of the processor times."""
        return statistics.median(self.processor)

    def beside(self, other: "Times") -> float:
        """The median of (this ÷ the other's in the same turn): a machine that slows down for a while slows both."""
        return statistics.median(own / its for own, its in zip(self.processor, other.processor, strict=True))

    def __str__(self) -> str:
        def told(times: list[float]) -> str:
            ordered = sorted(times)
            late = ordered[max(math.ceil(len(ordered) * 0.95) - 1, 0)]
            return f"p50 {1000 * statistics.median(ordered):6.1f} ms  p95 {1000 * late:6.1f} ms"

        return f"clock {told(self.clock)}  processors {told(self.processor)}"


def rank_z(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the z of the rank sum of the first sample (Mann-Whitney)."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    total = sum(rank for rank, (_value, which) in enumerate(ranked, start=1) if which == 0)
    n, m = len(first), len(second)
    return (total - n * (n + m + 1) / 2) / math.sqrt(n * m * (n + m + 1) / 12)
