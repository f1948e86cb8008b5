"""What a run found out about the log itself: what is missing, what was cleared, what cannot be told."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from evidence.parsing.events import Event, iso

#: A sequence that the system counted has a hole: lines are gone, whoever took them.
PROVED = "deleted-proved"
#: Another record of the same happenings has what this one lacks.
CONTRADICTED = "deleted-contradicted"
#: Nothing can be said about this stretch.
UNKNOWN = "coverage-unknown"
#: There is an innocent reason, tested and found to hold.
EXPLAINED = "explained"
#: Worth a look; proves nothing.
HINT = "hint"
#: An act on the log that the log itself tells of.
STATED = "stated"

VERDICTS = (PROVED, CONTRADICTED, UNKNOWN, EXPLAINED, HINT, STATED)
#: Verdicts that belong to a stretch of the log rather than to one act.
GAPS = (PROVED, CONTRADICTED, UNKNOWN, EXPLAINED, HINT)


@dataclass
class Bound:
    """One of the two raw lines between which something is missing."""

    offset: int
    length: int
    ts: int | None = None
    text: str = ""

    @classmethod
    def of(cls, event: Event) -> "Bound":
        return cls(event["raw_offset"], event["raw_length"], event.get("ts"))

    def place(self) -> tuple[int, int, int | None]:
        """Return offset, length and time."""
        return self.offset, self.length, self.ts

    def shown(self) -> dict[str, Any]:
        return {"raw_offset": self.offset, "raw_length": self.length, "ts": iso(self.ts), "text": self.text}


@dataclass
class Finding:
    """A finding, with the check it comes from, the two bounding lines, expected against found, and what else could explain it."""

    check: str
    verdict: str
    gap: bool = True
    expected: int | None = None
    found: int | None = None
    before: Bound | None = None
    after: Bound | None = None
    #: Innocent explanations that were tested: name -> whether it holds.
    benign: dict[str, bool] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    #: The line of another source that tells what this one does not; ``facts["has"]`` names that source.
    witness: Bound | None = None

    @property
    def missing(self) -> int | None:
        if self.expected is None or self.found is None:
            return None
        return self.expected - self.found

    def shown(self) -> dict[str, Any]:
        """Return the finding for JSON."""
        shown = {
            "check": self.check,
            "verdict": self.verdict,
            "expected": self.expected,
            "found": self.found,
            "missing": self.missing,
            "before": self.before.shown() if self.before else None,
            "after": self.after.shown() if self.after else None,
            "benign": self.benign,
            "facts": self.facts,
        }
        if self.witness is not None:
            shown["witness"] = self.witness.shown()
        return shown


class Watch(Protocol):
    """Looks at events as they pass. ``actions`` names those it wants; None means every one.

    A watch that wants every one has ``see_all`` besides, which takes a list.
    """

    actions: frozenset[str] | None

    def see(self, event: Event) -> None: ...

    def finish(self) -> list[Finding]: ...
