"""A form that breaks off leaves nothing; a whole one, and an upload in pieces, go through."""

from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_started
from django.db import close_old_connections
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from casework.accounts.models import User
from casework.web.whole_body import WholeBody
from casework.wsgi import application
from tests.build import moment
from tests.build_campaigns import Scene, a_scene
from tests.cast import Cast
from units.models import Attachment
from units.services.self_inspections import acknowledge

FORM = encode_multipart(BOUNDARY, {"note": "九月的巡查记录"})


def ask(path: str, body: bytes, length: int, **headers: str) -> tuple[str, str]:
    """Send the body as a server would whose client stated that length; return status and text."""
    said: list[str] = []
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "SERVER_NAME": "testserver", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": BytesIO(body), "wsgi.errors": BytesIO(),
        "CONTENT_TYPE": MULTIPART_CONTENT, "CONTENT_LENGTH": str(length), **headers,
    }  # fmt: skip
    request_started.disconnect(close_old_connections)  # the test's own transaction goes on
    try:
        answer = application(environ, lambda status, _headers: said.append(status))
    finally:
        request_started.connect(close_old_connections)
    return said[0], b"".join(answer).decode()


@pytest.fixture
def scene(cast: Cast, settings: Any) -> Scene:
    settings.CASEWORK_NOW = "2021-10-27"
    made = a_scene(cast)
    acknowledge(made.inspection, actor=cast.unit_leader, at=moment("2021-10-26 12:00"))
    return made


def form_with_file(text: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="9月.txt"\r\n\r\n'.encode()
    return head + text + f"\r\n--{BOUNDARY}--\r\n".encode()


def cookies(user: User) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    secret = "a" * 32
    jar = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}; {settings.CSRF_COOKIE_NAME}={secret}"
    return {"HTTP_COOKIE": jar, settings.CSRF_HEADER_NAME: secret}


@pytest.mark.django_db
@pytest.mark.parametrize("cut", [1, 20, 60, 3000])
def test_an_attachment_that_breaks_off_is_not_kept(cast: Cast, scene: Scene, cut: int) -> None:
    place = reverse("units:portal-attach", args=[scene.inspection.pk, "watch"])
    whole = form_with_file(b"watch" * 1000)

    status, text = ask(place, whole[:-cut], len(whole), **cookies(cast.unit_leader))

    assert status.startswith("400")
    assert "没有选文件，或上传中断" in text
    assert not Attachment.objects.exists()
    assert ask(place, whole, len(whole), **cookies(cast.unit_leader))[0].startswith("302")
    assert Attachment.objects.get().blob.size == 5000


def test_reading_past_a_body_that_came_wholly_is_its_end() -> None:
    body = WholeBody(BytesIO(FORM), len(FORM))

    assert body.read(len(FORM) - 2) + body.readline() + body.read(10) + body.readline() == FORM
    assert WholeBody(BytesIO(b""), 5).read(0) == b""
    with pytest.raises(OSError, match="5 bytes early"):
        WholeBody(BytesIO(b""), 5).read(3)
