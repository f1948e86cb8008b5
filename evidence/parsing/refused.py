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
_SINCE, _UNTIL = 631_152_000, 4_102_444_800


def reason_of(data: bytes) -> str:
    """Return why a file that begins so is not read, or nothing."""
    for start, reason in STARTS:
        if data.startswith(start):
            return reason
    return "netflow_packets" if _netflow(data) else ""


def _netflow(data: bytes) -> bool:
    """Tell whether packets of NetFlow 5, 9 or IPFIX lie one behind the other: version, count or length, and a time."""
    if len(data) < 24:
        return False
    version, second = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    at = 4 if version == 10 else 8
    sent = int.from_bytes(data[at : at + 4], "big")
    if not _SINCE <= sent < _UNTIL:
        return False
    if version == 5:
        following = data[24 + 48 * second :][:2]
        return 1 <= second <= 30 and following in {b"", b"\0\5"}
    if version == 10:
        return second >= 16 and data[second:][:2] in {b"", b"\0\x0a"}
    return version == 9 and 1 <= second <= 100


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
