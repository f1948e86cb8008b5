"""The service that takes uploads alone: it answers as the whole does, knows nothing else, and may be killed at any time."""

import base64
import hashlib
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from casework.access.policy import acts
from casework.access.services.people import issue_token
from casework.accounts import backends
from casework.accounts.models import Token, User
from casework.core import clock
from casework.files import storage
from casework.ledger.models import Entry
from casework.local import paths
from casework.local.process import wait_until
from casework.local.up import WEB_MEMORY, status, uploads_command
from evidence.models import Item
from tests.build_evidence import an_item
from tests.cast import Cast, make_cast
from tests.local.conftest import environment, free_port
from tests.routes import routes

BYTES = random.Random(11).randbytes(300_000)
PIECE = {"Content_Type": "application/offset+octet-stream"}
HOST = "localhost"
BACKEND = "casework.accounts.backends.AccountBackend"

# What it loads ----------------------------------------------------------------------------------------------------------

_TELL = """
import json, sys
import casework.uploads.wsgi
from django.conf import settings
from casework.access.policy import acts
from casework.accounts import backends
print(json.dumps({
    "modules": sorted(sys.modules),
    "middleware": list(settings.MIDDLEWARE),
    "acts": {name: [sorted(act.roles), act.check is None] for name, act in acts().items()},
    "read": sorted(backends._wanted),
}))
"""
#: What makes the whole heavy and what no upload asks for.
ABSENT = {
    "cases", "casework.desk", "casework.documents", "casework.figures", "casework.notices", "casework.search", "casework.urls",
    "evidence.api.views", "evidence.parsing.formats", "evidence.web", "units.web", "allauth.mfa", "axes", "celery",
    "drf_spectacular", "fido2", "numpy", "PIL", "redis", "whitenoise",
}  # fmt: skip


def given(storage_folder: Path) -> dict[str, str]:
    """Return the environment of the service, as it would be given in production, on the database of the tests."""
    name = connection.settings_dict["NAME"]
    if settings.DATABASE_URL:
        url = urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()
    else:
        url = f"postgresql://{settings.CASEWORK_APP_ROLE}@/{name}?host={connection.settings_dict['HOST']}"
    return environment(
        settings.CASEWORK_HOME,
        DATABASE_URL=url,
        REDIS_URL=settings.REDIS_URL,
        CASEWORK_SECRET_KEY=settings.SECRET_KEY,
        CASEWORK_STORAGE=f"file://{storage_folder}",
        CASEWORK_STATIC=str(storage_folder),
        **WEB_MEMORY,
    )


def test_it_loads_what_uploading_asks_for_and_holds_the_same_rules(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TELL],
        cwd=paths.CHECKOUT, env=given(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)

    assert ABSENT & set(told["modules"]) == set()
    ours = {name: [sorted(act.roles), act.check is None] for name, act in acts().items()}
    assert told["acts"]["evidence.upload"] == ours["evidence.upload"]
    assert told["acts"].items() <= ours.items()
    assert set(told["read"]) == set(backends._wanted)
    assert [one for one in settings.MIDDLEWARE if one not in told["middleware"]] == [
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "casework.web.middleware.NoticesMiddleware",
        "axes.middleware.AxesMiddleware",
    ]


def test_the_proxy_sends_it_uploads_and_nothing_else() -> None:
    """The expression of deploy/Caddyfile, tried on every address that there is."""
    text = (paths.CHECKOUT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    (expression,) = re.findall(r"^\t@uploads path_regexp (\S+)$", text, re.MULTILINE)
    assert re.search(r"^\treverse_proxy @uploads uploads:8000\n\treverse_proxy web:8000$", text, re.MULTILINE)
    filled = {"pk": "42", "key": "7d444840-9dc0-11d1-b245-5ffdce74fad2"}

    def sent(pattern: str) -> bool:
        path = re.sub(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)", lambda one: filled.get(one[1] or one[2], "42"), pattern)
        return re.search(expression, "/" + path.removeprefix("^").removesuffix("$").removesuffix("\\Z")) is not None

    every = {route.name: sent(route.pattern) for route in routes()}
    assert len(every) > 300
    assert {name for name, goes in every.items() if goes} == {"api:item-uploads", "api:upload"}


# The real service -------------------------------------------------------------------------------------------------------


@dataclass
class Answer:
    """What came back, without what is another one's each time: keys, moments, numbers of rows."""

    status: int
    headers: dict[str, str]
    body: str
    raw: dict[str, str]

    def shown(self) -> tuple[int, str, dict[str, str]]:
        return self.status, self.body, self.headers


#: A server's own, and what stands in every answer with the moment it was given.
_OF_THE_SERVER = {"connection", "date", "server", "transfer-encoding"}
_VARIES = (
    (re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "KEY"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+08:00)"), "MOMENT"),
    (re.compile(r"item_file:\d+"), "item_file:N"),
    (re.compile(r"(casework_\d+)=\w+"), r"\1=SESSION"),
)


def _answer(code: int, headers: dict[str, str], body: bytes) -> Answer:
    shown, text = {}, body.decode()
    for name, value in headers.items():
        if name.lower() in _OF_THE_SERVER or (name.lower() == "content-length" and not body):
            continue
        shown[name.lower()] = "MOMENT" if name.lower() == "upload-expires" else value
    if "content-security-policy" in shown:  # each process has an order of its own
        shown["content-security-policy"] = "; ".join(sorted(shown["content-security-policy"].split("; ")))
    for expression, word in _VARIES:
        text = expression.sub(word, text)
        shown = {name: expression.sub(word, value) for name, value in shown.items()}
    return Answer(code, shown, text, {name.lower(): value for name, value in headers.items()})


@dataclass
class Service:
    """The service as docker-compose.yml starts it."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with (self.folder / "said.txt").open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, *uploads_command("127.0.0.1", self.port)],
                cwd=paths.CHECKOUT, env=given(self.folder), stdin=subprocess.DEVNULL, stdout=said,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        process = self.process
        wait_until(lambda: process.poll() is not None or self.answers(), 240.0)
        assert self.answers()

    def answers(self) -> bool:
        return status("127.0.0.1", self.port, "/healthz") == HTTPStatus.OK

    def kill(self) -> None:
        """End the server and its worker as a power cut would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(180)
        assert wait_until(lambda: not self.answers(), 120.0)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=240)
        try:
            line.request(method, path, body or None, {"Host": HOST, **_named(headers)})
            answer = line.getresponse()
            return _answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            line.close()


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def service(tmp_path: Path, transactional_db: None, settings: Settings) -> Iterator[Service]:
    """Give the running service, and one place for its files and the tests' own; each test has one of its own, for the
    end of a test that commits breaks the connections of others.
    """
    found = Service(tmp_path.resolve(), free_port())
    settings.CASEWORK_STORAGE = f"file://{found.folder}"
    try:
        found.start()
        yield found
    finally:
        if found.process is not None and found.process.poll() is None:
            os.killpg(found.process.pid, signal.SIGTERM)
            found.process.wait(180)


@pytest.fixture
def people(service: Service) -> Cast:
    """A cast whose rows another process sees."""
    return make_cast()


def the_whole(method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    """Ask the application that serves everything."""
    cookie = headers.pop("Cookie", "")
    client = Client(
        enforce_csrf_checks=True, raise_request_exception=False, HTTP_HOST=HOST, HTTP_ACCEPT_ENCODING="identity"
    )
    client.cookies.load(cookie)
    content = headers.pop("Content_Type", "")
    length = {"CONTENT_LENGTH": "0"} if method in ("POST", "PATCH", "PUT") and not body else {}
    answer: Any = client.generic(method, path, body, content_type=content, headers=_named(headers), **length)
    headers = dict(answer.items())
    for morsel in answer.cookies.values():
        headers["Set-Cookie"] = morsel.OutputString()
    return _answer(answer.status_code, headers, answer.content)


Ask = Callable[..., Answer]


def bearer(user: User, scope: str = Token.Scope.WRITE, *, days: int = 1) -> dict[str, str]:
    """Return what a program sends with each request; ``days`` below 0 makes a token that has expired."""
    at = clock.now()
    secret = issue_token(user, "tus", scope=scope, expires_at=at + timedelta(days=abs(days)), at=at)
    if days < 0:
        Token.objects.filter(pk=Token.objects.latest("pk").pk).update(expires_at=at + timedelta(days=days))
    return {"Authorization": f"Bearer {secret}"}


def signed_in(user: User) -> tuple[dict[str, str], dict[str, str]]:
    """Return what a browser sends for somebody: its cookies, and the mark of our own pages."""
    client = Client()
    client.force_login(user, backend=BACKEND)
    mark = "a" * 32
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    jar = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={mark}"
    return {"Cookie": jar}, {"X_CSRFToken": mark}


def coded(data: str | bytes) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def story(ask: Ask, people: Cast, item: Item) -> dict[str, Answer]:
    """Ask whatever can be asked about uploads, in turn; each answer under its name."""
    told: dict[str, Answer] = {}
    opening, who = f"/api/v1/items/{item.pk}/uploads/", bearer(people.officer)
    length = {"Upload_Length": str(len(BYTES)), "Upload_Metadata": f"filename {coded('镜像.img')},note {coded('现场')}"}
    tus = {"Tus_Resumable": "1.0.0", "X_Request_ID": "0123456789"}

    def tell(name: str, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        told[name] = ask(method, path, body, **{**tus, **headers})
        return told[name]

    tell("nobody asks what is understood", "OPTIONS", opening)
    tell("what is understood", "OPTIONS", opening, **who)
    tell("nobody", "POST", opening, **length)
    tell("nobody, in English", "POST", opening, **length, Cookie="casework_lang=en")
    tell("an unknown token", "POST", opening, **length, Authorization="Bearer cw_wrong")
    tell("an expired token", "POST", opening, **length, **bearer(people.officer, days=-1))
    tell("a reading token", "POST", opening, **length, **bearer(people.officer, Token.Scope.READ))
    tell("another version", "POST", opening, **length, **who, Tus_Resumable="0.2.2")
    tell("an auditor", "POST", opening, **length, **bearer(people.auditor))
    tell("an outsider", "POST", opening, **length, **bearer(people.outsider))
    tell("one without the duty", "POST", opening, **length, **bearer(people.approver))
    tell("no such item", "POST", "/api/v1/items/999999999/uploads/", **length, **who)
    tell("no length", "POST", opening, **who)
    tell("empty", "POST", opening, **{**length, "Upload_Length": "0"}, **who)
    tell("too large", "POST", opening, **{**length, "Upload_Length": str(10**15)}, **who)
    tell("wrong metadata", "POST", opening, **{**length, "Upload_Metadata": "filename ***"}, **who)
    tell("no name", "POST", opening, **{**length, "Upload_Metadata": ""}, **who)
    tell("another's original", "POST", opening,
         **{**length, "Upload_Metadata": f"filename {coded('a')},derived_from {coded('7')}"}, **who)  # fmt: skip
    tell("not a method", "PUT", opening, b"x", **who, Content_Type="text/plain")
    tell("another form", "GET", opening, **who, Accept="text/html")
    jar, mark = signed_in(people.officer)
    tell("a page that is not ours", "POST", opening, **length, **jar)
    tell("our page", "POST", opening, **length, **jar, **mark)
    tell("our page again", "POST", opening, **length, **jar, **mark)
    tell("a session that ended", "POST", opening, **length, **mark, Cookie=jar["Cookie"].replace("=", "=0", 1))

    url = urlsplit(tell("opened", "POST", opening, **length, **who).raw["location"]).path
    piece = {**PIECE, **who}
    tell("at the beginning", "HEAD", url, **who)
    tell("of somebody else", "HEAD", url, **bearer(people.second_officer))
    tell("unknown", "GET", "/api/v1/uploads/7d444840-9dc0-11d1-b245-5ffdce74fad2/", **who)
    tell("no piece", "PATCH", url, b"x", **who, Content_Type="text/plain", Upload_Offset="0")
    tell("a form", "PATCH", url, b"--x--\r\n", **who, Content_Type="multipart/form-data; boundary=x", Upload_Offset="0")
    tell("ahead", "PATCH", url, b"x", **piece, Upload_Offset="7")
    tell("no offset", "PATCH", url, b"x", **piece)
    tell("beyond", "PATCH", url, BYTES + b"x", **piece, Upload_Offset="0")
    tell("changed", "PATCH", url, b"x", **piece, Upload_Offset="0", Upload_Checksum=f"sha256 {coded(b'y' * 32)}")
    tell("strange", "PATCH", url, b"x", **piece, Upload_Offset="0", Upload_Checksum="crc32 AAAA")
    right = f"sm3 {coded(hashlib.new('sm3', BYTES[:90_000]).digest())}"
    tell("a piece", "PATCH", url, BYTES[:90_000], **piece, Upload_Offset="0", Upload_Checksum=right)
    tell("in between", "HEAD", url, **who)
    tell("the rest by a page", "PATCH", url, BYTES[90_000:], **PIECE, **jar, Upload_Offset="90000")
    tell("the rest", "PATCH", url, BYTES[90_000:], **PIECE, **jar, **mark, Upload_Offset="90000")
    tell("what became of it", "GET", url, **who)
    tell("what became of it, in English", "GET", url, **who, Cookie="casework_lang=en")
    tell("after the end", "PATCH", url, b"x", **piece, Upload_Offset=str(len(BYTES)))
    tell("the same once more", "POST", opening, BYTES, **length, **piece)
    tell("not what was computed", "POST", opening, b"abc", **piece, Upload_Length="3",
         Upload_Metadata=f"filename {coded('b')},sha256 {coded('0' * 64)}")  # fmt: skip
    other = urlsplit(tell("another", "POST", opening, **length, **who).raw["location"]).path
    tell("given up by another", "DELETE", other, **bearer(people.second_officer))
    tell("given up", "DELETE", other, **who)
    tell("given up, asked", "HEAD", other, **who)
    tell("given up, told", "GET", other, **who)
    folder = storage.incoming()
    kept = folder.rename(folder.with_name("kept"))
    folder.write_text("")  # a fault: where pieces are received there is a file
    tell("a fault", "POST", opening, **length, **who)
    folder.unlink()
    kept.rename(folder)
    return told


@pytest.mark.slow
def test_it_answers_as_the_whole_does(service: Service, people: Cast) -> None:
    items = an_item(people), an_item(people)

    whole = story(the_whole, people, items[0])
    names = re.findall(r'"/static/([^"?#]+)', whole["a fault"].body)  # as `collectstatic` would have left them
    (service.folder / "staticfiles.json").write_text(
        json.dumps({"version": "1.1", "hash": "", "paths": {name: name for name in names}}), encoding="utf-8"
    )
    alone = story(service.ask, people, items[1])

    assert [name for name, expected in whole.items() if alone[name].shown() != expected.shown()] == []
    assert {answer.status for answer in whole.values()} == {
        200, 201, 204, 400, 401, 403, 404, 405, 406, 409, 410, 412, 415, 460, 500,
    }  # fmt: skip
    written = [
        [(entry.kind, entry.actor_id, entry.payload["data"] | {"number": "", "file": 0}, entry.payload.keys())
         for entry in Entry.objects.filter(ref=f"item:{item.pk}", kind__startswith="item.file").order_by("pk")]
        for item in items
    ]  # fmt: skip
    assert written[0] == written[1]
    assert [row[0] for row in written[0]] == ["item.file_added"]
    kept = items[1].files.get()
    assert (kept.blob.sha256, kept.name, kept.note) == (hashlib.sha256(BYTES).hexdigest(), "镜像.img", "现场")


@pytest.mark.slow
def test_nothing_else_is_there(service: Service, people: Cast) -> None:
    jar, _mark = signed_in(people.officer)
    for path in (
        "/",
        "/readyz",
        "/metrics",
        "/accounts/login/",
        "/api/v1/items/",
        "/api/v1/captures/",
        "/api/schema/",
        "/static/",
    ):
        answer = service.ask("GET", path, **jar)
        assert (path, answer.status, answer.body[:20]) == (path, 404, '{"code": "not_found"')
        assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert reverse("web:healthz") == "/healthz"
    assert service.ask("GET", "/healthz").status == 200


@pytest.mark.slow
def test_a_file_goes_on_after_the_server_was_killed(service: Service, people: Cast) -> None:
    """It dies while a piece is coming in; another one goes on from what was acknowledged, and the file is whole."""
    item, who = an_item(people), bearer(people.officer)
    opened = service.ask(
        "POST", f"/api/v1/items/{item.pk}/uploads/", **who, Tus_Resumable="1.0.0", Upload_Length=str(len(BYTES)),
        Upload_Metadata=f"filename {coded('disk.img')}",
    )  # fmt: skip
    path = urlsplit(opened.raw["location"]).path
    piece = {**who, **PIECE, "Tus_Resumable": "1.0.0"}
    assert service.ask("PATCH", path, BYTES[:100_000], **piece, Upload_Offset="0").status == 204
    part = storage.incoming() / f"{path.split('/')[-2]}.part"

    with socket.create_connection(("127.0.0.1", service.port), timeout=240) as line:
        head = {"Host": HOST, **_named(piece), "Upload-Offset": "100000", "Content-Length": str(len(BYTES) - 100_000)}
        text = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        line.sendall(f"PATCH {path} HTTP/1.1\r\n{text}\r\n".encode() + BYTES[100_000:290_000])
        assert wait_until(lambda: part.stat().st_size > 100_000, 120.0)
        service.kill()
    service.start()

    asked = service.ask("HEAD", path, **who, Tus_Resumable="1.0.0")
    assert (asked.status, asked.headers["upload-offset"]) == (200, "100000")
    assert service.ask("PATCH", path, BYTES[100_000:], **piece, Upload_Offset="100000").status == 204
    blob = item.files.get().blob
    assert (blob.sha256, blob.sm3) == (hashlib.sha256(BYTES).hexdigest(), hashlib.new("sm3", BYTES).hexdigest())
    assert storage.path_of(blob.sha256).read_bytes() == BYTES
