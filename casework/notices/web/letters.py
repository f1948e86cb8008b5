"""Papers of the ladder: the list, and one as it is printed and signed."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from casework.access.policy import can, get_visible
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.notices.letters import LOUDNESS
from casework.notices.models import Letter, LetterKind, LetterState
from casework.notices.services.letters import sign_letter, void_letter
from casework.notices.web.forms import VoidForm
from casework.web.forms import add_refusal, version_read
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import cn_date, cn_datetime, status
from casework.web.toast import toast


def _rows(user: User) -> QuerySet[Any]:
    return Letter.objects.visible_to(user).select_related("deadline", "signed_by")


def _of_deadline(value: str) -> Q:
    return Q(deadline=int(value)) if value.isascii() and value.isdecimal() else Q(pk__in=())


PAGE = ListPage(
    title=gettext_lazy("督办文书"),
    queryset=_rows,
    columns=(
        Column(
            "kind",
            gettext_lazy("文种"),
            lambda row: status("letter_kind", row.kind),
            export=lambda row: row.get_kind_display(),
        ),
        Column("number", gettext_lazy("文号"), "number", link=True, nowrap=True),
        Column("title", gettext_lazy("事项"), "deadline.title"),
        Column("addressee", gettext_lazy("主送"), "addressee"),
        Column("due", gettext_lazy("到期日"), lambda row: cn_date(row.due_on), sort="due_on", nowrap=True),
        Column("made", gettext_lazy("生成时间"), lambda row: cn_datetime(row.made_at), sort="made_at", nowrap=True),
        Column(
            "state",
            gettext_lazy("状态"),
            lambda row: status("letter", row.state),
            export=lambda row: row.get_state_display(),
        ),
    ),
    filters=(
        Filter("state", gettext_lazy("状态"), "state", LetterState.choices),
        Filter("kind", gettext_lazy("文种"), "kind", LetterKind.choices),
        Filter("deadline", gettext_lazy("期限"), _of_deadline, kind="text", facet=False),
        Filter("made", gettext_lazy("生成时间"), "made_at", kind="date"),
    ),
    search=("number__icontains", "deadline__title__icontains", "addressee__icontains"),
    order=("-made_at", "pk"),
    row_url=address_of("notices:letter"),
    export_name="督办文书",
    unit=gettext_lazy("份"),
    empty_text=gettext_lazy("没有督办文书"),
    empty_why=gettext_lazy("期限逾期满 1、3、7 个工作日时，系统依次生成工作提醒、督办函、约谈通知，编好文号待签发。"),
)


@require_safe
def letters(request: HttpRequest) -> HttpResponseBase:
    """The papers that the reader may know of."""
    return render_list(request, PAGE)


@require_safe
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """One paper as it is printed."""
    user = reader(request)
    found: Letter = get_visible(Letter.objects.select_related("deadline", "signed_by"), user, pk=pk)
    return render(request, "notices/letter.html", _context(user, found))


@require_http_methods(["POST"])
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign the paper."""
    user = reader(request)
    found: Letter = get_visible(Letter.objects.select_related("deadline"), user, pk=pk)
    if not can(user, "letter.sign", found.deadline):
        raise Http404
    signed = sign_letter(found, actor=user, at=clock.now(), version=version_read(request))
    toast(request, _("已签发%(number)s。") % {"number": signed.number})
    return redirect("notices:letter", pk=pk)


@require_http_methods(["GET", "POST"])
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """Void the paper, with a reason."""
    user = reader(request)
    found: Letter = get_visible(Letter.objects.select_related("deadline"), user, pk=pk)
    if not can(user, "letter.void", found.deadline) or found.state == LetterState.VOID:
        raise Http404
    form = VoidForm(request.POST or None, initial={"version": found.version})
    if request.method == "POST" and form.is_valid():
        try:
            void_letter(found, **form.cleaned_data, actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已作废%(number)s，文号保留。") % {"number": found.number})
            return redirect("notices:letter", pk=pk)
    return render(
        request, "notices/letter_void.html", {"letter": found, "form": form}, status=409 if form.errors else 200
    )


def _context(user: User, found: Letter) -> dict[str, Any]:
    live = found.state != LetterState.VOID
    return {
        "letter": found,
        "loudness": LOUDNESS[LetterKind(found.kind)],
        "may_sign": found.state == LetterState.READY and can(user, "letter.sign", found.deadline),
        "may_void": live and can(user, "letter.void", found.deadline),
    }
