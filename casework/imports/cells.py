"""Cells as they are kept and handed out: personal numbers encrypted, formulas made harmless."""

from django.utils.translation import gettext as _

from casework.core import crypto

#: Where personal cells lie; part of what their encryption is bound to.
PLACE = "imports_importrow.personal"
_SEALED = "v1:"
#: A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def seal(text: str) -> str:
    """Return the personal text encrypted."""
    return crypto.encrypt(text, PLACE)


def unseal(text: str) -> str:
    """Return the personal text."""
    return crypto.decrypt(text, PLACE) if text.startswith(_SEALED) else text


def masked(text: str) -> str:
    """Return an identity number with the birthday hidden, as pages show it."""
    plain = unseal(text)
    return f"{plain[:6]}********{plain[-4:]}" if len(plain) == 18 else _("（已隐去）")


def harmless(text: str) -> str:
    """Return the text so that no spreadsheet runs it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_written(text: str) -> str:
    """Return the text of a cell that ``harmless`` may have marked."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text
