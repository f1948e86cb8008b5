"""The icon sprite: which icons there are, and how it is built from the npm package."""

import re
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIST = HERE / "icons.txt"
SPRITE = HERE / "static" / "cw" / "icons.svg"
PACKAGE = HERE.parent.parent / "node_modules" / "@tabler" / "icons"

_HEAD = (
    "<!-- Icons from @tabler/icons (https://tabler.io/icons), MIT License, "
    "Copyright (c) 2020-2026 Paweł Kuna. Built by `manage.py sprite` from casework/web/icons.txt. -->"
)
_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_FRAME = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')


@cache
def names() -> frozenset[str]:
    """Return the icons that the sprite holds."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def build(package: Path = PACKAGE) -> str:
    """Return the sprite's text. Raises FileNotFoundError naming the first icon that the package lacks."""
    symbols = []
    for name in sorted(names()):
        source = (package / "icons" / "outline" / f"{name}.svg").read_text(encoding="utf-8")
        body = _BODY.search(source)
        if body is None:
            raise FileNotFoundError(f"{name}.svg holds no drawing")
        shapes = " ".join(_FRAME.sub("", body[1]).split())
        symbols.append(f'<symbol id="i-{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{_HEAD}\n' + "\n".join(symbols) + "\n</svg>\n"
