"""What a request goes through: pages through all middlewares, the API through those that do something for it.

Twenty of them stand around every answer, and a request of the API is half a millisecond. Left out are those that neither
read nor change anything there; what any of them has to say of a view or of a fault (``process_view``,
``process_exception``) is asked for the API as for pages.
"""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch
from django.utils.module_loading import import_string

from casework.web.addresses import MOST_FIXED

#: What these do around an answer is for pages alone.
FOR_PAGES: Final = frozenset(
    {
        "whitenoise.middleware.WhiteNoiseMiddleware",  # files below /static/
        "allauth.account.middleware.AccountMiddleware",  # the doors of signing in
        "casework.web.middleware.DoorMiddleware",  # asks of a view
        "casework.web.middleware.NoticesMiddleware",  # sentences for the next page
        "casework.web.once.OnceMiddleware",  # forms that are sent twice
        "django_htmx.middleware.HtmxMiddleware",  # parts of pages
        "casework.web.middleware.ReaderMiddleware",  # asks of a view
        "casework.web.middleware.ErrorMiddleware",  # asks of a fault
        "axes.middleware.AxesMiddleware",  # passwords that were wrong too often
    }
)
API: Final = "/api/v1/"

Answering = Callable[[HttpRequest], Any]


class Asked(WSGIRequest):
    """A request whose host is looked at once: middlewares and the addresses in an answer ask for it."""

    def get_host(self) -> str:
        """Return the host that was asked for, where it is one of ours."""
        if self._host is None:
            self._host = super().get_host()
        return self._host

    _host: str | None = None


class Handler(WSGIHandler):
    """Django's own, with a second chain of middlewares for the API."""

    request_class = Asked

    def load_middleware(self, is_async: bool = False) -> None:
        """Build both chains; their views are found and asked for alike."""
        super().load_middleware(is_async)
        usual: Any = self  # the stubs leave out what a handler is made of
        pages: Answering = usual._middleware_chain
        answer: Any = usual._get_response
        for name in reversed(settings.MIDDLEWARE):
            if name not in FOR_PAGES:
                answer = import_string(name)(convert_exception_to_response(answer))
        programs: Answering = convert_exception_to_response(answer)

        def either(request: HttpRequest) -> HttpResponseBase:
            found: HttpResponseBase = (programs if request.path_info.startswith(API) else pages)(request)
            return found

        usual._middleware_chain = either
        self._fixed: dict[str, ResolverMatch] = {}

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """Return the view of the address; one of the API in which nothing varies is found once."""
        known = self._fixed.get(request.path_info)
        if known is not None:
            request.resolver_match = known
            return known
        found: ResolverMatch = super().resolve_request(request)
        varies = found.args or found.kwargs or not request.path_info.startswith(API)
        if not varies and len(self._fixed) < MOST_FIXED:
            self._fixed[request.path_info] = found
        return found
