"""Administrative divisions by GB/T 2260 code, from the table that comes with python-stdnum."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from casework.core.later import later

if TYPE_CHECKING:
    from stdnum import numdb
else:
    numdb = later("stdnum.numdb")

_YEARS = re.compile(r"^\[(\d*)-(\d*)\]")
#: Cities that are provinces: their districts stand directly below.
_MUNICIPALITIES = frozenset({"11", "12", "31", "50"})


def is_region_code(code: str) -> bool:
    """Tell whether the code has the form of GB/T 2260: six digits, a province first."""
    return bool(re.fullmatch(r"[1-8]\d{5}", code))


@lru_cache(maxsize=4096)
def region_name(code: str) -> str:
    """Return the full name below the province, e.g. 绍兴市上虞区; the code itself when the table lacks it."""
    province, own = _names(code)
    if not own:
        return code
    if code.endswith("0000") or code[:2] in _MUNICIPALITIES:
        return own if own == province else f"{province}{own}"
    if code.endswith("00"):
        return own
    city = _names(f"{code[:4]}00")[1]
    return f"{city}{own}" if city else own


def city_name(code: str) -> str:
    """Return the name of the prefecture-level city, e.g. 绍兴市 for 330604."""
    if code[:2] in _MUNICIPALITIES:
        return _names(f"{code[:2]}0000")[1] or code
    return region_name(f"{code[:4]}00")


def _names(code: str) -> tuple[str, str]:
    found: dict[str, str] = {}
    for _part, properties in numdb.get("cn/loc").info(code):
        found.update(properties)
    return found.get("province", ""), _present(found.get("county", ""))


def _present(listed: str) -> str:
    """Return the name in use now, else the last one: entries read ``[1983-2013]上虞市,[2013-]上虞区``."""
    last = ""
    for entry in listed.split(","):
        years = _YEARS.match(entry)
        last = _YEARS.sub("", entry)
        if years is None or not years.group(2):
            return last
    return last
