"""Which fonts documents are drawn with on this machine: the official ones where they are, else what stands in.

The names are those of GB/T 9704; a commission that has the licensed files puts them into ``CASEWORK_FONT_DIR``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.translation import gettext as _

from casework.core.errors import Refused
from casework.core.later import later

if TYPE_CHECKING:
    import typst
else:
    typst = later("typst")

#: Role → the official name, as DOCX writes it.
OFFICIAL: Final = {
    "title": "方正小标宋简体",
    "body": "仿宋_GB2312",
    "hei": "黑体",
    "kai": "楷体_GB2312",
    "song": "宋体",
}
_LAST: Final = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Sans CJK SC", "Noto Sans SC", "WenQuanYi Zen Hei")
_BLACK: Final = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "Noto Serif CJK SC")
#: Role → families that are the font itself, and families that stand in for it, best first.
FAMILIES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "title": (("FZXiaoBiaoSong-B05S", "方正小标宋简体", "FZXiaoBiaoSong-B05"), ("FandolSong", *_LAST)),
    "body": (("FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "STFangsong"), ("FandolFang R", "FandolFang", *_LAST)),
    "hei": (("SimHei", "黑体", "STHeiti"), ("FandolHei", *_BLACK)),
    "kai": (
        ("KaiTi_GB2312", "楷体_GB2312", "KaiTi", "楷体", "STKaiti"),
        ("FandolKai", "AR PL UKai CN", "LXGW WenKai", *_LAST),
    ),
    "song": (("SimSun", "宋体", "STSong"), ("FandolSong", *_LAST)),
}  # fmt: skip


@dataclass(frozen=True)
class Fonts:
    """The opened fonts, the family of each role, and the roles for which another font stands in."""

    opened: typst.Fonts
    families: dict[str, str]
    substituted: dict[str, str]


def _folders() -> list[Path]:
    given = [Path(settings.CASEWORK_FONT_DIR)] if settings.CASEWORK_FONT_DIR else []
    package = settings.BASE_DIR / "node_modules" / "@embedpdf" / "fonts-sc"
    return [folder for folder in (*given, package) if folder.is_dir()]


@lru_cache(maxsize=1)
def fonts() -> Fonts:
    """Return the fonts of this machine; looked for once per process.

    Raises:
        Refused: no Chinese font is there at all.
    """
    opened = typst.Fonts(include_system_fonts=True, include_embedded_fonts=True, font_paths=[*_folders()])
    there = set(opened.families())
    families, substituted = {}, {}
    for role, (own, others) in FAMILIES.items():
        found = next((name for name in (*own, *others) if name in there), "")
        if not found:
            raise Refused(
                _("不能制作文书：这台机器上没有中文字体。可以由系统管理员把字体放进 CASEWORK_FONT_DIR 指定的文件夹。"),
                code="no_font",
            )
        families[role] = found
        if found not in own:
            substituted[role] = found
    return Fonts(opened, families, substituted)


def substitutions() -> list[tuple[str, str]]:
    """Return (official name, what stands in for it) for the page that shows a document."""
    return [(OFFICIAL[role], family) for role, family in fonts().substituted.items()]
