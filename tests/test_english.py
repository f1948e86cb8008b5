"""An English page says nothing in Chinese but what people wrote, who they are, and the titles of laws.

The pages of a case, of its clocks, measures and approvals, and of the campaign are read as the played cast reads them.
What a person wrote is found by looking: it stands in a row. The columns that the product itself fills are left out of
that, so whatever it keeps in Chinese has to be read in English (casework/core/english.py).
"""

import html
import json
import re
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from tests.played import Played
from tests.routes import Route, address_of, objects, routes

CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
#: Who reads which addresses.
READERS: Final = {
    "officer1": ("cases:", "deadlines:", "desk:"),
    "hearing1": ("cases:penalty", "cases:hearing", "cases:detail"),
    "approver1": ("cases:approval", "cases:paper", "cases:penalty-approval", "desk:"),
    "auditor1": ("deadlines:list", "cases:approval", "cases:measures"),
    "campaign1": ("units:campaign", "units:self-inspection", "units:rectification", "deadlines:list"),
    "leader1": ("units:portal", "desk:"),
}
#: Columns that the product writes: their words are no one's own. Whole tables by their beginning.
OURS: Final = (
    "deadlines_", "search_", "notices_", "figures_", "auth_", "django_", "ledger_", "imports_", "documents_document.kind",
    "documents_template", "cases_penaltymeasure.", "cases_penaltydraft.", "cases_paper.", "cases_execution.text", "cases_execution.responsible", "units_stage.",
    "units_template", "units_campaigntemplate.", "cases_bodymeasure.",
)  # fmt: skip
#: Pages whose very content is Chinese: a decision as it was issued, and records of talks, whose questions and answers
#: people wrote too but lie encrypted, where looking does not find them.
CONTENT: Final = frozenset({"cases:penalty-document", "cases:interview", "cases:site-interview"})
#: What is Chinese by its nature: the name of the language itself, titles of laws beside their English, numbers of
#: official papers, the word that is typed for somebody without a name, and the sign in the circle of a person.
ALLOWED: Final = re.compile(r"中文|《[^》]*》|\w+〔\d{4}〕\s?\d+\s?号|“匿名”|^.$")


def pages_of(prefixes: tuple[str, ...], known: dict[str, dict[str, Any]]) -> Iterator[tuple[Route, str]]:
    for route in routes():
        if route.name.startswith(prefixes) and route.name not in CONTENT:
            try:
                yield route, address_of(route, known)
            except LookupError:
                continue


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, str) and CHINESE.search(value):
        yield value


def written() -> list[str]:
    """Return all that people wrote, the longest first; lines of a text and parts of a list stand for themselves too."""
    found: set[str] = set()
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.table_name, c.column_name, c.data_type from information_schema.columns c"
            " join information_schema.tables t using (table_schema, table_name)"
            " where c.table_schema = 'public' and t.table_type = 'BASE TABLE'"
            " and c.data_type in ('character varying', 'text', 'jsonb', 'ARRAY')"
        )
        for table, column, kind in cursor.fetchall():
            if f"{table}.{column}".startswith(OURS):
                continue
            told = f'to_jsonb("{column}")' if kind == "ARRAY" else f'"{column}"'
            cursor.execute(f'select distinct {told} from "{table}" where {told}::text is not null')
            for (value,) in cursor.fetchall():
                parsed = value
                if kind in {"jsonb", "ARRAY"} and isinstance(value, str):
                    parsed = json.loads(value)
                for text in strings(parsed):
                    found |= {text.strip(), *(line.strip() for line in re.split(r"[\n；。]", text))}
    return sorted((text for text in found if len(text) > 1 and CHINESE.search(text)), key=len, reverse=True)


def lines_of(body: str) -> Iterator[str]:
    """Yield all that a page says: its text, and what its attributes say to whoever hovers or cannot see."""
    body = re.sub(r"<(script|style).*?</\1>|<template\b.*?</template>", "", body, flags=re.DOTALL)
    body = re.sub(r'\b(?:title|aria-label|placeholder|alt|data-l|data-label)="([^"]*)"', r">\1<", body)
    for line in html.unescape(re.sub(r"<[^>]*>", "\n", body)).splitlines():
        if CHINESE.search(line):
            yield line.strip()


@pytest.mark.slow
@pytest.mark.parametrize("who", READERS)
def test_an_english_page_says_nothing_in_chinese_but_what_people_wrote(played: Played, who: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(played.user(who), backend="casework.accounts.backends.AccountBackend")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    session = client.session
    session["renewed"] = int(time.time())
    session.save()
    said: dict[str, str] = {}
    read = 0
    for route, address in pages_of(READERS[who], objects()):
        answer = client.get(address)
        # Read to the end, so that the file behind it is closed.
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[arg-type]
        if answer.status_code == 200 and answer["content-type"].startswith("text/html"):
            read += 1
            for line in lines_of(body.decode()):
                said.setdefault(line, route.name)

    own = written()
    left = []
    for line, name in said.items():
        rest = ALLOWED.sub("", line)
        for text in own:
            if not CHINESE.search(rest):
                break
            rest = rest.replace(text, "")
        if CHINESE.search(rest):
            left.append(f"{name}: {line} [{rest}]")
    assert read >= 2
    assert not left, "\n".join(left)
