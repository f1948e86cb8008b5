"""The English of the catalogue: that of its rows (``en``), and of ``english.yaml`` for all else it says."""

from cases.catalogue import DATA, Measure, catalogue
from casework.core.english import register_english, register_rows


def register() -> None:
    """Let the pages say in English what the catalogue says in Chinese."""
    register_english(DATA.parent / "english.yaml")
    register_rows(_rows)


def _rows() -> dict[str, str]:
    found = catalogue()
    words = {row.name: row.en for row in found.families.values()}
    words |= {row.name: row.en for row in found.conducts.values()}
    for measure in found.measures.values():
        words.setdefault(measure.title, _full(measure))
        words.setdefault(measure.name, measure.en)
    return words


def _full(measure: Measure) -> str:
    """Return the English of the title: 党内警告 says its family, so its English does, too."""
    if measure.title == measure.name or "(" in measure.en:
        return measure.en
    return f"{measure.en} ({measure.family.en})"
