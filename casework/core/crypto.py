"""Encryption of personal data at rest: AES-256-GCM with the field's place as associated data.

A stolen dump, or a value copied from one row's column to another column, yields nothing.
Look-up by value goes through ``blind_index`` (HMAC), never through the ciphertext.
"""

import base64
import hashlib
import hmac
import os
from typing import TYPE_CHECKING

from django.conf import settings

from casework.core.later import later

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import aead
else:
    aead = later("cryptography.hazmat.primitives.ciphers.aead")

_PREFIX = "v1:"


def _key(purpose: str) -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), f"casework/{purpose}".encode(), hashlib.sha256).digest()


def encrypt(text: str, place: str) -> str:
    """Return ``text`` encrypted for ``place`` (table.column)."""
    nonce = os.urandom(12)
    sealed = aead.AESGCM(_key("field")).encrypt(nonce, text.encode(), place.encode())
    return _PREFIX + base64.b64encode(nonce + sealed).decode()


def decrypt(stored: str, place: str) -> str:
    """Return the text; raises ``cryptography.exceptions.InvalidTag`` when it was altered or moved."""
    raw = base64.b64decode(stored.removeprefix(_PREFIX))
    return aead.AESGCM(_key("field")).decrypt(raw[:12], raw[12:], place.encode()).decode()


def blind_index(text: str, place: str) -> str:
    """Return a keyed digest by which equal values are found without being readable."""
    return hmac.new(_key("index"), f"{place}|{text}".encode(), hashlib.sha256).hexdigest()[:32]
