"""How numbers and codes are written (design: words), and how typed days are read; moments: casework.core.moments.

Pure; the tags and exports both use it.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from casework.core.moments import DASH

_DAY: Final = re.compile(r"\s*(\d{4})\s*[-年/.]\s*(\d{1,2})\s*[-月/.]\s*(\d{1,2})\s*日?\s*")


def amount(number: int | float | Decimal | None) -> str:
    """Return 4,699; decimals stay as they are given."""
    if number is None:
        return DASH
    return f"{number:,}"


def cny(sum_: Decimal | int | None) -> str:
    """Return 17,145.60 元, always with fen."""
    if sum_ is None:
        return DASH
    return _("%(sum)s 元") % {"sum": f"{Decimal(sum_):,.2f}"}


def coin(quantity: Decimal | int | None, currency: str) -> str:
    """Return 0.76000000 ETH: eight places, as the ledgers of the coins write them."""
    if quantity is None:
        return DASH
    return f"{Decimal(quantity):,.8f} {currency}".strip()


def group4(digest: str | None) -> str:
    """Return a digest in groups of four."""
    if not digest:
        return DASH
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))


def group_code(code: str | None) -> str:
    """Return a resident ID as 6-8-4 and a unit's code as 8-8-2, with spaces; anything else unchanged.

    Both have 18 characters: a resident ID starts with digits of a region and holds a birth date of 19xx or 20xx.
    """
    if not code:
        return DASH
    if len(code) != 18:
        return code
    if code[:17].isdecimal() and code[6:8] in {"18", "19", "20"} and "01" <= code[10:12] <= "12":
        return f"{code[:6]} {code[6:14]} {code[14:]}"
    return f"{code[:8]} {code[8:16]} {code[16:]}"


def parse_day(text: str) -> date | None:
    """Read 2021-9-7, 2021/9/7 or 2021年9月7日; None when it is no such day."""
    found = _DAY.fullmatch(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None
