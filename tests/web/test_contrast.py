"""Every text of the tokens is readable (4.5:1) and every line and picture part visible (3:1), in both themes."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "casework" / "web" / "static" / "cw" / "tokens.css"
GROUNDS = ("bg", "surface", "surface-2", "surface-3", "sel")


def themes() -> dict[str, dict[str, str]]:
    text = TOKENS.read_text(encoding="utf-8")
    blocks = {"light": text.split(":root{", 1)[1].split("}", 1)[0]}
    blocks["dark"] = text.split("[data-bs-theme=dark]{", 1)[1].split("}", 1)[0]
    return {name: dict(re.findall(r"--cw-([a-z0-9-]+):\s*(#[0-9a-f]{6})", block)) for name, block in blocks.items()}


THEMES = themes()


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_counted_as_wcag_does() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


TEXT = [(ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in GROUNDS]
TEXT += [(colour, f"{colour}-bg") for colour in ("red", "amber", "blue", "green", "violet", "grey")]
TEXT += [(colour, ground) for colour in ("red", "amber", "blue", "green") for ground in GROUNDS]
TEXT += [("ink", f"{colour}-bg") for colour in ("red", "amber", "blue", "green")]
TEXT += [("ink", "mark"), ("ink-3", "surface")]
LINES = [
    ("line-3", "surface"),
    ("line-3", "bg"),
    ("focus", "bg"),
    ("focus", "surface"),
    ("accent", "surface"),
    ("accent", "bg"),
]
LINES += [(f"{colour}-mid", "surface") for colour in ("red", "amber", "blue", "green")]
LINES += [("accent", "sel"), ("red", "surface")]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_is_readable(theme: str, ink: str, ground: str) -> None:
    assert contrast(THEMES[theme][ink], THEMES[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("fill", ["accent-fill", "accent-fill-hover"])
def test_white_on_the_solid_button_is_readable(theme: str, fill: str) -> None:
    assert contrast("#ffffff", THEMES[theme][fill]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), LINES)
def test_lines_and_pictures_are_visible(theme: str, line: str, ground: str) -> None:
    assert contrast(THEMES[theme][line], THEMES[theme][ground]) >= 3


def test_both_themes_define_the_same_colours() -> None:
    assert set(THEMES["light"]) == set(THEMES["dark"])
    assert len(THEMES["light"]) > 40


def test_components_take_their_colours_from_the_tokens() -> None:
    """A colour written outside tokens.css would be missing in the other theme; paper is black on white."""
    allowed = {"#fff", "#000", "#888"}
    for sheet in TOKENS.parent.glob("*.css"):
        if sheet.name != "tokens.css":
            used = re.sub(
                r"--cw-[\w-]+: #[0-9a-f]+;", "", sheet.read_text(encoding="utf-8")
            )  # paper has tokens of its own
            found = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", used))
            assert found <= allowed, f"{sheet.name}: {found - allowed}"
