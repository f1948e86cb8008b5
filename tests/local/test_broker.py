"""The broker emptied, killed, locked, and away: it only wakes; what is owed waits in the database."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.management import call_command
from redis.backoff import NoBackoff
from redis.retry import Retry

from casework.local import valkey
from casework.local.process import wait_until
from casework.notices.models import Channel, Delivery, DeliveryState, Notice
from tests.build import a_user
from tests.local.conftest import free_port
from tests.local.test_worker import Postbox, a_stage, postbox, wait_for, worker

__all__ = ["postbox"]
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
NOW = "2021-10-14T10:00:00+08:00"


@contextmanager
def broker(port: int, password: str, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a broker that keeps nothing; killed -9 at the end."""
    command = [str(valkey.program()), "--port", str(port), "--bind", "127.0.0.1", "--requirepass", password]
    command += ["--save", "", "--appendonly", "no", "--dir", str(folder), "--daemonize", "no"]
    with (folder / "broker.log").open("ab") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        assert wait_until(lambda: _answers(port, password), 60)
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, signal.SIGKILL)
        running.wait(30)


def _client(port: int, password: str) -> "redis.Redis":
    return redis.Redis(port=port, password=password, socket_timeout=5, retry=Retry(NoBackoff(), 0))


def _answers(port: int, password: str) -> bool:
    with _client(port, password) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def sent(number: int) -> bool:
    """Say whether the letter about that stage went out."""
    return Delivery.objects.filter(
        notice__ref=f"selfinspection:{number}", channel=Channel.EMAIL, state=DeliveryState.SENT
    ).exists()


def test_whatever_becomes_of_the_broker_what_is_owed_is_told_once(
    tmp_path: Path, postbox: Postbox, settings: Any
) -> None:
    postbox.release.set()
    holders = [a_user(f"填报人{number}") for number in range(6)]
    port = free_port()
    settings.CASEWORK_NOW = NOW
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", postbox.server_address[1]

    with worker(tmp_path, "one", NOW, postbox, REDIS_URL=f"redis://:right@127.0.0.1:{port}/0") as running:
        # The worker starts before its broker does, and waits for it.
        with broker(port, "right", tmp_path):
            a_stage(1, holders[1])
            wait_for(lambda: sent(1), tmp_path)

            with _client(port, "right") as client:
                client.flushall()
            a_stage(2, holders[2])
            wait_for(lambda: sent(2), tmp_path)

        # It was killed. The loop that needs no broker does the work meanwhile.
        a_stage(3, holders[3])
        call_command("reminders", "--once", stdout=StringIO())
        assert sent(3)

        # It is back with another password, as after a careless change: the worker is locked out and loses nothing.
        a_stage(4, holders[4])
        with broker(port, "wrong", tmp_path):
            before = len((tmp_path / "one.log").read_bytes())
            wait_for(lambda: len((tmp_path / "one.log").read_bytes()) > before, tmp_path)
            assert not sent(4)

        with broker(port, "right", tmp_path):
            wait_for(lambda: sent(4), tmp_path)
            a_stage(5, holders[5])
            wait_for(lambda: sent(5), tmp_path)
            assert running.poll() is None  # the same worker all the time

    assert sorted(one.recipient.name for one in Notice.objects.all()) == [f"填报人{number}" for number in range(1, 6)]
    assert postbox.copies() == {str(one.pk): 1 for one in Notice.objects.all()}
