"""wtmp, btmp, utmp and lastlog: records of fixed size, in the three layouts that Linux machines write."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from evidence.parsing.context import Context, batches
from evidence.parsing.events import EXACT, Class, Event
from evidence.parsing.source import Source, decoded

_KINDS = {
    0: "utmp_empty", 1: "runlevel", 2: "machine_started", 3: "clock_after", 4: "clock_before", 5: "utmp_init",
    6: "utmp_login_prompt", 7: "session_opened", 8: "session_closed", 9: "utmp_accounting",
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Order of bytes and place of the fields."""

    name: str
    size: int
    form: struct.Struct
    address: int


LAYOUTS = (
    Layout("x86-64", 384, struct.Struct("<h2xi32s4s32s256shhiii16s20x"), 348),
    Layout("aarch64", 400, struct.Struct("<h2xi32s4s32s256shhqqq16s20x4x"), 360),
    Layout("s390x", 400, struct.Struct(">h2xi32s4s32s256shhqqq16s20x4x"), 360),
)
LASTLOG = struct.Struct("<i32s256s")
_SECONDS = range(4_102_444_800)


def _clean(data: bytes) -> str:
    return decoded(data.split(b"\0", 1)[0].decode("latin-1"))


def plausible(data: bytes, layout: Layout) -> float:
    """Return the share of the records that make sense in a layout."""
    count = min(len(data) // layout.size, 60)
    good = full = 0
    for number in range(count):
        record = data[number * layout.size : (number + 1) * layout.size]
        if not any(record):
            continue
        full += 1
        values = layout.form.unpack(record)
        line, user = values[2], values[4]
        if (
            0 <= values[0] <= 9
            and values[9] in _SECONDS
            and 0 <= values[10] < 1_000_000
            and 0 <= values[1] < 1 << 26
            and _printable(line)
            and _printable(user)
        ):
            good += 1
    return good / full if full else 0.0


def _printable(field: bytes) -> bool:
    text = field.split(b"\0", 1)[0]
    return all(32 <= byte < 127 or byte >= 160 for byte in text)


def layout_of(data: bytes) -> Layout | None:
    """Return the layout in which the beginning makes sense, or None."""
    best = max(LAYOUTS, key=lambda one: plausible(data, one))
    return best if plausible(data, best) >= 0.7 else None


class Utmp:
    """Reads wtmp, btmp and utmp; ``lines`` counts records."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.tally = context.tally

    def read(self, source: Source) -> Iterator[list[Event]]:
        """Yield the events in lists."""
        layout = layout_of(source.head()) or LAYOUTS[0]
        failed = "btmp" in source.name.lower()
        with source.open() as stream:
            yield from batches(self._events(stream, layout, failed))

    def _events(self, stream: IO[bytes], layout: Layout, failed: bool) -> Iterator[Event]:
        at = seq = zeroed = backwards = 0
        first_zeroed: int | None = None
        last = None
        while True:
            record = stream.read(layout.size)
            if not record:
                break
            self.tally.lines += 1
            if len(record) < layout.size:
                self.tally.refuse(at, len(record), "cut_short")
                self.context.remarks.append(
                    ("utmp_cut_short", {"offset": at, "length": len(record), "record": layout.size})
                )
                break
            if not any(record):
                self.tally.refuse(at, layout.size, "zeroed")
                zeroed += 1
                first_zeroed = at if first_zeroed is None else first_zeroed
                at += layout.size
                continue
            event = self._event(layout, record, at, failed)
            if event is None:
                self.tally.refuse(at, layout.size, "no_record")
            else:
                seq += 1
                event["seq"] = seq
                moment = event.get("ts")
                if moment is not None and last is not None and moment < last:
                    backwards += 1
                last = moment if moment is not None else last
                yield event
            at += layout.size
        if zeroed:
            self.context.remarks.append(("utmp_zeroed", {"records": zeroed, "offset": first_zeroed or 0}))
        if backwards:
            self.context.remarks.append(("utmp_out_of_order", {"records": backwards}))

    @staticmethod
    def _event(layout: Layout, record: bytes, at: int, failed: bool) -> Event | None:
        kind, pid, line, ident, user, host, _term, status, session, seconds, micro, place = layout.form.unpack(record)
        if kind not in _KINDS or seconds not in _SECONDS:
            return None
        name = _clean(user)
        action = _KINDS[kind]
        event: Event = {
            "raw_offset": at, "raw_length": layout.size, "ts": seconds * 1_000_000 + micro % 1_000_000, "ts_raw": f"{seconds}.{micro:06d}",
            "ts_quality": EXACT, "class_uid": int(Class.AUTHENTICATION if kind in {6, 7, 8} else Class.OTHER),
            "event_action": action, "attrs": {"type": kind, "id": _clean(ident), "session": session, "exit": status},
        }  # fmt: skip
        if failed and kind in {6, 7}:
            event["event_action"], event["event_outcome"] = "login", "failure"
        elif kind == 7:
            event["activity"], event["event_outcome"] = "logon", "success"
        elif kind == 1 and name == "shutdown":
            event["event_action"] = "machine_stopping"
        elif kind in {3, 4} and name == "date":
            event["event_action"] = "clock_changed" if kind == 3 else "clock_before"
        if name:
            event["user_name"] = name
        tty = _clean(line)
        if tty:
            event["tty"] = tty
        if pid:
            event["process_pid"] = pid
        where = _clean(host)
        if where:
            event["attrs"]["from"] = where
        if any(place[:4]):
            if any(place[4:]):
                event["source_ip"] = ":".join(place[part : part + 2].hex() for part in range(0, 16, 2))
            else:
                event["source_ip"] = ".".join(str(part) for part in place[:4])
        return event


class Lastlog:
    """Reads lastlog: the record's number is the user's number."""

    def __init__(self, context: Context) -> None:
        self.tally = context.tally

    def read(self, source: Source) -> Iterator[list[Event]]:
        """Yield the events in lists."""
        with source.open() as stream:
            yield from batches(self._events(stream))

    def _events(self, stream: IO[bytes]) -> Iterator[Event]:
        at = uid = seq = 0
        while True:
            record = stream.read(LASTLOG.size)
            if not record:
                return
            self.tally.lines += 1
            if len(record) < LASTLOG.size:
                self.tally.refuse(at, len(record), "cut_short")
                return
            seconds, line, host = LASTLOG.unpack(record)
            if seconds:
                seq += 1
                event: Event = {
                    "seq": seq, "raw_offset": at, "raw_length": LASTLOG.size, "ts": (seconds & 0xFFFFFFFF) * 1_000_000, "ts_raw": str(seconds),
                    "ts_quality": EXACT, "class_uid": int(Class.AUTHENTICATION), "activity": "logon", "event_action": "last_login",
                    "user_id": str(uid), "tty": _clean(line), "attrs": {"from": _clean(host)},
                }  # fmt: skip
                yield event
            at += LASTLOG.size
            uid += 1
