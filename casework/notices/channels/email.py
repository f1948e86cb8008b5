"""E-mail by SMTP: says that something waits and where, never what."""

import smtplib
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from casework.notices.channels import SendError
from casework.notices.models import Notice


def send(notice: Notice) -> None:
    """Send one message; its Message-ID is made from the notice, so a repeat can be recognised."""
    base = settings.CASEWORK_BASE_URL.rstrip("/")
    link = base + reverse("notices:open", args=[notice.pk])
    host = urlsplit(base).hostname or "localhost"
    message = EmailMessage(
        subject="办案系统：您有一条新提醒",
        body=f"您有一条新提醒，登录后查看：\n{link}\n\n本邮件不含业务内容，由系统发出，不接收回复。\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[notice.recipient.email],
        headers={"Message-ID": f"<notice-{notice.pk}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        raise SendError(f"{type(error).__name__}: {error}") from error
