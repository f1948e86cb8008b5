"""Names as they are sorted and found: the database has no pinyin order of its own."""

from casework.core.text import normalise
from casework.search.surnames import SURNAMES

LENGTH = 400


def name_key(name: str, *, person: bool = False) -> str:
    """Return the key by which a name is sorted and typed: its pinyin, then the initials.

    The surname of a ``person`` is read as a surname: 曾 zeng, 单 shan.
    """
    from pypinyin import lazy_pinyin  # noqa: PLC0415 (its dictionaries would slow the start of every process)

    text = normalise(name).lower()
    surname = next((text[:n] for n in (2, 1) if text[:n] in SURNAMES), "") if person else ""
    sounds = [*SURNAMES.get(surname, "").split(), *lazy_pinyin(text[len(surname) :])]
    initials = "".join(sound[:1] for sound in sounds)
    return f"{' '.join(sounds)}|{initials}"[:LENGTH]
