"""What was done to many leads at once: the reader's own change sets, each with its rows and its undo."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from casework.access.policy import get_visible, require
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.moments import cn_datetime
from casework.web.guards import commission_only
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import badge
from casework.web.toast import toast
from units.enums import Disposition
from units.models import ChangeSet, Lead
from units.services.change_sets import undo_change_set

SHOWN = 100


def _state(row: ChangeSet) -> Any:
    if row.undone_at is not None:
        return badge("", "arrow-back-up", _("已撤销"))
    return badge("green", "circle-check", _("有效"))


CHANGE_SETS = ListPage(
    title=gettext_lazy("批量处置"),
    queryset=lambda user: ChangeSet.objects.visible_to(user).select_related("made_by"),
    columns=(
        Column("made", gettext_lazy("办理时间"), lambda row: cn_datetime(row.made_at), sort="-made_at", link=True, nowrap=True),
        Column("disposition", gettext_lazy("处置方式"), lambda row: row.get_disposition_display()),
        Column("count", gettext_lazy("线索"), "count", align="num", sort="-count"),
        Column("conditions", gettext_lazy("条件"), "conditions"),
        Column("who", gettext_lazy("办理人"), "made_by.name"),
        Column("state", gettext_lazy("状态"), _state),
    ),
    filters=(Filter("disposition", gettext_lazy("处置方式"), "disposition", Disposition.choices),),
    order=("-made_at", "-pk"),
    row_url=address_of("units:change-set"),
    unit=gettext_lazy("次"),
    empty_text=gettext_lazy("还没有批量处置"),
    empty_why=gettext_lazy("在线索表里勾选几条一起办，每办一次这里记一次，可以撤销。"),
)  # fmt: skip


@require_safe
@commission_only
def change_sets(request: HttpRequest) -> HttpResponseBase:
    """The reader's own change sets, newest first."""
    return render_list(request, CHANGE_SETS)


@require_safe
@commission_only
def change_set(request: HttpRequest, pk: int) -> HttpResponse:
    """One change set: what was done, to which leads, and whether it can be taken back."""
    return _page(request, get_visible(ChangeSet.objects.select_related("made_by", "undone_by"), reader(request), pk=pk))


def _page(request: HttpRequest, row: ChangeSet, refused: str = "") -> HttpResponse:
    user = reader(request)
    leads = Lead.objects.visible_to(user).filter(change_set=row.name).select_related("unit").order_by("pk")
    context = {
        "set": row,
        "leads": leads[:SHOWN],
        "resting": leads.count(),
        "may_undo": row.undone_at is None and row.made_by_id == user.pk,
        "refused": refused,
    }
    return render(request, "units/change_set.html", context, status=409 if refused else 200)


@require_POST
@commission_only
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the whole set back, or nothing of it."""
    user = reader(request)
    row = get_visible(ChangeSet.objects, user, pk=pk)
    require(user, "lead.note")
    try:
        count = undo_change_set(row.name, actor=user, at=clock.now())
    except CaseworkError as error:
        return _page(request, row, error.message)
    toast(request, ngettext("已撤销对 %(n)d 条线索的处置。", "已撤销对 %(n)d 条线索的处置。", count) % {"n": count})
    return redirect("units:change-set", pk)
