"""Lease, send, settle: at least once outside, with a name that makes repeats recognisable."""

import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from casework.accounts.enums import Role
from casework.notices import selectors
from casework.notices.models import Channel, Delivery, DeliveryState
from casework.notices.services.sending import BACKOFF, LEASE, lease_due, retry_failed, send_due, settle
from tests.build import a_user, moment
from tests.build_deadlines import a_notice

pytestmark = pytest.mark.django_db

AT = moment("2026-09-01 09:00")


@pytest.fixture(autouse=True)
def mail_server(settings: Any) -> None:
    """A mail server is set; pytest-django keeps what is sent in ``mail.outbox``."""
    settings.EMAIL_HOST = "mail.example.invalid"
    settings.CASEWORK_BASE_URL = "https://casework.example.invalid"


def queued(count: int = 1) -> list[Delivery]:
    user = a_user()
    for number in range(count):
        a_notice(user, key=f"note:{number}", title="秘密标题", body="秘密内容", ref="case:1")
    return list(Delivery.objects.filter(channel=Channel.EMAIL).order_by("pk"))


def test_a_message_says_where_and_never_what() -> None:
    (delivery,) = queued()

    assert send_due(AT) == 1

    (message,) = mail.outbox
    assert message.to == [delivery.notice.recipient.email]
    text = str(message.message())
    assert f"https://casework.example.invalid/notices/{delivery.notice_id}/" in message.body
    assert message.extra_headers["Message-ID"] == f"<notice-{delivery.notice_id}@casework.example.invalid>"
    assert all(secret not in message.subject + message.body + text for secret in ("秘密", "case:1"))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent_at, delivery.attempts) == (DeliveryState.SENT, AT, 1)


def test_what_is_sent_is_not_sent_again() -> None:
    queued(3)

    assert [send_due(AT), send_due(AT + timedelta(days=1))] == [3, 0]
    assert len(mail.outbox) == 3


def test_a_sender_that_died_between_send_and_settle_is_followed_by_another() -> None:
    queued(2)
    first, _second = lease_due(2, AT)  # dies here, after sending perhaps

    assert send_due(AT + LEASE) == 0
    assert send_due(AT + LEASE + timedelta(seconds=1)) == 2

    assert not settle(first, at=AT + LEASE)
    assert set(Delivery.objects.filter(channel=Channel.EMAIL).values_list("state", "attempts")) == {
        (DeliveryState.SENT, 2)
    }


def test_a_lost_lease_settles_nothing() -> None:
    queued()
    (lost,) = lease_due(1, AT)
    (held,) = lease_due(1, AT + LEASE + timedelta(seconds=1))

    assert not settle(lost, at=AT, error="broken")
    assert settle(held, at=AT)
    assert not settle(held, at=AT)


def test_failures_back_off_and_end_with_the_administrator(monkeypatch: pytest.MonkeyPatch) -> None:
    (delivery,) = queued()
    monkeypatch.setattr(
        mail.EmailMessage, "send", lambda _self: (_ for _ in ()).throw(ConnectionRefusedError("closed"))
    )
    at, waits = AT, []

    while delivery.state != DeliveryState.FAILED:
        assert send_due(at) == 0
        delivery.refresh_from_db()
        if delivery.state == DeliveryState.OWED:
            waits.append(delivery.next_try_at - at)
            assert send_due(delivery.next_try_at - timedelta(seconds=1)) == 0
            at = delivery.next_try_at

    assert waits == list(BACKOFF)
    assert delivery.last_error == "ConnectionRefusedError: closed"
    assert list(selectors.given_up()) == [delivery]
    monkeypatch.undo()
    assert retry_failed([delivery], actor=a_user("系统管理员甲", Role.SYSTEM_ADMIN), at=at) == 1
    assert send_due(at) == 1


def test_one_refused_message_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    deliveries = queued(5)
    poison, real = deliveries[2].notice, mail.EmailMessage.send

    def send(message: mail.EmailMessage) -> int:
        if str(poison.pk) in message.body:
            raise OSError("no such address")
        return real(message)

    monkeypatch.setattr(mail.EmailMessage, "send", send)

    assert send_due(AT) == 4
    states = Delivery.objects.filter(channel=Channel.EMAIL).values_list("notice", "state")
    assert dict(states)[poison.pk] == DeliveryState.OWED


def test_a_closed_account_gets_no_mail() -> None:
    (delivery,) = queued()
    delivery.notice.recipient.is_active = False
    delivery.notice.recipient.save(update_fields=["is_active"])

    assert send_due(AT) == 0
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DROPPED


@pytest.mark.django_db(transaction=True)
def test_four_senders_share_the_work() -> None:
    queued(40)

    def run(_n: int) -> int:
        try:
            return sum(send_due(AT, 5) for _ in range(4))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        sent = sum(pool.map(run, range(4)))

    assert sent == 40
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == len(mail.outbox) == 40


class Postbox(socketserver.StreamRequestHandler):
    """A small SMTP server that keeps what it is given."""

    def handle(self) -> None:
        def say(line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        say("220 test")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "DATA":
                say("354 go on")
                lines: list[bytes] = []
                while (data := self.rfile.readline()) != b".\r\n":
                    lines.append(data)
                self.server.letters.append(b"".join(lines).decode())  # type: ignore[attr-defined]
            elif verb == "QUIT":
                say("221 bye")
                return
            say("250 fine")


@pytest.fixture
def postbox(settings: Any) -> Iterator[list[str]]:
    """A real SMTP server on loopback, and Django's real backend."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Postbox) as server:
        server.letters = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        yield server.letters  # type: ignore[attr-defined]
        server.shutdown()


def test_mail_goes_out_over_smtp(postbox: list[str]) -> None:
    (delivery,) = queued()

    assert send_due(AT) == 1

    (letter,) = postbox
    assert f"<notice-{delivery.notice_id}@casework.example.invalid>" in letter
    assert "Auto-Submitted: auto-generated" in letter


def test_a_mail_server_that_is_away_loses_nothing(settings: Any, postbox: list[str]) -> None:
    queued()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    assert send_due(AT) == 0

    settings.EMAIL_PORT = port

    assert send_due(AT + BACKOFF[0]) == 1
    assert len(postbox) == 1
