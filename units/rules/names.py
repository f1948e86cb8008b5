"""Names as they are sorted and found: the database has no pinyin order of its own."""

from casework.core.text import normalise

LENGTH = 400


def name_key(name: str) -> str:
    """Return the key by which a name is sorted and typed: its pinyin, then the initials, then the name."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 (its dictionaries would slow the start of every process)

    text = normalise(name).lower()
    sounds = lazy_pinyin(text)
    initials = "".join(sound[:1] for sound in sounds)
    return f"{' '.join(sounds)}|{initials}"[:LENGTH]
