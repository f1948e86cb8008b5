"""Plain rules of evidence: no database, no clock."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

#: Series of the lists (扣押清单文号) and the letters that begin the numbers of items.
LIST_SERIES: Final = "浙纪扣"
ITEM_PREFIX: Final = "ZJ"
NAME_BYTES: Final = 255
_SEAL: Final = re.compile(r"^[A-Z]{2}[0-9]{2}-[0-9]{6}$")
# Control characters, and those that turn the direction of writing and so make exe look like jpg.
_HIDDEN: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@dataclass(frozen=True)
class DeviceFacts:
    """What is written down of a device. ``watts`` is measured, ``hash_rate`` as the label or the program says."""

    device_kind: str
    make: str = ""
    model: str = ""
    serial: str = ""
    mac: str = ""
    hash_rate: str = ""
    watts: int | None = None
    software: str = ""
    pool: str = ""


def item_number(year: int, serial: int, position: int) -> str:
    """Return the number of the ``position``-th item of a list, e.g. ZJ21-0036-003."""
    return f"{ITEM_PREFIX}{year % 100:02d}-{serial:04d}-{position:03d}"


def part_number(whole: str, position: int) -> str:
    """Return the number of a part, e.g. ZJ21-0036-003-08."""
    return f"{whole}-{position:02d}"


def seal_number(text: str) -> str:
    """Return the seal number in its one written form: half-width capitals without spaces."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()


def is_seal_number(number: str) -> bool:
    """Tell whether the number has the printed form, e.g. ZJ21-000912."""
    return _SEAL.fullmatch(number) is not None


def file_name(given: str) -> str:
    """Return a name that is safe to store, show and offer for download; "" when nothing is left of it.

    Folders, control and direction characters and leading dots go, the ending stays, 255 bytes of UTF-8 at most.
    """
    text = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(char for char in text if unicodedata.category(char) not in _HIDDEN)
    text = re.sub(r'[<>:"|?*]', "_", text).strip().lstrip(".").rstrip(". ")
    if len(text.encode()) <= NAME_BYTES:
        return text
    stem, dot, ending = text.rpartition(".")
    ending = dot + ending if dot and len(ending) <= 16 else ""
    stem = stem if ending else text
    while len((stem + ending).encode()) > NAME_BYTES:
        stem = stem[:-1]
    return stem + ending
