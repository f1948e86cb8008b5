"""How words are looked for: folding, grams, synonyms, marks. The database folds and cuts alike (migration 0003).

A text is folded (full width, capitals and traditional characters become one form) and cut: Chinese into pairs, Latin
letters and digits into threes. A word is found where all its grams are, and then compared whole where that says more,
so that any part of a word or number finds it and nothing else does.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.html import escape
from django.utils.safestring import SafeString

from casework.core.crypto import blind_index
from casework.search.variants import SIMPLIFIED, TRADITIONAL

#: What is typed beyond this is not looked for; the page says so.
LONGEST: Final = 100
WORDS: Final = 6
SNIPPET: Final = 40
#: Circles of one kind fall into so many places of the index.
PLACES: Final = 16

#: Runs whose every pair is a gram, and their last character; the same class stands in ``search_grams``.
WIDE: Final = r"[\u00c0-\u024f\u0370-\u1fff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
#: Runs of which every three neighbours are a gram.
NARROW: Final = r"[0-9a-z._:/@+-]+"
_RUNS: Final = re.compile(f"({WIDE})|({NARROW})")
_SOMETHING: Final = re.compile(rf"{WIDE}|[0-9a-z]")
#: What people put around a word: it is no part of what they look for.
_AROUND: Final = "*%?\"'“”‘’《》「」『』【】"
#: A whole ID number of a person: it is looked for by its keyed digest alone.
ID_NUMBER: Final = re.compile(r"(?<![0-9a-z])\d{17}[0-9x](?![0-9a-z])")
ID_PLACE: Final = "search.id_number"
_CAPITALS: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_SIMPLER: Final = str.maketrans(TRADITIONAL, SIMPLIFIED)

#: Words of one meaning: whoever looks for one of them finds the others. Short Latin ones are found as whole words only.
SYNONYMS: Final[tuple[tuple[str, ...], ...]] = (
    ("虚拟货币", "加密货币", "数字货币", "虚拟币", "加密币", "数字币"),
    ("挖矿", "采矿程序", "cryptomining"),
    ("矿机", "挖矿机", "矿工机"),
    ("矿池", "挖矿池", "miningpool"),
    ("钱包", "钱包地址", "收款地址", "wallet"),
    ("显卡", "图形卡", "gpu"),
    ("比特币", "btc", "bitcoin"),
    ("以太坊", "以太币", "eth", "ethereum"),
    ("以太经典", "etc", "ethereumclassic"),
    ("门罗币", "xmr", "monero"),
    ("莱特币", "ltc", "litecoin"),
    ("狗狗币", "doge", "dogecoin"),
    ("泰达币", "usdt", "tether"),
    ("渡鸦币", "rvn", "ravencoin"),
    ("大零币", "zec", "zcash"),
    ("柚子币", "eos"),
    ("奇亚币", "xch", "chia"),
    ("鱼池", "f2pool"),
    ("蚂蚁矿池", "antpool"),
    ("僵尸网络", "botnet"),
    ("木马", "trojan"),
    ("服务器", "主机", "server"),
    ("台式机", "台式电脑", "台式计算机"),
    ("笔记本", "笔记本电脑", "手提电脑"),
    ("公安机关", "公安局", "公安"),
    ("纪委监委", "纪检监察机关", "纪委"),
    ("学校", "院校"),
)


_blind_places: list[str] = [ID_PLACE]


def register_blind_place(place: str) -> None:
    """Let ID numbers also be found by the digests that an app keeps under its own place (``core.crypto``)."""
    _blind_places.append(place)


def blind_words(number: str) -> list[str]:
    """Return the words by which a whole ID number stands in the index."""
    return [f"id{blind_index(number.upper(), place)}" for place in _blind_places]


def fold(text: str) -> str:
    """Return the one form in which texts are compared; equal to ``search_fold`` of the database."""
    return unicodedata.normalize("NFKC", text.replace("\x00", "")).translate(_CAPITALS).translate(_SIMPLER)


@dataclass(frozen=True)
class Form:
    """One way to write a word: the grams that must be there, and the text that is compared whole ("" for none).

    A gram is its text and "*" where it is only the beginning of one.
    """

    grams: tuple[tuple[str, str], ...]
    whole: str

    @property
    def exact(self) -> bool:
        """Whether the index alone settles it: the whole word is one gram, or the beginning of one."""
        return bool(self.whole) and [gram for gram, _more in self.grams] == [self.whole]

    def tsquery(self, place: str) -> str:
        """Return the condition that every gram stands in the place (``places_of``)."""
        return " & ".join(quoted(place + gram, ":*" if more else "") for gram, more in self.grams)


@dataclass(frozen=True)
class Words:
    """What is looked for. Every word must be found, in any of its forms."""

    typed: tuple[str, ...]
    forms: tuple[tuple[Form, ...], ...]
    cut: bool = False

    def __bool__(self) -> bool:
        return bool(self.forms)

    def tsqueries(self, places: Mapping[str, Sequence[int]]) -> list[str]:
        """Return a query for each place (``places_of``): every word stands there, in a text of one of its circles."""
        found = []
        for place, circles in places.items():
            words = [" | ".join(f"({form.tsquery(place)})" for form in forms) for forms in self.forms]
            known = [" | ".join(quoted(f"#c{circle}") for circle in circles)] if circles else []
            found.append(" & ".join(f"({one})" for one in [*words, *known]))
        return found

    @property
    def marked(self) -> tuple[str, ...]:
        """All that is marked where it stands in a text, longest first."""
        found = {form.whole or form.grams[0][0].removeprefix("=") for forms in self.forms for form in forms}
        return tuple(sorted((one for one in found | set(self.typed) if one), key=len, reverse=True))


def places_of(kind: str, circles: Sequence[int] | None, *, by_circle: bool) -> dict[str, list[int]]:
    """Return what stands before each gram of the kind where the reader may look, each with his circles there.

    Circles fall into sixteen places as in ``search_places`` of the database, so that a reader of very many, or of all
    (None), looks in sixteen at most; none are named where the place is not narrowed by them.
    """
    head = hashlib.md5(kind.encode(), usedforsecurity=False).hexdigest()[:2]
    if not by_circle:
        return {f"{head}-": []}
    if circles is None:
        return {f"{head}{place:x}": [] for place in range(PLACES)}
    places: dict[str, list[int]] = {}
    for circle in sorted(set(circles)):
        places.setdefault(f"{head}{abs(circle) % PLACES:x}", []).append(circle)
    return places


def read(text: str) -> Words:
    """Return the words of what was typed, out of their quotes and without wildcards at their ends.

    Those without a letter, digit or character are left out.
    """
    folded = " ".join(fold(text).split())
    words = [word.strip(_AROUND) for word in folded[:LONGEST].split() if _SOMETHING.search(word)]
    kept = tuple(dict.fromkeys(words))[:WORDS]
    return Words(kept, tuple(tuple(_forms(word)) for word in kept), len(folded) > LONGEST or len(words) > WORDS)


def _forms(word: str) -> list[Form]:
    if ID_NUMBER.fullmatch(word):
        return [Form(grams_of(one), one) for one in blind_words(word)]
    forms = [Form(grams_of(word), word)]
    for group in SYNONYMS:
        said = next((one for one in group if one == word or (not one.isascii() and one in word)), "")
        if not said:
            continue
        for other in group:
            if other == said or other in said or said in other:
                continue  # the longer one is found by the shorter
            if other.isascii():
                if word == said:
                    forms.append(Form(((f"={other}", ""),), ""))
            else:
                written = word.replace(said, other)
                forms.append(Form(grams_of(written), written))
    return forms[:12]


def quoted(gram: str, suffix: str = "") -> str:
    """Return a gram as it stands in a tsquery."""
    inner = gram.replace("\\", "\\\\").replace("'", "''")
    return f"'{inner}'{suffix}"


def grams_of(word: str) -> tuple[tuple[str, str], ...]:
    """Return the grams of a folded word, all of which must be there."""
    grams: list[tuple[str, str]] = []
    for wide, narrow in _RUNS.findall(word):
        if wide:
            if len(wide) == 1:
                grams.append((wide, "*"))
            grams += [(wide[k : k + 2], "") for k in range(len(wide) - 1)]
        elif len(narrow) < 3:
            grams.append((narrow, "*"))
        else:
            grams += [(narrow[k : k + 3], "") for k in range(len(narrow) - 2)]
    return tuple(dict.fromkeys(grams))


def spans_of(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the words stand in the text, as spans of the text as it was written."""
    folded: list[str] = []
    origin: list[int] = []
    for place, sign in enumerate(text):
        for one in fold(sign):
            folded.append(one)
            origin.append(place)
    line = "".join(folded)
    spans: list[tuple[int, int]] = []
    for word in words:
        start = line.find(word)
        while start >= 0:
            spans.append((origin[start], origin[start + len(word) - 1] + 1))
            start = line.find(word, start + len(word))
    spans.sort()
    joined: list[tuple[int, int]] = []
    for begin, end in spans:
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def mark(text: str, words: Sequence[str]) -> SafeString:
    """Return the text, escaped, with the words in ``<mark>``."""
    return _marked(text, spans_of(text, words))


def _marked(text: str, spans: Sequence[tuple[int, int]]) -> SafeString:
    parts, done = [], 0
    for begin, end in spans:
        parts += [escape(text[done:begin]), "<mark>", escape(text[begin:end]), "</mark>"]
        done = end
    return SafeString("".join([*parts, escape(text[done:])]))


def snippet(text: str, words: Sequence[str]) -> SafeString:
    """Return the piece of a long text around the first hit, marked; "" when no word stands in it as it was written."""
    spans = spans_of(text, words)
    if not spans:
        return SafeString("")
    begin = max(spans[0][0] - SNIPPET // 2, 0)
    end = min(begin + 3 * SNIPPET, len(text))
    inside = [(max(a, begin) - begin, min(b, end) - begin) for a, b in spans if a < end and b > begin]
    piece = " ".join(text[begin:end].split()) if not inside else text[begin:end].replace("\n", " ").replace("\t", " ")
    return SafeString(f"{'…' if begin else ''}{_marked(piece, inside)}{'…' if end < len(text) else ''}")
