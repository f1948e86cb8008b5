"""Error pages: what failed, what is safe, what to do, and a number to ask with."""

from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from casework.core.errors import CaseworkError, NotReady


def refusal_page(request: HttpRequest, error: CaseworkError) -> HttpResponse:
    """Return the refusal as a page, or as a note at the top of the page when htmx asked."""
    status = 404 if error.status == 404 else error.status
    context = {"error": error, "missing": error.missing if isinstance(error, NotReady) else ()}
    if getattr(request, "htmx", False):
        response = render(request, "web/_refusal.html", context, status=status)
        response["HX-Retarget"] = "#page-error"
        response["HX-Reswap"] = "innerHTML"
        return response
    return render(request, "web/refusal.html", context, status=status)


def signed_out(request: HttpRequest) -> HttpResponse:
    """Return the note for the top of a page whose part was asked for after the session had ended; its text stays."""
    at = urlsplit(request.headers.get("HX-Current-URL", ""))
    back = urlencode({"next": f"{at.path}?{at.query}" if at.query else at.path or "/"})
    context = {"url": f"{reverse(settings.LOGIN_URL)}?{back}"}
    response = HttpResponse(render_to_string("web/_signed_out.html", context), status=HTTPStatus.UNAUTHORIZED)
    response["HX-Retarget"] = "#page-error"
    response["HX-Reswap"] = "innerHTML"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Handler for faults: leans on nothing that may be broken, least of all the database."""
    number = getattr(request, "request_id", "")
    return HttpResponse(render_to_string("500.html", {"number": number}), status=500)
