"""Who may open a page at all; for everybody else it does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

from casework.accounts.enums import Role
from casework.accounts.requests import reader

View = Callable[..., HttpResponseBase]


def commission_only(view: View) -> View:
    """Answer 404 to whoever is no official of the commission."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not reader(request).is_commission:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def officials_only(view: View) -> View:
    """Answer 404 to leaders of units and the three administrators; an agency's liaison may hold an exhibit."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = reader(request)
        if not user.is_commission and not user.has_role(Role.LIAISON):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
