"""Pages of imports: history, upload, preview row by row, apply, undo."""

from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.access.policy import can, get_visible
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.wake import wake
from casework.imports.cells import masked
from casework.imports.enums import Outcome, RunState
from casework.imports.models import ImportRow, ImportRun
from casework.imports.registry import Kind, kind_named, kinds
from casework.imports.selectors import write_refused
from casework.imports.services import apply_run, discard_run, read_file, reading, undo_run, writing
from casework.imports.web.forms import UploadForm, kinds_for
from casework.web.forms import add_refusal
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import status
from casework.web.toast import toast

RUNS = ListPage(
    title=gettext_lazy("导入"),
    queryset=lambda user: ImportRun.objects.visible_to(user).select_related("read_by"),
    columns=(
        Column("file", gettext_lazy("文件"), "file_name", link=True),
        Column("kind", gettext_lazy("种类"), lambda run: kind_named(run.kind).label),
        Column(
            "state", gettext_lazy("状态"), lambda run: status("import_run", run.state),
            export=lambda run: run.get_state_display(),
        ),
        Column("rows", gettext_lazy("行数"), "rows", align="num"),
        Column("created", gettext_lazy("新增"), "created", align="num"),
        Column("updated", gettext_lazy("更新"), "updated", align="num"),
        Column("unchanged", gettext_lazy("不变"), "unchanged", align="num", default=False),
        Column("conflicting", gettext_lazy("有冲突"), "conflicting", align="num"),
        Column("refused", gettext_lazy("不能导入"), "refused", align="num"),
        Column("sampled", gettext_lazy("采样时间"), "sampled_at", default=False),
        Column("read_at", gettext_lazy("读取时间"), "read_at", sort="-read_at"),
        Column("by", gettext_lazy("导入人"), lambda run: run.read_by.name if run.read_by else _("命令行")),
        Column("sha256", gettext_lazy("摘要"), lambda run: run.sha256[:12], mono=True, default=False),
    ),
    filters=(
        Filter("kind", gettext_lazy("种类"), "kind", lambda _user: [(name, kind.label) for name, kind in kinds().items()]),
        Filter("state", gettext_lazy("状态"), "state", RunState.choices),
        Filter("read", gettext_lazy("读取日期"), "read_at", kind="date"),
    ),
    search=("file_name__icontains", "sha256__istartswith"),
    order=("-read_at", "-pk"),
    row_url=address_of("imports:run"),
    export_name="导入",
    unit=gettext_lazy("次"),
    empty_text=gettext_lazy("还没有导入过名单"),
    empty_why=gettext_lazy("按“选文件导入”选一份名单：先预览，看过再写入，写入后可以撤销。"),
)  # fmt: skip


@require_safe
def runs(request: HttpRequest) -> HttpResponseBase:
    """Every list that was handed in, newest first."""
    user = reader(request)
    if not user.is_commission and not kinds_for(user):
        raise Http404
    return render_list(request, RUNS, {"may_import": bool(kinds_for(user))}, "imports/list.html")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose a file; it is read and previewed, nothing is written yet."""
    user = reader(request)
    allowed = kinds_for(user)
    if not allowed:
        raise Http404
    wanted = request.GET.get("kind", "")
    form = UploadForm(request.POST or None, request.FILES or None, user=user, initial={"kind": wanted})
    if request.method == "POST" and form.is_valid():
        try:
            found = _read(request, form)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            return redirect("imports:run", found.pk)
    chosen = next((kind for kind in allowed if kind.name == (request.POST.get("kind") or wanted)), allowed[0])
    return render(
        request,
        "imports/new.html",
        {"form": form, "chosen": chosen, "kinds": allowed},
        status=422 if form.errors else 200,
    )


def _read(request: HttpRequest, form: UploadForm) -> ImportRun:
    data: dict[str, Any] = form.cleaned_data
    file = data["file"]
    if file.size > reading.AT_ONCE:
        run = reading.receive_file(
            file.chunks(),
            data["kind"],
            actor=reader(request),
            at=clock.now(),
            name=file.name,
            sampled_at=data.get("sampled_at"),
            compartment=data.get("compartment"),
        )
        wake("imports.read", run.pk)
        return run
    kept = getattr(file, "temporary_file_path", None)
    return read_file(
        Path(kept()) if kept else file.read(),
        data["kind"],
        actor=reader(request),
        at=clock.now(),
        name=file.name,
        sampled_at=data.get("sampled_at"),
        compartment=data.get("compartment"),
        by_hand=True,
    )


def _changes(row: ImportRow) -> Any:
    """Field: old → new, one below the other."""
    labels = {column.name: column.label for column in kind_named(row.run.kind).columns}
    pairs: list[tuple[Any, Any, Any]] = []
    for name, pair in (row.changes or {}).items():
        if isinstance(pair, list) and len(pair) == 2 and name in labels:
            pairs.append((labels[name], _shown(pair[0]), _shown(pair[1])))
    for found in (row.changes or {}).get("change", {}).values():
        pairs += [(labels.get(name, name), _shown(old), _shown(new)) for name, (old, new) in found.items()]
    return format_html_join(
        format_html("<br>"), '<span class="m3">{}</span> <del>{}</del> → <b>{}</b>', pairs
    ) if pairs else ""  # fmt: skip


def _shown(value: Any) -> str:
    if value is None or value == "":
        return _("空")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return str(value)


def _cell(index: int, personal: bool) -> Any:
    def show(row: ImportRow) -> str:
        text = row.cells[index] if index < len(row.cells) else ""
        return masked(text) if personal and text else text

    return show


def _rows_of(found: ImportRun) -> ListPage:
    columns = {column.name: column for column in kind_named(found.kind).columns}
    named = {int(at): columns[name] for at, name in found.header["columns"].items() if name in columns}
    return ListPage(
        title=found.file_name,
        queryset=lambda user: ImportRow.objects.visible_to(user).filter(run=found).select_related("run"),
        columns=(
            Column("line", gettext_lazy("行号"), "line", align="num", sort="line"),
            Column(
                "outcome", gettext_lazy("结果"), lambda row: status("import_row", row.outcome),
                export=lambda row: row.get_outcome_display(),
            ),
            *(
                Column(f"c{at}", found.header["texts"][at], _cell(at, column.personal), default=len(named) < 8 or order < 6)
                for order, (at, column) in enumerate(sorted(named.items()))
            ),
            Column("message", gettext_lazy("说明"), "message"),
            Column("changes", gettext_lazy("变动"), _changes, export=lambda row: ""),
        ),
        filters=(Filter("outcome", gettext_lazy("结果"), "outcome", Outcome.choices),),
        order=("line", "pk"),
        export_name=f"{found.kind}-预览",
        unit=gettext_lazy("行"),
        empty_text=gettext_lazy("没有这样的行"),
    )  # fmt: skip


@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One list: what each row does or would do, and what can be done with it."""
    user = reader(request)
    found: ImportRun = get_visible(ImportRun.objects.select_related("read_by", "applied_by", "undone_by"), user, pk=pk)
    kind = kind_named(found.kind)
    if found.state in {RunState.READING, RunState.FAILED, RunState.APPLYING}:
        return _progress(request, found, kind)
    if getattr(request, "htmx", False) and request.headers.get("HX-Target") == "reading":
        return HttpResponse(headers={"HX-Refresh": "true"})
    if found.state == RunState.UNMAPPED and can(user, kind.act, found):
        return redirect("imports:columns", pk)
    writes = found.created + found.updated + found.conflicting
    return render_list(
        request,
        _rows_of(found),
        {
            "run": found,
            "kind": kind,
            "counts": [(outcome, getattr(found, outcome.value)) for outcome in Outcome],
            "writes": writes,
            "may": can(user, kind.act, found),
            "earlier": ImportRun.objects.visible_to(user)
            .filter(kind=found.kind, sha256=found.sha256, state=RunState.APPLIED)
            .exclude(pk=found.pk)
            .order_by("-pk")
            .first(),
        },
        "imports/run.html",
    )


def _progress(request: HttpRequest, found: ImportRun, kind: Kind) -> HttpResponse:
    """How far a large file has been read; renews itself."""
    context = {"run": found, "kind": kind, "may": can(reader(request), kind.act, found)}
    part = bool(getattr(request, "htmx", False))
    return render(request, "imports/_reading.html" if part else "imports/reading.html", context)


def _act(request: HttpRequest, pk: int, do: Any, said: str, **more: Any) -> HttpResponse:
    user = reader(request)
    found: ImportRun = get_visible(ImportRun.objects, user, pk=pk)
    do(found, actor=user, at=clock.now(), **more)
    toast(request, said % {"file": found.file_name})
    return redirect("imports:run", found.pk)


@require_POST
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the previewed rows."""
    user = reader(request)
    found: ImportRun = get_visible(ImportRun.objects, user, pk=pk)
    if found.rows > writing.AT_ONCE:
        ordered = writing.order_writing(found, actor=user, at=clock.now())
        wake("imports.write", ordered.pk)
        return redirect("imports:run", pk)
    done = apply_run(found, actor=user, at=clock.now())
    toast(
        request,
        _("已导入“%(file)s”：新增 %(created)d，更新 %(updated)d。")
        % {"file": done.file_name, "created": done.created + done.conflicting, "updated": done.updated},
        undo_url=reverse("imports:undo", args=[pk]),
    )
    return redirect("imports:run", pk)


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the list back while nothing rests on it."""
    return _act(request, pk, undo_run, _("已撤销“%(file)s”的导入。"))


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Lay the preview aside."""
    return _act(request, pk, discard_run, _("已放弃“%(file)s”的预览，没有写入。"))


@require_safe
def refused(request: HttpRequest, pk: int) -> HttpResponse:
    """The refused rows with their reasons, to be mended and handed in again."""
    user = reader(request)
    found: ImportRun = get_visible(ImportRun.objects, user, pk=pk)
    if not can(user, kind_named(found.kind).act, found):
        raise Http404
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{found.pk}.csv"'
    response["Cache-Control"] = "private, no-store"
    write_refused(found, response)  # type: ignore[arg-type]
    return response
