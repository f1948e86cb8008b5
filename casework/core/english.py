"""What the product says and keeps in Chinese, read in English: names of rules and measures, computed sentences, articles.

The law's files are Chinese, and rows keep what was said when they were made: a clock its rule and how its date came
about. Such texts are not translated when they are made (nobody knows who will read them) but when they are shown, by
``said``. Their English stands in the file ``english.yaml`` of each app, by the Chinese itself:

``words``      a text and its English. Texts that are joined by 、 ； or 。 need theirs each.
``sentences``  a sentence with places: ``{day}`` a date, ``{n}`` a number, ``{length}`` so many days or months, any
               other a text that is read in turn.
``kept``       sentences that services translate and rows keep in Chinese; their English stands in the catalogue of
               translations (django.po), where it belongs.
``laws``       titles. A citation keeps its Chinese title beside the English one, for that is how the law is found.

What has no English is shown as it is: it may be somebody's own words.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import get_language, gettext, override

from casework.core.data import read_yaml
from casework.core.moments import cn_date

_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_PLACE: Final = re.compile(r"\\\{(\w+)\\\}")
_KEPT: Final = re.compile(r"%\((\w+)\)[sd]")
_DAY: Final = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日(?: (\d{2}:\d{2}))?")
_DIGITS: Final = {digit: value for value, digit in enumerate("零一二三四五六七八九")}
_NUMERAL: Final = "[零一二三四五六七八九十百]+"
_ARTICLE: Final = re.compile(f"第({_NUMERAL})条(?:第({_NUMERAL})款)?(?:第（?({_NUMERAL})）?项)?")
_YEAR: Final = re.compile(r"》?（(\d{4})年）")
#: What may follow a citation whose article nobody has read.
_UNREAD: Final = {"（条文号待核）": " (article not verified)", "（依据待核）": " (basis not verified)"}

_files: list[Path] = []
_rows: list[Callable[[], Mapping[str, str]]] = []


@dataclass(frozen=True)
class Table:
    """All that is known, read when the first English page asks for it."""

    words: dict[str, str]
    laws: dict[str, str]
    sentences: list[tuple[re.Pattern[str], str]]
    kept: list[tuple[re.Pattern[str], str]]


def register_english(path: Path) -> None:
    """Let one file be read."""
    _files.append(path)
    _forget()


def register_rows(rows: Callable[[], Mapping[str, str]]) -> None:
    """Let the English be read that stands in rows of the law's files themselves; that of ``english.yaml`` goes before."""
    _rows.append(rows)
    _forget()


def _forget() -> None:
    _table.cache_clear()
    _read.cache_clear()


@cache
def _table() -> Table:
    """Return what the files say; a text that stands in two must mean the same."""
    found = Table({}, {}, [], [])
    for path in _files:
        data: dict[str, Any] = read_yaml(path)
        for known, part in ((found.words, "words"), (found.laws, "laws")):
            for text, english in (data.get(part) or {}).items():
                if known.setdefault(text, english) != english:
                    raise ValueError(f"{path}: {text} is already {known[text]}")
        for text, english in (data.get("sentences") or {}).items():
            found.sentences.append((re.compile(_PLACE.sub(_place, re.escape(text)), re.DOTALL), english))
        for text in data.get("kept") or ():
            with override("en"):
                english = _KEPT.sub(r"{\1}", gettext(text))
            said_so = re.escape(_KEPT.sub(r"{\1}", text))
            found.kept.append((re.compile(_PLACE.sub(_place, said_so), re.DOTALL), english))
    for rows in _rows:
        for text, english in rows().items():
            found.words.setdefault(text, english)
    return found


def _place(found: re.Match[str]) -> str:
    name = found[1]
    if name.startswith("day"):
        return rf"(?P<{name}>\d{{4}}年\d{{1,2}}月\d{{1,2}}日(?: \d{{2}}:\d{{2}})?)"
    if name.startswith("length"):
        return rf"(?P<{name}>\d+ \w+|由方案指定日期)"
    return rf"(?P<{name}>\d+)" if re.fullmatch(r"n\d?", name) else f"(?P<{name}>.+?)"


def said(text: Any) -> str:
    """Return the text as the reader's language has it: in English by the files, else as it is."""
    found = "" if text is None else str(text)
    if not (get_language() or "").startswith("en") or not _CHINESE.search(found):
        return found
    return _read(found)


@lru_cache(maxsize=4096)
def _read(text: str) -> str:
    known = _table().words.get(text)
    if known is not None:
        return known
    stem = _table().words.get(text.removesuffix("。"))
    if stem is not None:
        return f"{stem[:1].upper()}{stem[1:]}."
    table = _table()
    # What rows keep comes last: there somebody's own words stand in places, which may be anything.
    return (
        _day(text)
        or _citations(text)
        or _sentence(text, table.sentences)
        or _joined(text)
        or _sentence(text, table.kept)
        or text
    )


def _day(text: str) -> str:
    found = _DAY.fullmatch(text)
    if found is None:
        return ""
    with override("en"):
        day = cn_date(datetime(int(found[1]), int(found[2]), int(found[3])).date())  # noqa: DTZ001 (a day alone)
    return f"{day} {found[4]}" if found[4] else day


def _sentence(text: str, known: list[tuple[re.Pattern[str], str]]) -> str:
    for pattern, english in known:
        found = pattern.fullmatch(text)
        if found is not None:
            return english.format(**{name: said(value) for name, value in found.groupdict().items()})
    return ""


def _joined(text: str) -> str:
    """Read what is put together of texts that have an English each; one that has none stands as it is."""
    for mark, joint in (("。", " "), ("；", "; "), ("、", ", ")):
        parts = list(_split(text, mark))
        if len(parts) > 1 and any(_read(part) != part for part in parts):
            return joint.join(_read(part) for part in parts)
    return ""


def _split(text: str, mark: str) -> Iterator[str]:
    """Yield the parts between marks that stand in no brackets; a full stop stays with its sentence."""
    depth, start = 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "（《“") - (letter in "）》”")
        if letter == mark and depth == 0:
            yield text[start : place + (mark == "。")]
            start = place + 1
    if start < len(text):
        yield text[start:]


def _citations(text: str) -> str:
    """Return titles with articles as English writes them, e.g. “Supervision Law, art. 44, 45 《监察法》”; "" for others."""
    rest, found = text.removesuffix("。"), []
    for tail, words in _UNREAD.items():
        if rest.endswith(tail):
            rest, unread = rest.removesuffix(tail), words
            break
    else:
        unread = ""
    while rest:
        bare = rest.removeprefix("《")
        title = max((title for title in _table().laws if bare.startswith(title)), key=len, default="")
        if not title:
            return ""
        rest = bare[len(title) :]
        year = _YEAR.match(rest)
        english = f"{_table().laws[title]} ({year[1]})" if year else _table().laws[title]
        rest = rest[year.end() :] if year else rest.removeprefix("》")
        articles = []
        while article := _ARTICLE.match(rest):
            articles.append(_article(article))
            rest = rest[article.end() :]
            if not rest.startswith("、第"):
                break
            rest = rest[1:]
        if articles and rest.startswith("至第") and (last := _ARTICLE.match(rest[1:])):
            articles[-1] += f" to {_article(last)}"
            rest = rest[1 + last.end() :]
        cited = f", art. {', '.join(articles)}" if articles else ""
        found.append(f"{english}{cited} 《{title}》")
        if rest and rest[0] not in "、；":
            return ""
        rest = rest[1:]
    return "; ".join(found) + unread + "." * text.endswith("。")


def _article(found: re.Match[str]) -> str:
    text = str(_number(found[1]))
    if found[2]:
        text += f"({_number(found[2])})"
    return f"{text} item {_number(found[3])}" if found[3] else text


def _number(numeral: str) -> int:
    """Return 327 for 三百二十七, 12 for 十二."""
    total, digit = 0, 0
    for letter in numeral:
        if letter in "十百":
            total += (digit or 1) * (10 if letter == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[letter]
    return total + digit
