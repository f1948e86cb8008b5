"""Error pages: what failed, what is safe, what to do, and a number to ask with."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

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


def server_error(request: HttpRequest) -> HttpResponse:
    """Handler for faults: leans on nothing that may be broken, least of all the database."""
    number = getattr(request, "request_id", "")
    return HttpResponse(render_to_string("500.html", {"number": number}), status=500)
