"""A form that is sent twice does its work once (docs/decisions/0032).

Every form that is drawn for somebody carries a number of its own (``{% csrf_token %}`` draws it). When sending it led on to
another page, the number is kept with what was sent and where it led. The same form again leads to the same place with a
note; the same form with other words is asked about first.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from casework.accounts.requests import reader
from casework.core import clock
from casework.core.moments import cn_datetime
from casework.web.models import SentForm

#: The field that carries the number.
FIELD: Final = "once"
#: So long numbers are kept: an open page outlives neither the session nor the key against forged forms.
KEPT: Final = timedelta(days=30)

_NUMBER: Final = re.compile(r"[\w-]{20,32}", re.ASCII)
#: Programs have keys of their own (casework.api); passwords are kept nowhere, and switches may be thrown back and forth.
_APART: Final = ("/api/", "/accounts/", "/language/", "/theme/")
_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_OURS: Final = frozenset({"csrfmiddlewaretoken", FIELD})


def new_number() -> str:
    """Return the number for a form that is about to be drawn."""
    return secrets.token_urlsafe(18)


def did_its_work(request: HttpRequest, led_to: str) -> None:
    """Say that the form has done its work although the answer is a page: what is shown a single time leads nowhere."""
    request.form_led_to = led_to  # type: ignore[attr-defined]


class OnceMiddleware:
    """Does the work of a form once, however often the form is sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = _number_of(request)
        if not number:
            return self.get_response(request)
        with _one_at_a_time(request):
            return self._answer(request, number, clock.now())

    def _answer(self, request: HttpRequest, number: str, at: datetime) -> HttpResponse:
        user, content = reader(request), _content_of(request)
        sent = SentForm.objects.filter(owner=user, once=number).first()
        if sent is not None and sent.content == content:
            return _lead_there(request, sent)
        # A form that names the version it was drawn from is refused by its own view when that version has passed.
        if sent is not None and "version" not in request.POST:
            return _ask(request, sent)
        response = self.get_response(request)
        led_to = getattr(request, "form_led_to", "") or _led_to(response)
        if sent is None and led_to:
            SentForm.objects.create(owner=user, once=number, content=content, led_to=led_to, at=at)
        return response


def forget_old(at: datetime) -> int:
    """Remove the numbers of forms that nobody can have open any more; return how many."""
    return SentForm.objects.filter(at__lt=at - KEPT).delete()[0]


def _number_of(request: HttpRequest) -> str:
    if (
        request.method != "POST"
        or request.content_type not in _FORMS
        or request.path.startswith(_APART)
        or request.headers.get("HX-Request") == "true"
        or not request.user.is_authenticated
    ):
        return ""
    try:
        number = request.POST.get(FIELD, "")
    except OSError:  # the form broke off on its way: what comes next says so
        return ""
    return number if _NUMBER.fullmatch(number) else ""


def _led_to(response: HttpResponse) -> str:
    """Return where a form led that has done its work: one that is refused is drawn again, and who has to sign in anew has
    done nothing.
    """
    there = response["Location"] if response.status_code in {302, 303} else ""
    return "" if there.startswith("/accounts/") else there


def _content_of(request: HttpRequest) -> str:
    """Return a mark of where the form goes and of all that it says, its files among it.

    It is made with the system's key: whoever reads the table alone cannot try out what was said.
    """
    said = sorted((name, values) for name, values in request.POST.lists() if name not in _OURS)
    files = sorted((name, file.name, _digest_of(file)) for name, each in request.FILES.lists() for file in each)
    told = repr((request.get_full_path(), said, files))
    return salted_hmac("casework.web.once", told, algorithm="sha256").hexdigest()


def _digest_of(file: "UploadedFile[Any]") -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _lead_there(request: HttpRequest, sent: SentForm) -> HttpResponse:
    said = _("这张表单在 %(at)s 已经提交过，没有再办一次。这里就是那一次办成的结果。")
    messages.info(request, said % {"at": cn_datetime(sent.at, clock.today())})
    return HttpResponseRedirect(sent.led_to)


def _ask(request: HttpRequest, sent: SentForm) -> HttpResponse:
    carried = [(name, value) for name, each in request.POST.lists() if name not in _OURS for value in each]
    context: dict[str, Any] = {"sent": sent, "carried": carried, "files": bool(request.FILES)}
    return render(request, "web/sent_already.html", context, status=409)


@contextmanager
def _one_at_a_time(request: HttpRequest) -> Iterator[None]:
    """Let the second of two sendings wait until it is known what became of the first.

    The lock is the connection's, not a transaction's: the act keeps its own transactions, and what waits for their end
    (a checkpoint, a worker) finds them ended.
    """
    key = f"form:{reader(request).pk}:{request.path}"
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(hashtextextended(%s, 32))", [key])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(hashtextextended(%s, 32))", [key])
