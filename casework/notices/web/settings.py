"""How the reader is told outside the system: mail, quiet hours, daily collection, calendar."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.notices import selectors
from casework.notices.models import Preference
from casework.notices.services.preferences import make_feed, revoke_feed, set_preference
from casework.notices.web.forms import PreferenceForm
from casework.web.forms import add_refusal
from casework.web.toast import toast


@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Show and keep the reader's own settings."""
    user = reader(request)
    kept = Preference.objects.filter(user=user).first() or Preference(user=user)
    names = ("by_mail", "quiet_from", "quiet_until", "digest_at")
    form = PreferenceForm(request.POST or None, initial={name: getattr(kept, name) for name in names})
    if request.method == "POST" and form.is_valid():
        try:
            set_preference(user, **form.cleaned_data, actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已保存通知方式。"))
            return redirect("notices:preferences")
    shown = {"form": form, "feed": selectors.feed_in_force(user), "address": request.session.pop("calendar_feed", "")}
    return render(request, "notices/preferences.html", shown, status=409 if form.errors else 200)


@require_POST
def feed_made(request: HttpRequest) -> HttpResponse:
    """Make a new calendar address; it is shown once."""
    user = reader(request)
    token = make_feed(user, actor=user, at=clock.now())
    request.session["calendar_feed"] = request.build_absolute_uri(reverse("notices:feed", args=[token]))
    toast(request, _("已建立日历订阅地址。"))
    return redirect("notices:preferences")


@require_POST
def feed_revoked(request: HttpRequest) -> HttpResponse:
    """Stop the calendar address."""
    user = reader(request)
    if revoke_feed(user, actor=user, at=clock.now()):
        toast(request, _("已停用日历订阅地址。"))
    return redirect("notices:preferences")
