"""Who reported: a page of its own, found only by those who may register somebody or hold the right to know him."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.models import Case, Reporter
from cases.selectors.cases import belongs
from cases.selectors.reporters import looks_at
from cases.services.reporters import give_right, read_reporter, register_reporter, take_right
from cases.web.reporter_forms import ReporterForm, RightForm
from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, Invalid
from casework.web.forms import add_refusal
from casework.web.toast import toast

_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(_METHODS)
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    """Those whom the reader may know of, without a word of who they are; and registering one."""
    user = reader(request)
    case: Case = get_visible(Case.objects, user, pk=pk)
    rows = Reporter.objects.visible_to(user).filter(case=case).select_related("registered_by").order_by("number")
    # Belonging counts, not reading: an auditor reads the case and holds no right here.
    may = can(user, "reporter.register", case) and belongs(user, case)
    if not may and not rows:
        raise Http404
    form = ReporterForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(user, "reporter.register", case)
        if form.is_valid():
            try:
                row = register_reporter(case, **form.cleaned_data, actor=user, at=clock.now())
            except CaseworkError as error:
                add_refusal(form, error)
            else:
                toast(request, _("已登记举报人，只有您和您授权的人能看到。"))
                return redirect("cases:reporter", pk=case.pk, row_pk=row.pk)
    context = {"case": case, "rows": rows, "form": form, "may": may}
    return render(request, "cases/reporters.html", context, status=409 if form.errors else 200)


@require_http_methods(_METHODS)
def detail(request: HttpRequest, pk: int, row_pk: int) -> HttpResponse:
    """One reporter; the ledger knows that the reader looks before anything of it is sent."""
    user = reader(request)
    case: Case = get_visible(Case.objects, user, pk=pk)
    row: Reporter | None = Reporter.objects.visible_to(user).filter(case=case, pk=row_pk).first()
    if row is None:
        raise Http404
    form = RightForm(case, request.POST if request.POST.get("act") == "give" else None)
    refused = ""
    if request.method == "POST":
        require(user, "reporter.share", row)
        try:
            done = _change(request, row, form)
        except CaseworkError as error:
            refused = error.message
        else:
            if done:
                toast(request, done)
                return redirect("cases:reporters", pk=case.pk)
    shown = read_reporter(row, actor=user, at=clock.now())
    rights = row.rights.filter(until_at__isnull=True).select_related("user__organisation", "given_by").order_by("pk")
    context = {
        "case": case, "row": shown, "rights": rights, "form": form, "refused": refused,
        "may_share": can(user, "reporter.share", row), "looks": looks_at(row),
    }  # fmt: skip
    return render(request, "cases/reporter.html", context, status=409 if refused or form.errors else 200)


def _change(request: HttpRequest, row: Reporter, form: RightForm) -> str:
    user, at = reader(request), clock.now()
    if request.POST.get("act") == "take":
        number = request.POST.get("user", "")
        other = User.objects.filter(pk=int(number) if number.isdecimal() and len(number) < 19 else 0).first()
        if other is None:
            raise Invalid(_("没有选要收回谁的权限。"))
        take_right(row, other, actor=user, at=at, reason=request.POST.get("reason", ""))
        return _("已收回%(name)s的权限。") % {"name": other.name}
    if not form.is_valid():
        return ""
    given = give_right(row, form.cleaned_data["user"], actor=user, at=at, reason=form.cleaned_data["reason"])
    return _("已授权%(name)s。") % {"name": given.user.name}
