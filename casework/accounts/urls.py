"""Signing in and out, one's password and second factor; what a closed installation does not have is absent."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path, re_path


@login_not_required
def closed(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer as if the address did not exist: no sign-up, no reset by e-mail, no change of address by oneself."""
    raise Http404


#: They shadow the library's pages of the same addresses; its names stay, because its views refer to them.
CLOSED = r"^accounts/(?P<rest>(signup|email|confirm-email|password/reset|password/set|phone|login/code)(/.*)?)$"

urlpatterns = [
    re_path(CLOSED, closed, name="closed"),
    path("accounts/", include("allauth.urls")),
]
