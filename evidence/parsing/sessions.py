"""Sessions conserve: between two numbers that logind gives out lie as many PAM sessions as the numbers differ.

Which services take a number depends on the machine, so it is learnt from the log itself; where no choice of services
conserves in nineteen of twenty intervals, nothing is said.
"""

from typing import Any

from evidence.parsing.events import Event
from evidence.parsing.findings import EXPLAINED, PROVED, Bound, Finding

_BASE = {"cron", "crond", "atd", "sshd", "login", "remote"}
_MORE = {"systemd-user"}
_GRAPHIC = {"lightdm", "gdm", "gdm-password", "sddm", "lightdm-greeter", "gdm-launch-environment", "xrdp-sesman"}
SETS = (frozenset(_BASE), frozenset(_BASE | _MORE), frozenset(_BASE | _GRAPHIC), frozenset(_BASE | _MORE | _GRAPHIC))
SHARE = 0.95
LEAST = 20
_KEPT = 5_000


class LogindSessions:
    """Compares them interval by interval."""

    actions: frozenset[str] | None = frozenset(
        {"session_opened", "logind_new", "logind_started", "machine_started", "log_rate_limited", "clock_changed"}
    )

    def __init__(self) -> None:
        self.opened = [0] * len(SETS)
        self.number: int | None = None
        self.bound: Bound | None = None
        self.limited = False
        self.restarted = False
        self.first: tuple[int, Bound] | None = None
        self.before = [0] * len(SETS)
        self.restarted_before = False
        self.intervals = 0
        self.kept = [0] * len(SETS)
        self.differing: list[list[tuple[int, int, Bound, Bound, bool]]] = [[] for _ in SETS]

    def see(self, event: Event) -> None:
        """Note an opened session or a number given out."""
        action = event["event_action"]
        if action == "session_opened":
            service = event["attrs"].get("service")
            for index, names in enumerate(SETS):
                if service in names:
                    self.opened[index] += 1
        elif action == "logind_new":
            self._number(event)
        elif action == "log_rate_limited":
            self.limited = True
        else:
            self.restarted = self.restarted or action in {"logind_started", "machine_started"}

    def _number(self, event: Event) -> None:
        text = event.get("session_key", "")
        if not text.isdecimal() or len(text) > 9:
            return
        number, bound = int(text), Bound.of(event)
        if self.first is None:
            self.first, self.before, self.restarted_before = (number, bound), self.opened, self.restarted
        if self.number is not None and self.bound is not None and number > self.number and not self.restarted:
            step = number - self.number
            self.intervals += 1
            for index in range(len(SETS)):
                if self.opened[index] == step:
                    self.kept[index] += 1
                elif len(self.differing[index]) < _KEPT:
                    self.differing[index].append((step, self.opened[index], self.bound, bound, self.limited))
        self.number, self.bound = number, bound
        self.opened = [0] * len(SETS)
        self.limited = self.restarted = False

    def ends(self) -> dict[str, Any]:
        """Return where the count begins and ends, and how many sessions lie outside of it: for the file before and after."""
        if self.first is None or self.number is None or self.bound is None:
            return {}
        return {
            "logind_sessions": {
                "first": [self.first[0], *self.first[1].place()],
                "last": [self.number, *self.bound.place()],
                "before": self.before,
                "after": self.opened,
                "restarted_before": self.restarted_before,
                "restarted_after": self.restarted,
                "kept": self.kept,
                "intervals": self.intervals,
            }
        }

    def finish(self) -> list[Finding]:
        """Return the intervals in which sessions are missing, where the rest conserves."""
        if self.intervals < LEAST:
            return []
        best = max(range(len(SETS)), key=lambda index: self.kept[index])
        if self.kept[best] < self.intervals * SHARE:
            return []
        return [
            Finding(
                "logind_sessions",
                EXPLAINED if limited else PROVED,
                expected=step,
                found=found,
                before=before,
                after=after,
                benign={"restart": False, "rate_limit": limited, "clock_changed": False},
                facts={"conserving": self.kept[best], "intervals": self.intervals, "services": sorted(SETS[best])},
            )
            for step, found, before, after, limited in self.differing[best]
            if found < step
        ]
