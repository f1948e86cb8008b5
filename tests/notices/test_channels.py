"""Ways out of the system, against servers on loopback: a link and a name, never what it is about."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail

from casework.accounts.enums import Role
from casework.env import BadSetting
from casework.notices.channels import hooks
from casework.notices.models import Channel, Delivery, DeliveryState, Level, Notice
from casework.notices.services.preferences import set_preference
from casework.notices.services.sending import BACKOFF, send_due
from casework.notices.timing import leaves_at
from tests.build import a_user, moment
from tests.build_deadlines import a_notice

pytestmark = pytest.mark.django_db

AT = moment("2026-09-01 09:00")
KEY = b"0123456789abcdef01234567"


class Robot(http.server.BaseHTTPRequestHandler):
    """Keeps what it is sent and answers as told."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append((self.path, headers, body))  # type: ignore[attr-defined]
        status, answer = self.server.answer  # type: ignore[attr-defined]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def robot(settings: Any) -> Iterator[Any]:
    """A server on loopback that three hooks point at; officers' notices go to all of them."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Robot) as server:
        server.seen, server.answer = [], (200, b'{"errcode":0}')  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_address[1]}"
        rows = [
            {"name": "group", "kind": "wecom", "url": f"{base}/wecom?key=1", "roles": ["case_officer"]},
            {"name": "ding", "kind": "dingtalk", "url": f"{base}/ding?access_token=2", "secret": "SEC1"},
            {"name": "partner", "kind": "standard", "url": f"{base}/hook"},
        ]
        rows[1]["roles"] = rows[2]["roles"] = ["case_officer"]
        rows[2]["secret"] = "whsec_" + base64.b64encode(KEY).decode()
        settings.CASEWORK_WEBHOOKS = json.dumps(rows)
        settings.CASEWORK_BASE_URL = "https://casework.example.invalid"
        yield server
        server.shutdown()


def test_robots_and_partners_get_a_link_and_a_signature(robot: Any) -> None:
    officer, leader = a_user("承办人甲", Role.CASE_OFFICER), a_user("单位负责人甲", Role.UNIT_LEADER)
    notice = a_notice(officer, title="秘密标题", body="秘密内容", ref="case:1")
    a_notice(leader, key="note:2")

    assert send_due(AT) == 3

    seen = {urlsplit(path).path: (path, headers, body) for path, headers, body in robot.seen}
    assert seen.keys() == {"/wecom", "/ding", "/hook"}
    everything = b"".join(body for _path, _headers, body in robot.seen).decode()
    assert everything.count(f"https://casework.example.invalid/notices/{notice.pk}/") == 3
    assert not any(word in everything for word in ("秘密", "case:1", "note:1"))
    assert json.loads(seen["/wecom"][2])["msgtype"] == "text"

    asked = parse_qs(urlsplit(seen["/ding"][0]).query)
    digest = hmac.digest(b"SEC1", asked["timestamp"][0].encode() + b"\nSEC1", hashlib.sha256)
    assert asked["sign"] == [base64.b64encode(digest).decode()]
    assert asked["timestamp"] == [str(int(AT.timestamp() * 1000))]

    _path, headers, body = seen["/hook"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert json.loads(body)["data"] == {
        "id": str(notice.pk),
        "to": officer.username,
        "level": "info",
        "url": f"https://casework.example.invalid/notices/{notice.pk}/",
    }


@pytest.mark.parametrize("answer", [(500, b""), (200, b'{"errcode":93000}'), (200, b"<html>"), (302, b"")])
def test_a_robot_that_refuses_is_tried_again_with_the_same_id(robot: Any, answer: tuple[int, bytes]) -> None:
    a_notice(a_user("承办人甲", Role.CASE_OFFICER))
    robot.answer = answer
    accepted = 1 if answer[0] == 200 else 0  # Standard Webhooks looks at the status alone

    assert send_due(AT) == accepted
    waiting = Delivery.objects.filter(channel=Channel.WEBHOOK, state=DeliveryState.OWED)
    assert waiting.count() == 3 - accepted
    assert all("127.0.0.1" not in one.last_error and "key=" not in one.last_error for one in waiting)
    robot.answer = (200, b'{"errcode":0}')
    assert send_due(AT + BACKOFF[0]) == 3 - accepted
    ids = [headers["webhook-id"] for _path, headers, _body in robot.seen if "webhook-id" in headers]
    assert len(set(ids)) == 1


def test_a_robot_that_is_gone_is_not_waited_for(robot: Any, settings: Any) -> None:
    a_notice(a_user("承办人甲", Role.CASE_OFFICER))
    settings.CASEWORK_WEBHOOKS = ""

    assert send_due(AT) == 0
    assert set(Delivery.objects.filter(channel=Channel.WEBHOOK).values_list("state", flat=True)) == {
        DeliveryState.DROPPED
    }
    assert robot.seen == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{", "not JSON"),
        ("{}", "a list"),
        ('[{"name":"A b","kind":"wecom","url":"https://x/"}]', "name"),
        ('[{"name":"a","kind":"slack","url":"https://x/"}]', "kind"),
        ('[{"name":"a","kind":"wecom","url":"ftp://x/"}]', "url"),
        ('[{"name":"a","kind":"wecom","url":"https://x/","roles":["king"]}]', "unknown role king"),
        ('[{"name":"a","kind":"standard","url":"https://x/"}]', "needs a secret"),
        ('[{"name":"a","kind":"standard","url":"https://x/","secret":"%%"}]', "base64"),
        ('[{"name":"a","kind":"wecom","url":"https://x/","to":1}]', "unknown to"),
        ('[{"name":"a","kind":"wecom","url":"https://x/"},{"name":"a","kind":"wecom","url":"https://y/"}]', "twice"),
        ('[{"name":"a","kind":"wecom","url":"https://x/","users":"u"}]', "users is a list"),
    ],
)
def test_a_wrong_setting_says_what_is_wrong(text: str, part: str) -> None:
    with pytest.raises(BadSetting, match=part):
        hooks.read(text)


NIGHT = (time(22), time(7, 30))


@pytest.mark.parametrize(
    ("at", "quiet", "digest_at", "leaves"),
    [
        ("2026-09-01 12:00", NIGHT, None, "2026-09-01 12:00"),
        ("2026-09-01 22:00", NIGHT, None, "2026-09-02 07:30"),
        ("2026-09-02 07:29", NIGHT, None, "2026-09-02 07:30"),
        ("2026-09-02 07:30", NIGHT, None, "2026-09-02 07:30"),
        ("2026-12-31 23:59", NIGHT, None, "2027-01-01 07:30"),
        ("2026-09-01 12:30", (time(12), time(14)), None, "2026-09-01 14:00"),
        ("2026-09-01 14:00", (time(12), time(14)), None, "2026-09-01 14:00"),
        ("2026-09-01 07:00", NIGHT, time(8), "2026-09-01 08:00"),
        ("2026-09-01 08:00", None, time(8), "2026-09-02 08:00"),
    ],
)
def test_when_a_message_may_leave(at: str, quiet: Any, digest_at: time | None, leaves: str) -> None:
    assert leaves_at(moment(at), loud=False, quiet=quiet, digest_at=digest_at) == moment(leaves)
    assert leaves_at(moment(at), loud=True, quiet=quiet, digest_at=digest_at) == moment(at)


@pytest.fixture
def mail_server(settings: Any) -> None:
    """A mail server is set; pytest-django keeps what is sent in ``mail.outbox``."""
    settings.EMAIL_HOST = "mail.example.invalid"


def test_a_daily_collection_is_one_letter_and_stays_one(mail_server: None) -> None:
    user, other = a_user(), a_user()
    set_preference(user, by_mail=True, digest_at=time(18), actor=user, at=AT)
    for number in range(30):
        a_notice(user, key=f"note:{number}", at=AT + timedelta(minutes=number))
    a_notice(user, key="loud", level=Level.ALARM)
    a_notice(other, key="other")
    evening = moment("2026-09-01 18:00")

    assert send_due(AT) == 2  # the alarm, and the other's
    a_notice(user, key="late", at=evening + timedelta(minutes=1))
    assert send_due(evening) == 30

    letter = mail.outbox[-1]
    assert (len(mail.outbox), letter.to, "30 条" in letter.subject) == (3, [user.email], True)
    assert letter.body.count("/notices/") == 30
    (digest,) = set(
        Delivery.objects.filter(state=DeliveryState.SENT).exclude(digest=None).values_list("digest", flat=True)
    )
    assert letter.extra_headers["Message-ID"].startswith(f"<digest-{digest}@")
    assert send_due(evening + timedelta(days=1, minutes=2)) == 1


def test_without_mail_the_inbox_alone_is_told(mail_server: None) -> None:
    user, bystander = a_user(), a_user()
    set_preference(user, by_mail=False, actor=user, at=AT)

    a_notice(user, key="one")
    a_notice(bystander, key="two")

    found = Delivery.objects.filter(channel=Channel.EMAIL).values_list("notice__recipient", flat=True)
    assert list(found) == [bystander.pk]
    assert Notice.objects.count() == 2


def test_a_moment_of_the_day_is_that_of_the_house() -> None:
    utc = datetime.fromisoformat("2026-09-01T15:00:00+00:00")  # 23:00 in Shanghai

    assert leaves_at(utc, loud=False, quiet=NIGHT, digest_at=None) == moment("2026-09-02 07:30")
