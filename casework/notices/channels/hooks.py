"""The webhooks of this installation, read from ``CASEWORK_WEBHOOKS``: names, addresses and secrets stay out of the database.

A JSON list of ``{"name", "kind", "url", "secret", "roles", "users"}``. ``kind`` is ``standard`` (Standard Webhooks),
``wecom`` (企业微信群机器人) or ``dingtalk`` (钉钉自定义机器人). ``roles`` and ``users`` say whose notices go there.
"""

import base64
import binascii
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings

from casework.accounts.enums import Role
from casework.env import BadSetting

STANDARD, WECOM, DINGTALK = "standard", "wecom", "dingtalk"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Hook:
    """One webhook; ``key`` is the decoded secret, empty where there is none."""

    name: str
    kind: str
    url: str
    key: bytes = b""
    roles: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()

    def takes(self, username: str, roles: Collection[str]) -> bool:
        """Say whether the notices of this person go there."""
        return username in self.users or not self.roles.isdisjoint(roles)


def hooks() -> dict[str, Hook]:
    """Return the webhooks by name."""
    return read(settings.CASEWORK_WEBHOOKS)


@cache
def read(text: str) -> dict[str, Hook]:
    """Return the webhooks of a setting; a wrong one stops the start and says which part is wrong, without the secret."""
    if not text.strip():
        return {}
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadSetting(f"CASEWORK_WEBHOOKS: not JSON, line {error.lineno} column {error.colno}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadSetting("CASEWORK_WEBHOOKS: a list of objects is needed")
    found: dict[str, Hook] = {}
    for number, row in enumerate(rows, 1):
        hook = _hook(row, f"CASEWORK_WEBHOOKS[{number}]")
        if hook.name in found:
            raise BadSetting(f"CASEWORK_WEBHOOKS[{number}]: the name {hook.name!r} stands twice")
        found[hook.name] = hook
    return found


def _hook(row: dict[str, object], where: str) -> Hook:
    if unknown := row.keys() - {"name", "kind", "url", "secret", "roles", "users"}:
        raise BadSetting(f"{where}: unknown {', '.join(sorted(unknown))}")
    name, kind, url = str(row.get("name", "")), str(row.get("kind", "")), str(row.get("url", ""))
    if not _NAME.fullmatch(name):
        raise BadSetting(f"{where}: name needs small letters, digits and hyphens")
    if kind not in {STANDARD, WECOM, DINGTALK}:
        raise BadSetting(f"{where}: kind is standard, wecom or dingtalk")
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise BadSetting(f"{where}: url needs https://host/…")
    roles, users = (frozenset(map(str, _listed(row.get(key), f"{where}: {key}"))) for key in ("roles", "users"))
    if wrong := roles - set(Role.values):
        raise BadSetting(f"{where}: unknown role {', '.join(sorted(wrong))}")
    secret = str(row.get("secret", ""))
    if kind == STANDARD and not secret:
        raise BadSetting(f"{where}: a standard webhook needs a secret")
    return Hook(name, kind, url, _key(secret, kind, where), roles, users)


def _listed(value: object, where: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadSetting(f"{where} is a list")
    return value


def _key(secret: str, kind: str, where: str) -> bytes:
    """Return the signing key: Standard Webhooks write it in base64 after ``whsec_``, robots as it is."""
    if kind != STANDARD:
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise BadSetting(f"{where}: the secret is base64, with or without whsec_") from error
