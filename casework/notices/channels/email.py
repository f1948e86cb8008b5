"""E-mail by SMTP: says that something waits and where, never what."""

import smtplib
import uuid
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from casework.notices.channels import SendError
from casework.notices.models import Notice


def send(notices: Sequence[Notice], digest: uuid.UUID | None = None) -> None:
    """Send one message for one person; its Message-ID is made from what it carries, so a repeat can be recognised."""
    base = settings.CASEWORK_BASE_URL.rstrip("/")
    links = "\n".join(base + reverse("notices:open", args=[one.pk]) for one in notices)
    host = urlsplit(base).hostname or "localhost"
    name = f"digest-{digest}" if digest else f"notice-{notices[0].pk}"
    count = "一条" if len(notices) == 1 else f" {len(notices)} 条"
    message = EmailMessage(
        subject=f"办案系统：您有{count}新提醒",
        body=f"您有{count}新提醒，登录后查看：\n{links}\n\n本邮件不含业务内容，由系统发出，不接收回复。\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[notices[0].recipient.email],
        headers={"Message-ID": f"<{name}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        raise SendError(f"{type(error).__name__}: {error}") from error
