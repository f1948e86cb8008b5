"""What must hold for every template: strict CSP, known icons, no untranslated text, English beside Chinese."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

from casework.web import icons, vocabulary

ROOT: Path = settings.BASE_DIR
APPS = ("casework", "units", "evidence", "cases")
CHINESE = re.compile(r"[\u3400-\u9fff]")
TEMPLATES = sorted(path for app in APPS for path in (ROOT / app).rglob("templates/**/*.html"))
SOURCES = sorted(
    path
    for app in APPS
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts and "scenarios" not in path.parts
)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_keep_to_the_strict_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text)
    assert "javascript:" not in text
    assert not re.search(r'(src|href|action)="(https?:)?//', text)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert " src=" in script or 'type="application/json"' in script, script


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_compile(path: Path) -> None:
    parts = path.parts
    get_template("/".join(parts[parts.index("templates") + 1 :]))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_chinese_in_templates_is_translatable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{%\s*comment.*?endcomment\s*%\}|\{#.*?#\}|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"\{%\s*blocktrans(late)?\b.*?%\}.*?\{%\s*endblocktrans(late)?\s*%\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{[%{].*?[%}]\}", "", text, flags=re.DOTALL)
    text = re.sub(r"<(button|a)[^>]*lang=\"zh-hans\"[^>]*>[^<]*", "", text)  # a language names itself
    assert not CHINESE.search(text.replace("中文", "")), [line for line in text.splitlines() if CHINESE.search(line)]


def icons_of_templates() -> set[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    found = set(re.findall(r"\{%\s*icon \"([a-z0-9-]+)\"", text))
    found |= set(re.findall(r"\{%\s*badge \"[a-z]*\" \"([a-z0-9-]+)\"", text))
    return found | set(re.findall(r"icon_name=\"([a-z0-9-]+)\"", text))


def test_every_icon_is_in_the_sprite() -> None:
    words = {word.icon for group in vocabulary.groups().values() for _value, word in group}
    used = icons_of_templates() | words
    assert len(used) > 50
    assert used <= icons.names()


def test_the_sprite_holds_the_list_and_nothing_else() -> None:
    symbols = re.findall(r'<symbol id="i-([a-z0-9-]+)"', icons.SPRITE.read_text(encoding="utf-8"))
    assert symbols == sorted(icons.names())
    assert "MIT License" in icons.SPRITE.read_text(encoding="utf-8")


@pytest.mark.skipif(not icons.PACKAGE.exists(), reason="needs node_modules (npm ci)")
def test_the_sprite_is_what_the_package_gives() -> None:
    assert icons.build() == icons.SPRITE.read_text(encoding="utf-8")


# English beside Chinese --------------------------------------------------------------------------------------------


#: What compiled catalogues put between a context and its msgid.
CONTEXT = "\x04"


def po_entries(path: Path) -> dict[str, str]:
    """Return msgid → msgstr of a .po file, without the fuzzy and the obsolete ones; a context stands before its msgid."""
    entries: dict[str, str] = {}
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        if "#, fuzzy" in block or not lines:
            continue
        found: dict[str, str] = {}
        here = ""
        for line in lines:
            start = re.match(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) (".*")', line)
            if start:
                here = start[1]
                found[here] = ast.literal_eval(start[2])
            elif line.startswith('"'):
                found[here] += ast.literal_eval(line)
        context = f"{found['msgctxt']}{CONTEXT}" if "msgctxt" in found else ""
        entries[context + found.get("msgid", "")] = (
            found.get("msgstr") or found.get("msgstr[1]") or found.get("msgstr[0]") or ""
        )
    return entries


def messages_of_templates() -> set[str]:
    found: set[str] = set()
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        found |= {
            f"{context}{CONTEXT}{said}" if context else said
            for _quote, said, context in re.findall(r"\{%\s*trans(?:late)? ([\"'])(.*?)\1(?: context \"(.*?)\")?", text)
        }
        found |= {one[1] for one in re.findall(r"[^\w]_\(([\"'])(.*?)\1\)", text)}
    return found


def messages_of_sources() -> set[str]:
    found: set[str] = set()
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"_", "_l", "_lazy", "_t", "gettext", "gettext_lazy"}
            ):
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "pgettext_lazy":
                found.add(CONTEXT.join(one.value for one in node.args if isinstance(one, ast.Constant)))
    return found


def counted_in_sources() -> set[str]:
    """Return the sentences that are asked for with a number."""
    return {
        node.args[0].value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"ngettext", "ngettext_lazy"}
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def test_what_is_asked_for_with_a_number_has_both_forms_in_english() -> None:
    text = (ROOT / "casework" / "locale" / "en" / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")
    forms = re.findall(r'^msgid "(.*)"\nmsgid_plural ".*"\nmsgstr\[0\] "(.+)"\nmsgstr\[1\] "(.+)"', text, re.MULTILINE)
    counted = counted_in_sources()
    assert len(counted) > 60
    assert sorted(counted - {said for said, _one, _many in forms}) == []
    assert [said for said, one, many in forms if one == many and said in counted] == []


def test_every_sentence_has_its_english() -> None:
    english = po_entries(ROOT / "casework" / "locale" / "en" / "LC_MESSAGES" / "django.po")
    wanted = {one for one in messages_of_templates() | messages_of_sources() if CHINESE.search(one)}
    assert len(wanted) > 200
    missing = sorted(one for one in wanted if not english.get(one))
    assert not missing, missing


def test_what_has_a_plural_is_asked_for_with_a_number() -> None:
    """Without one the catalogue gives the singular: "5 day"."""
    text = (ROOT / "casework" / "locale" / "en" / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")
    counted = set(re.findall(r'^msgid "(.*)"\nmsgid_plural', text, re.MULTILINE))
    assert len(counted) > 50
    plain = messages_of_templates() | messages_of_sources()
    for path in TEMPLATES:
        for body in re.findall(
            r"\{% blocktrans[^%]*%\}((?:(?!\{% (?:plural|endblocktrans) %\}).)*)\{% endblocktrans %\}",
            path.read_text(encoding="utf-8"),
        ):
            plain.add(re.sub(r"\{\{ (\w+) \}\}", r"%(\1)s", body))
    assert not plain & counted


def test_english_keeps_the_placeholders() -> None:
    english = po_entries(ROOT / "casework" / "locale" / "en" / "LC_MESSAGES" / "django.po")
    for chinese, text in english.items():
        if not text:
            continue  # said by the test before
        for pattern in (r"%\(\w+\)[sd]", r"(?<!%)\{\w*\}"):
            assert sorted(set(re.findall(pattern, chinese))) == sorted(set(re.findall(pattern, text))), chinese


def test_compiled_messages_are_those_of_the_source() -> None:
    import gettext

    for language in ("en", "zh_Hans"):
        folder = ROOT / "casework" / "locale" / language / "LC_MESSAGES"
        source = {key: value for key, value in po_entries(folder / "django.po").items() if key and value}
        with (folder / "django.mo").open("rb") as file:
            compiled = gettext.GNUTranslations(file)
        assert source
        for key, value in source.items():
            assert compiled.gettext(key) == value or compiled.ngettext(key, key, 2) == value, key
