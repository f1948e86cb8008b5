"""Files that are known and not read here: one record, counted as unread, and a reason that names the way out."""

from collections.abc import Iterator

from evidence.parsing.context import Context
from evidence.parsing.events import Event
from evidence.parsing.source import Source

#: First bytes -> why it is not read.
STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x0c\xa5", "nfcapd_file"),
    (b"\xa5\x0c", "nfcapd_file"),
    (b"\x30\x00\x00\x00LfLe", "evt_file"),
    (b"\x28\xb5\x2f\xfd", "packed_otherwise"),
    (b"\x04\x22\x4d\x18", "packed_otherwise"),
    (b"7z\xbc\xaf\x27\x1c", "packed_otherwise"),
    (b"Rar!\x1a\x07", "packed_otherwise"),
    (b"PK\x03\x04", "office_file"),
)


def reason_of(data: bytes) -> str:
    """Return why a file that begins so is not read, or nothing."""
    for start, reason in STARTS:
        if data.startswith(start):
            return reason
    return ""


class Refused:
    """Counts the file as one record that was not read."""

    def __init__(self, context: Context) -> None:
        self.tally = context.tally

    def read(self, source: Source) -> Iterator[list[Event]]:
        """Yield nothing."""
        head = source.head()
        self.tally.lines += 1
        self.tally.refuse(0, source.size or len(head), reason_of(head) or "other")
        return iter(())
