"""Who took it and when, written across a picture or a page. Plain functions of pictures; what to write is decided above."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from casework.core.later import later

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont
else:
    Image, ImageDraw, ImageFont = later("PIL.Image"), later("PIL.ImageDraw"), later("PIL.ImageFont")

#: Where a Chinese font lies on this machine, best first: what the house gave, what came along, the system's own.
_SYSTEM: Final = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


@lru_cache(maxsize=4)
def _font(size: int) -> tuple[Any, bool]:
    """Return a font, and whether it has Chinese characters."""
    own = Path(settings.BASE_DIR) / "node_modules" / "@embedpdf" / "fonts-sc" / "fonts" / "NotoSansHans-Regular.otf"
    given = sorted(Path(settings.CASEWORK_FONT_DIR).glob("*.[ot]t[fc]")) if settings.CASEWORK_FONT_DIR else []
    for path in (own, _SYSTEM, *given):
        try:
            return ImageFont.truetype(str(path), size), True
        except OSError:
            continue
    return ImageFont.load_default(size), False


def marked(drawn: Image.Image, mark: str) -> Image.Image:
    """Return the picture with the mark across it; where no Chinese font is, with what of the mark is Latin."""
    side = max(drawn.width // 40, 12)
    font, chinese = _font(side)
    if not chinese:
        mark = " ".join(word for word in mark.split() if word.isascii())
    layer = Image.new("L", (int(drawn.width * 1.6) + 1, int(drawn.height * 1.6) + 1), 0)
    pen = ImageDraw.Draw(layer)
    step = int(pen.textlength(mark, font=font)) + 4 * side
    for row, top in enumerate(range(0, layer.height, 6 * side)):
        for left in range(-(row % 2) * step // 2, layer.width, step):
            pen.text((left, top), mark, fill=56, font=font)
    layer = layer.rotate(24)
    left, top = (layer.width - drawn.width) // 2, (layer.height - drawn.height) // 2
    layer = layer.crop((left, top, left + drawn.width, top + drawn.height))
    # Dark on what is light and light on what is dark: on a grey picture a grey mark would not be seen.
    contrast = drawn.convert("L").point([255] * 128 + [0] * 128)
    drawn.paste(contrast.convert("RGB"), mask=layer)
    return drawn
