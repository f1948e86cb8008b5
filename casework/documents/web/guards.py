"""Pages of documents are the commission's; for everybody else they do not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

from casework.accounts.requests import reader

View = Callable[..., HttpResponseBase]


def commission_only(view: View) -> View:
    """Answer 404 to whoever is not of the commission."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not reader(request).is_commission:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
