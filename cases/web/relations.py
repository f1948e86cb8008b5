"""Pages that join cases, take them apart, and put right a closed one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.models import Case
from cases.services.relations import CORRECTABLE, correct_closed, merge_case, split_case
from cases.web.work_forms import CorrectForm, MergeForm, SplitForm
from casework.access.policy import get_visible, require
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal
from casework.web.toast import toast

_METHODS = ["GET", "HEAD", "POST"]


def _case(request: HttpRequest, pk: int) -> Case:
    found: Case = get_visible(Case.objects.select_related("unit", "compartment"), reader(request), pk=pk)
    return found


@require_http_methods(_METHODS)
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """并案: this case closes and goes into another one."""
    user = reader(request)
    case = _case(request, pk)
    require(user, "case.merge_into", case)
    form = MergeForm(user, case, request.POST if request.method == "POST" else None, initial={"version": case.version})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            link = merge_case(
                case, data["into"], reason=data["reason"], expected_version=data["version"], actor=user, at=clock.now()
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("%(number)s已并入%(other)s。") % {"number": case.number, "other": link.other.number})
            return redirect("cases:detail", pk=link.other_id)
    text = _("本案结案，人员、事实、笔录、措施和未完成的任务转入另一件案件；两案的证物双方办案人员都能看到。不能撤销。")
    context = {"case": case, "form": form, "heading": _("并入他案"), "text": text, "verb": _("并入这件案件")}
    return render(request, "cases/act.html", context, status=409 if form.errors else 200)


@require_http_methods(_METHODS)
def split(request: HttpRequest, pk: int) -> HttpResponse:
    """分案: some people go into a case of their own."""
    user = reader(request)
    case = _case(request, pk)
    require(user, "case.split", case)
    form = SplitForm(user, case, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            link = split_case(
                case, list(data["suspects"]), items=list(data["items"]), title=data["title"], reason=data["reason"],
                actor=user, at=clock.now(),
            )  # fmt: skip
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已分出%(number)s。") % {"number": link.other.number})
            return redirect("cases:detail", pk=link.other_id)
    text = _("只涉及这些人的事实、他们的笔录和措施一并分出，选中的证物随案转出，期限连续计算，办案人员和回避不变。")
    context = {"case": case, "form": form, "heading": _("分案"), "text": text, "verb": _("分出新案")}
    return render(request, "cases/act.html", context, status=409 if form.errors else 200)


@require_http_methods(_METHODS)
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Put right one text of a closed case."""
    user = reader(request)
    case = _case(request, pk)
    require(user, "case.correct", case)
    field = request.GET.get("field", "report")
    old = getattr(case, field) if field in CORRECTABLE else ""
    initial = {"field": field, "text": old, "version": case.version}
    form = CorrectForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            correct_closed(
                case, field=data["field"], text=data["text"], reason=data["reason"], document=data["document"],
                expected_version=data["version"], actor=user, at=clock.now(),
            )  # fmt: skip
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已更正，原文留存。"))
            return redirect("cases:history", pk=case.pk)
    text = _("结案后的更正是单独的权限：写明理由和批准文号，原文留存在办理环节里。")
    context = {"case": case, "form": form, "heading": _("结案后更正"), "text": text, "verb": _("登记更正")}
    return render(request, "cases/act.html", context, status=409 if form.errors else 200)
