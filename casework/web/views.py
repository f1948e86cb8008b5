"""The few pages of the shell itself: theme, help, the component gallery."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST
from django.views.i18n import set_language

from casework.web import gallery
from casework.web.context import THEME_COOKIE, THEMES

YEAR = 365 * 24 * 3600

language = login_not_required(set_language)


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark for this browser and go back."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back)
    wanted = request.POST.get("theme", "")
    if wanted in THEMES:
        response.set_cookie(
            THEME_COOKIE, wanted, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
        )
    return response


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """How the system is used, for the roles of the reader."""
    return render(request, "web/help.html")


@login_not_required
@require_GET
def components(request: HttpRequest) -> HttpResponse:
    """Every component once, for eyes and tests; absent in production."""
    if not (settings.DEBUG or settings.TESTING):
        raise Http404
    return render(request, "web/gallery.html", gallery.context())
