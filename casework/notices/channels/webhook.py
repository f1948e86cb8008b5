"""Webhooks: 企业微信 and 钉钉 robots, and Standard Webhooks. They say that something waits and where, never what."""

import base64
import hashlib
import hmac
import http.client
import json
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.urls import reverse

from casework.notices.channels import SendError
from casework.notices.channels.hooks import DINGTALK, STANDARD, Hook
from casework.notices.models import Notice

SECONDS = 10.0
#: More of an answer is not read.
MOST = 64_000


def send(notice: Notice, hook: Hook, at: datetime) -> None:
    """Post one message; a repeat carries the same id."""
    link = settings.CASEWORK_BASE_URL.rstrip("/") + reverse("notices:open", args=[notice.pk])
    if hook.kind == STANDARD:
        status, answer = _post(hook.url, *_standard(notice, hook, link, at))
        if not 200 <= status < 300:
            raise SendError(f"{hook.name}: HTTP {status}")
        return
    url = _dingtalk_url(hook, at) if hook.kind == DINGTALK else hook.url
    text = f"{notice.recipient.name}：您有一条新提醒，登录后查看：{link}"
    body = json.dumps({"msgtype": "text", "text": {"content": text}}, ensure_ascii=False).encode()
    status, answer = _post(url, body, {})
    code = answer.get("errcode")
    if status != 200 or code != 0:
        raise SendError(f"{hook.name}: HTTP {status}, errcode {code}")


def _standard(notice: Notice, hook: Hook, link: str, at: datetime) -> tuple[bytes, dict[str, str]]:
    """Return body and headers: the signature covers id, time and body (Standard Webhooks, symmetric)."""
    data = {"id": str(notice.pk), "to": notice.recipient.username, "level": notice.level, "url": link}
    content = {"type": "notice.owed", "timestamp": notice.owed_at.isoformat(), "data": data}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    message, stamp = f"notice_{notice.pk.hex}", str(int(at.timestamp()))
    digest = hmac.digest(hook.key, f"{message}.{stamp}.".encode() + body, hashlib.sha256)
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return body, {"webhook-id": message, "webhook-timestamp": stamp, "webhook-signature": signature}


def _dingtalk_url(hook: Hook, at: datetime) -> str:
    """Return the address with 钉钉's signature over the time in milliseconds, where a secret is set (加签)."""
    if not hook.key:
        return hook.url
    stamp = str(int(at.timestamp() * 1000))
    digest = hmac.digest(hook.key, stamp.encode() + b"\n" + hook.key, hashlib.sha256)
    extra = urlencode({"timestamp": stamp, "sign": base64.b64encode(digest).decode()}, quote_via=quote)
    return f"{hook.url}{'&' if '?' in hook.url else '?'}{extra}"


def _post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Post JSON and return status and answer. Redirects are not followed; the address is never in an error."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, {"content-type": "application/json; charset=utf-8", **headers})
        response = connection.getresponse()
        text = response.read(MOST)
    except (OSError, http.client.HTTPException) as error:
        raise SendError(f"{type(error).__name__}") from error
    finally:
        connection.close()
    try:
        answer = json.loads(text)
    except ValueError:
        answer = {}
    return response.status, answer if isinstance(answer, dict) else {}
