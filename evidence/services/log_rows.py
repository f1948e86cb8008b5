"""Events as the lines of text that PostgreSQL copies. What logs say again and again is put into letters once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from evidence.log_enums import lane_of
from evidence.parsing.events import Event

COLUMNS = (
    "run_id", "item_id", "ts", "ts_raw", "ts_quality", "seq", "member", "raw_offset", "raw_length", "repeat", "lane", "class_uid",
    "activity", "event_action", "event_outcome", "user_name", "user_target_name", "user_effective_name", "session_key", "host",
    "source_ip", "source_port", "source_mac", "destination", "destination_port", "tty", "process_pid", "process_executable",
    "process_command_line", "rule_labels", "attrs",
)  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_000_000
_HOUR = 3_600_000_000
#: Words that are remembered.
REMEMBERED = 50_000
#: Kept with what else an event says.
_BESIDE = ("user_domain", "user_id", "source_nat_ip", "source_nat_port", "ts_err_ms")
_NULL = "\\N"


def clean(value: Any) -> Any:
    """Return JSON without the characters that PostgreSQL does not take."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {clean(str(key)): clean(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(one) for one in value]
    return value


def moment_of(us: int | None) -> datetime | None:
    """Return microseconds since 1970 as a moment; None outside the calendar."""
    return EPOCH + timedelta(microseconds=us) if us is not None and _FIRST <= us <= _LAST else None


def escaped(text: str) -> str:
    """Return a text as a cell of a copied line."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    return text if text.isprintable() else text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


class _Remembered(dict[Any, str]):
    """Value -> its cell, made once and remembered; what is not so often the same is forgotten with the rest."""

    def __init__(self, made: Callable[[Any], str]) -> None:
        super().__init__()
        self.made = made

    def __missing__(self, value: Any) -> str:
        if len(self) >= REMEMBERED:
            self.clear()
        cell = self[value] = self.made(value)
        return cell


def _text(most: int) -> Callable[[Any], str]:
    return lambda value: escaped(clean(str(value))[:most]) if value else ""


def _moment(us: int | None) -> str:
    moment = moment_of(us)
    # The year in four digits, which the C library does not write of early ones.
    return _NULL if moment is None else f"{moment.year:04d}-{moment:%m-%d %H:%M:%S}.{moment.microsecond:06d}+00"


def _array(values: tuple[str, ...]) -> str:
    quoted = (clean(str(value)).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return escaped("{" + ",".join(f'"{value}"' for value in quoted) + "}")


def attributes(event: Event) -> str:
    """Return what else an event says, as JSON."""
    said: dict[str, Any] = event.get("attrs") or {}
    if any(key in event for key in _BESIDE) or "destination_domain" in event:
        said = {**said, **{key: event[key] for key in _BESIDE if key in event}}  # type: ignore[literal-required]
        if event.get("destination_ip") and event.get("destination_domain"):
            said["destination_domain"] = event["destination_domain"]
    if not said:
        return "{}"
    try:
        data = orjson.dumps(said, default=str)
    except TypeError:  # half a letter, or a key that is no text
        data = orjson.dumps(clean(dict(said)), default=str)
    if b"\\u0000" in data:
        data = orjson.dumps(clean(dict(said)), default=str)
    return data.decode()


class Lines:
    """Puts the events of a reading into lines, and counts them by lane and hour."""

    def __init__(self, run: int, item: int) -> None:
        self.head = f"{run}\t{item}"
        self.hours: dict[tuple[str, int], list[int]] = {}
        self.moments, self.arrays = _Remembered(_moment), _Remembered(_array)
        self.by_width = {width: _Remembered(_text(width)) for width in (10, 40, 60, 80, 100, 200, 260, 300)}
        self.lanes: dict[tuple[str, int], str] = {}

    def line(self, member: int, event: Event) -> str:
        """Return an event's line, with its end."""
        get: Callable[..., Any] = event.get
        ts, labels, action, class_uid = get("ts"), get("rule_labels", ()), event["event_action"], get("class_uid", 0)
        lane = self.lanes.get((action, class_uid)) if not labels else None
        if lane is None:
            lane = str(lane_of(event))
            if not labels:
                if len(self.lanes) >= REMEMBERED:
                    self.lanes.clear()
                self.lanes[action, class_uid] = lane
        moment = self.moments[ts]
        if moment is not _NULL:
            counts = self.hours.get((lane, ts // _HOUR))
            if counts is None:
                counts = self.hours[lane, ts // _HOUR] = [0, 0]
            counts[0] += 1
            if labels:
                counts[1] += 1
        words = self.by_width
        w40, w60, w200 = words[40], words[60], words[200]
        command, port, target_port, pid = (
            get("process_command_line"),
            get("source_port"),
            get("destination_port"),
            get("process_pid"),
        )
        return (
            f"{self.head}\t{moment}\t{w60[get('ts_raw')]}\t{self.arrays[get('ts_quality', ())]}\t{event['seq']}\t{member}\t"
            f"{event['raw_offset']}\t{min(event['raw_length'], 2_147_483_647)}\t{get('repeat', 1)}\t{lane}\t{int(class_uid)}\t"
            f"{w40[get('activity')]}\t{w60[action]}\t{words[10][get('event_outcome')]}\t{w200[get('user_name')]}\t"
            f"{w200[get('user_target_name')]}\t{w200[get('user_effective_name')]}\t{words[80][get('session_key')]}\t{w200[get('host')]}\t"
            f"{words[100][get('source_ip')]}\t{_NULL if port is None else port}\t{w40[get('source_mac')]}\t"
            f"{words[260][get('destination_ip') or get('destination_domain')]}\t{_NULL if target_port is None else target_port}\t"
            f"{w60[get('tty')]}\t{_NULL if pid is None else pid}\t{words[300][get('process_executable')]}\t"
            f"{escaped(clean(str(command))[:20_000]) if command else ''}\t{self.arrays[tuple(labels)]}\t{escaped(attributes(event))}\n"
        )
