"""Pages of records (谈话、询问、讯问笔录), in a case and at a site."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases.models import Case, Interview, Site
from cases.services.interviews import sign_page, take_interview
from cases.web.forms import InterviewForm, PageForm
from cases.web.investigation import other_officers
from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal
from casework.web.toast import toast

_METHODS = ["GET", "HEAD", "POST"]


def _case(request: HttpRequest, pk: int) -> Case:
    found: Case = get_visible(Case.objects.select_related("unit"), reader(request), pk=pk)
    return found


def _site(request: HttpRequest, pk: int) -> Site:
    found: Site = get_visible(Site.objects.select_related("unit", "team__inspection"), reader(request), pk=pk)
    return found


@require_safe
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    """The records of a case, newest first."""
    user = reader(request)
    case = _case(request, pk)
    records = (
        case.interviews.select_related("officer", "second_officer", "suspect")
        .prefetch_related("pages")
        .order_by("-began_at", "-pk")
    )
    context = {"case": case, "records": records, "may_write": can(user, "case.investigate", case)}
    return render(request, "cases/interviews.html", context)


@require_http_methods(_METHODS)
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a record in a case."""
    user = reader(request)
    case = _case(request, pk)
    require(user, "case.investigate", case)
    initial = {"suspect": request.GET.get("suspect", ""), "kind": "talk", "place": case.unit.name if case.unit else ""}
    form = InterviewForm(
        case, other_officers(case, user), request.POST if request.method == "POST" else None, initial=initial
    )
    taken = _take(case, form, user) if request.method == "POST" else None
    if taken is not None:
        toast(request, _("已登记%(record)s。") % {"record": taken})
        return redirect("cases:interview", pk=case.pk, interview_pk=taken.pk)
    context = {"case": case, "site": None, "form": form, "heading": case.title}
    return render(request, "cases/interview_add.html", context, status=409 if form.errors else 200)


@require_http_methods(_METHODS)
def site_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a record at a site of an inspection."""
    user = reader(request)
    site = _site(request, pk)
    require(user, "site.visit", site)
    team = site.team.members.filter(user__isnull=False, left_at__isnull=True).exclude(user=user).values("user_id")
    officers = User.objects.filter(pk__in=team).select_related("organisation").order_by("name", "pk")
    initial = {"kind": "talk", "place": site.place or site.unit.name}
    form = InterviewForm(site, officers, request.POST if request.method == "POST" else None, initial=initial)
    taken = _take(site, form, user) if request.method == "POST" else None
    if taken is not None:
        toast(request, _("已登记%(record)s。") % {"record": taken})
        return redirect("cases:site-interview", pk=site.pk, interview_pk=taken.pk)
    context = {"case": None, "site": site, "form": form, "heading": site.unit.name}
    return render(request, "cases/interview_add.html", context, status=409 if form.errors else 200)


def _take(subject: Case | Site, form: InterviewForm, user: User) -> Interview | None:
    if not form.is_valid():
        return None
    data = form.cleaned_data
    try:
        return take_interview(
            subject,
            kind=data["kind"],
            suspect=data.get("suspect"),
            person_name="" if data.get("suspect") else data["person_name"],
            person_post=data["person_post"],
            place=data["place"],
            began_at=data["began_at"],
            ended_at=data["ended_at"],
            rights_told_at=data["rights_told_at"],
            second_officer=data["second_officer"],
            papers_shown=data["papers_shown"],
            recorded=data["recorded"],
            lines=form.lines(),
            pages=data["pages"],
            signed=data["signed"],
            actor=user,
            at=clock.now(),
        )
    except CaseworkError as error:
        add_refusal(form, error)
        return None


@require_http_methods(_METHODS)
def detail(request: HttpRequest, pk: int, interview_pk: int) -> HttpResponse:
    """One record of a case, and what stands under each page."""
    case = _case(request, pk)
    record = get_object_or_404(Interview, case=case, pk=interview_pk)
    return _record(request, record, case=case, site=None, act="case.investigate")


@require_http_methods(_METHODS)
def site_detail(request: HttpRequest, pk: int, interview_pk: int) -> HttpResponse:
    """One record of a site."""
    site = _site(request, pk)
    record = get_object_or_404(Interview, site=site, pk=interview_pk)
    return _record(request, record, case=None, site=site, act="site.visit")


def _record(request: HttpRequest, record: Interview, *, case: Case | None, site: Site | None, act: str) -> HttpResponse:
    user = reader(request)
    form = PageForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(user, act, case or site)
        if form.is_valid():
            data = form.cleaned_data
            try:
                page = sign_page(
                    record, data["page"], mark=data["mark"], refusal=data["refusal"], actor=user, at=clock.now()
                )
            except CaseworkError as error:
                add_refusal(form, error)
            else:
                toast(request, _("第 %(n)d 页%(mark)s。") % {"n": page.number, "mark": page.get_mark_display()})
                return redirect(request.path)
    context = {
        "case": case,
        "site": site,
        "record": record,
        "lines": record.lines.all(),
        "pages": record.pages.all(),
        "form": form,
        "failed": form.cleaned_data.get("page") if form.errors else None,
        "may_write": can(user, act, case or site),
    }
    return render(request, "cases/interview.html", context, status=409 if form.errors else 200)
