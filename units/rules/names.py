"""Names as they are sorted and found: the database has no pinyin order of its own."""

from pypinyin import lazy_pinyin

from casework.core.text import normalise

LENGTH = 400


def name_key(name: str) -> str:
    """Return the key by which a name is sorted and typed: its pinyin, then the initials, then the name."""
    text = normalise(name).lower()
    sounds = lazy_pinyin(text)
    initials = "".join(sound[:1] for sound in sounds)
    return f"{' '.join(sounds)}|{initials}"[:LENGTH]
