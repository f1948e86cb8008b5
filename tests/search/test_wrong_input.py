"""Whatever is typed: the page, the type-ahead, the API and the box above a list answer, find nothing false, say a sentence."""

from itertools import cycle

import pytest
from django.test import Client

from casework.search.words import LONGEST, read
from tests.build_units import a_unit
from tests.cast import Cast

pytestmark = pytest.mark.django_db

NAME = "上虞区职业教育中心"
#: What is typed, whether it finds the unit, and what the search page says besides.
NOTHING, CUT, NONE = "没有可以查找的字。", "只用了开头的部分。", "没有找到"
TYPED = {
    "nothing": ("", False, ""),
    "wildcard alone": ("%", False, NOTHING),
    "wildcards around a word": ("%职业%", True, ""),
    "asterisk": ("职业*", True, ""),
    "question mark": ("?", False, NOTHING),
    "underscore": ("上_区", False, NONE),
    "backslash": ("\\", False, NOTHING),
    "single quote": ("'", False, NOTHING),
    "quoted word": ("'职业'", True, ""),
    "double quotes": ('"职业"', True, ""),
    "Chinese quotes": ("“职业”", True, ""),
    "quotes alone": ("“”", False, NOTHING),
    "wildcard within a word": ("上*职业", False, NONE),
    "statement": ("'; drop table search_entry; --", False, NONE),
    "query language": ("职业 & !教育 | ()", False, NONE),
    "name of a place in the index": ("#c1", False, NONE),
    "full-width wildcard": ("％＊？", False, NOTHING),
    "full-width word": ("Ｕ－ＳＹ－１", True, ""),
    "traditional": ("職業", True, ""),
    "full-width blank": ("上虞\u3000职业", True, ""),
    "NUL": ("职\x00业", True, ""),
    "NUL alone": ("\x00", False, ""),
    "control characters": ("\x01\x1b[31m\x7f", False, NONE),
    "line breaks and tabs": ("上虞\r\n\t职业", True, ""),
    "direction turned": ("\u202e上虞", False, NONE),
    "no width": ("\u200b", False, NOTHING),
    "half a pair": ("\ud800", False, ""),
    "picture": ("😀", False, ""),
    "10,000 characters": ("职业" * 5_000, False, NONE),
    "10,000 blanks": (" " * 10_000, False, ""),
    "1,000 words": ("职业 " * 1_000, True, ""),
    "1,000 different words": (" ".join(f"{n}甲" for n in range(1_000)), False, CUT),
    "a very long number": ("9" * 10_000, False, NONE),
    "markup": ("<script>alert(1)</script>", False, NONE),
}


@pytest.fixture
def client(cast: Cast) -> Client:
    """Return an officer's browser; one unit stands in the register."""
    a_unit(NAME, code="U-SY-1")
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    return client


def test_whatever_is_typed_gets_an_answer(client: Client) -> None:
    others = cycle(("/search/suggest/", "/units/", "/api/v1/search/"))
    for said, (typed, finds, sentence) in TYPED.items():
        text = typed.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        page = client.get("/search/", {"q": text})
        assert page.status_code == 200, said
        body = page.content.decode()
        hits = body.partition('class="bigfind')[2].partition("</form>")[2].replace("<mark>", "").replace("</mark>", "")
        assert (NAME in hits) == finds, said
        assert sentence in body, said
        assert "<script>alert" not in body, said
        address = next(others)
        answer = client.get(address, {"q": text})
        assert answer.status_code == 200, (said, address)
        assert "<script>alert" not in answer.content.decode(), (said, address)
        if address.startswith("/api/"):
            assert [hit["label"] for group in answer.json() for hit in group["hits"]] == [NAME] * finds, said


def test_what_is_looked_for_is_bounded() -> None:
    words = read("职业" * 5_000)
    assert [len(word) for word in words.typed] == [LONGEST]
    assert words.cut
    assert len(read(" ".join(f"{n}甲" for n in range(1_000))).typed) <= 6
