"""Request numbers, the reader's language, and refusals as pages that people can read."""

import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from functools import cached_property, partial
from typing import Any, ClassVar, Final

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.messages.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.functional import SimpleLazyObject, empty

from casework.access.readers import refuse_reader
from casework.accounts.requests import reader
from casework.core.errors import CaseworkError, NotAllowed
from casework.web.errors import refusal_page, signed_out

#: The number of the request in hand, for log lines and ledger entries; "" outside a request.
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_GIVEN: Final = re.compile(r"[0-9A-Za-z-]{8,64}")

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Gives every request a number, or takes over the proxy's; people read it on error pages."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        number = given if _GIVEN.fullmatch(given) else secrets.token_hex(4).upper()
        request.request_id = number  # type: ignore[attr-defined]
        token = current_request_id.set(number)
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(token)
        response["X-Request-ID"] = number
        return response


class LanguageMiddleware:
    """Chinese unless the person has switched: what the browser happens to ask for does not count."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.known = {code for code, _name in settings.LANGUAGES}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanted = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = wanted if wanted in self.known else settings.LANGUAGE_CODE
        request.LANGUAGE_CODE = language
        if translation.get_language() == language:
            response = self.get_response(request)
        else:
            with translation.override(language):
                response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class DoorMiddleware(LoginRequiredMiddleware):
    """Leads to the door whoever has not signed in, and tells a part of a page so: it would draw the door into the page."""

    # The stubs know of redirects alone; any answer is sent.
    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseBase:  # type: ignore[override]
        if request.headers.get("HX-Request") == "true":
            return signed_out(request)
        return super().handle_no_permission(request, view_func)


class PolicyMiddleware(CSPMiddleware):
    """Content-Security-Policy, put together once: only an answer that has one of its own has it made for itself."""

    #: What the library's decorators leave on an answer.
    OWN: ClassVar[frozenset[str]] = frozenset(
        f"_csp_{what}{kind}" for what in ("config", "update", "replace", "exempt") for kind in ("", "_ro")
    )

    @cached_property
    def usual(self) -> str:
        """The policy of every other answer."""
        answer = HttpResponse()
        super().process_response(HttpRequest(), answer)
        return answer.headers[HEADER]

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        nonce = getattr(request, "_csp_nonce", None)
        if nonce is not None or settings.DEBUG or not self.OWN.isdisjoint(vars(response)):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self.usual)
        return response


class NoticesMiddleware(MessageMiddleware):
    """Sentences for the next page, as Django has them; they are fetched when a page shows or leaves one, not before."""

    def process_request(self, request: HttpRequest) -> None:
        request._messages = SimpleLazyObject(partial(default_storage, request))  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        left: Any = getattr(request, "_messages", None)
        if type(left) is SimpleLazyObject and left._wrapped is empty:
            return response
        return super().process_response(request, response)


class ErrorMiddleware:
    """Turns a refusal that no view has handled into a page with its sentence; programs get theirs from the API."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, CaseworkError) or request.path.startswith("/api/"):
            return None
        return refusal_page(request, exception)


class PrivateMiddleware:
    """What was answered to one reader is kept by no cache between him and us, and asked for anew before it is shown again."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.session.accessed or request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class ReaderMiddleware:
    """Refuses at the door what an auditor would write on a page; the API has the same rule as a permission."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if request.method in _SAFE or not request.user.is_authenticated or match is None:
            return None
        if not match.route.startswith("api/"):
            try:
                refuse_reader(reader(request), match.namespace, match.view_name)
            except NotAllowed as error:
                return refusal_page(request, error)
        return None
