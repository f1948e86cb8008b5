"""Tasks and notes of a case; published kinds of cases."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.models import Case, CaseTask, CaseType
from cases.services.work import add_note, finish_task, publish_case_type, set_task
from cases.web.work_forms import NoteForm, TaskForm, TypeForm
from casework.access.policy import can, get_visible, require
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal
from casework.web.guards import commission_only
from casework.web.toast import toast

_METHODS = ["GET", "HEAD", "POST"]
#: Open tasks on the page at first, and at most.
SHOWN, MOST = 60, 500


@require_http_methods(_METHODS)
def work(request: HttpRequest, pk: int) -> HttpResponse:
    """What is to be done in the case, by whom until when, and the notes."""
    user = reader(request)
    case: Case = get_visible(Case.objects.select_related("type"), user, pk=pk)
    act = request.POST.get("act", "")
    task = TaskForm(case, request.POST if act == "task" else None, initial={"holder": user.pk})
    note = NoteForm(request.POST if act == "note" else None)
    if request.method == "POST":
        require(user, "case.note", case)
        done = _change(request, case, act, task, note)
        if done:
            toast(request, done)
            return redirect("cases:work", pk=case.pk)
    rows = case.tasks.select_related("holder", "done_by")
    waiting = rows.filter(done_at__isnull=True)
    open_count, every = waiting.count(), "all" in request.GET
    context = {
        "case": case,
        "open": waiting.order_by("due_on", "pk")[: MOST if every else SHOWN],
        "open_count": open_count,
        "hidden": 0 if every else max(open_count - SHOWN, 0),
        "done": rows.filter(done_at__isnull=False).order_by("-done_at", "-pk")[:50],
        "notes": case.notes.select_related("by").order_by("-at", "-pk")[:100],
        "task": task,
        "note": note,
        "today": clock.today(),
        "may_write": can(user, "case.note", case),
    }
    return render(request, "cases/work.html", context, status=409 if task.errors or note.errors else 200)


def _change(request: HttpRequest, case: Case, act: str, task: TaskForm, note: NoteForm) -> str:
    user, at = reader(request), clock.now()
    if act == "done":
        number = request.POST.get("task", "")
        row: CaseTask = get_visible(
            CaseTask.objects.filter(case=case), user, pk=int(number) if number.isdecimal() else 0
        )
        finish_task(row, actor=user, at=at, result=request.POST.get("result", ""))
        return _("已完成“%(title)s”。") % {"title": row.title}
    form: TaskForm | NoteForm = task if act == "task" else note
    if act not in {"task", "note"}:
        raise Http404
    if not form.is_valid():
        return ""
    try:
        if act == "note":
            add_note(case, form.cleaned_data["text"], actor=user, at=at)
            return _("已记事。")
        made = set_task(case, actor=user, at=at, **form.cleaned_data)
    except CaseworkError as error:
        add_refusal(form, error)
        return ""
    return _("已安排“%(title)s”。") % {"title": made.title}


@require_http_methods(_METHODS)
@commission_only
def types(request: HttpRequest) -> HttpResponse:
    """Kinds of cases in their versions; a running case keeps the one it began with."""
    user = reader(request)
    form = TypeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(user, "case_type.publish")
        if form.is_valid():
            data = form.cleaned_data
            try:
                row = publish_case_type(
                    code=data["code"], name=data["name"], kind=data["kind"], tasks=form.rows(), actor=user,
                    at=clock.now(),
                )  # fmt: skip
            except CaseworkError as error:
                add_refusal(form, error)
            else:
                toast(request, _("已发布%(name)s。") % {"name": row})
                return redirect("cases:types")
    context = {
        "types": CaseType.objects.select_related("published_by").order_by("code", "-number"),
        "form": form,
        "may_publish": can(user, "case_type.publish"),
    }
    return render(request, "cases/types.html", context, status=409 if form.errors else 200)
