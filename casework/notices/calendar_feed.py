"""An iCalendar file (RFC 5545) of due dates: days and links, no titles that say what it is about. No database, no clock."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

#: All that leaves the system of what a deadline is about.
SUMMARY = "办案系统：有一项期限到期"


@dataclass(frozen=True)
class Event:
    """One due date; ``version`` grows when it moves, so that programs take over the newer one."""

    uid: str
    on: date
    url: str
    version: int
    provisional: bool
    at: datetime | None = None


def render(events: Iterable[Event], *, made_at: datetime) -> bytes:
    """Return the file: lines of at most 75 bytes, ended by CRLF."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//casework//deadlines//ZH", "CALSCALE:GREGORIAN"]
    lines += ["METHOD:PUBLISH", "X-WR-CALNAME:办案系统期限", "X-WR-TIMEZONE:Asia/Shanghai"]
    for event in events:
        lines += _event(event, made_at)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _event(event: Event, made_at: datetime) -> list[str]:
    if event.at is not None:
        when = [f"DTSTART:{_utc(event.at)}", f"DTEND:{_utc(event.at)}"]
    else:
        when = [f"DTSTART;VALUE=DATE:{event.on:%Y%m%d}", f"DTEND;VALUE=DATE:{event.on + timedelta(days=1):%Y%m%d}"]
    return [
        "BEGIN:VEVENT",
        f"UID:{event.uid}",
        f"DTSTAMP:{_utc(made_at)}",
        *when,
        f"SEQUENCE:{event.version}",
        f"SUMMARY:{SUMMARY}{'（日期暂定）' if event.provisional else ''}",
        f"STATUS:{'TENTATIVE' if event.provisional else 'CONFIRMED'}",
        f"URL:{event.url}",
        "TRANSP:TRANSPARENT",
        "CLASS:PRIVATE",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{SUMMARY}",
        "TRIGGER:-P1D",
        "END:VALARM",
        "END:VEVENT",
    ]


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _folded(line: str) -> bytes:
    """Return a content line folded at 75 bytes, never inside a character."""
    parts, room, part = [], 75, b""
    for character in line:
        size = character.encode()
        if len(part) + len(size) > room:
            parts.append(part)
            part, room = b"", 74
        part += size
    return b"\r\n ".join([*parts, part]) + b"\r\n"


def digest_of(token: str) -> str:
    """Return what is kept of a token: it has 256 random bits, so a plain digest cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()
