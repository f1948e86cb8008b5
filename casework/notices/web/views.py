"""The inbox: what the reader was told, with receipt."""

import uuid
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from casework.access.policy import get_visible
from casework.accounts.requests import reader
from casework.core import clock
from casework.ledger.refs import resolve
from casework.notices import selectors
from casework.notices.models import Level, Notice
from casework.notices.services.receipts import acknowledge
from casework.web.lists import Bulk, Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import cn_datetime, status
from casework.web.toast import toast


def _acknowledge_many(request: HttpRequest, notices: QuerySet[Any]) -> str:
    rows = list(notices.filter(acknowledged_at=None))
    at = clock.now()
    for row in rows:
        acknowledge(row, actor=reader(request), at=at)
    return ngettext("已签收 %(n)s 份通知。", "已签收 %(n)s 份通知。", len(rows)) % {"n": len(rows)}


def _unread(value: str) -> Q:
    return Q(acknowledged_at=None) if value == "1" else Q(acknowledged_at__isnull=False)


PAGE = ListPage(
    title=pgettext_lazy("places", "通知"),
    queryset=selectors.inbox,
    columns=(
        Column(
            "level",
            gettext_lazy("级别"),
            lambda row: status("notice", row.level),
            export=lambda row: row.get_level_display(),
        ),
        Column("title", gettext_lazy("标题"), "title", link=True),
        Column("owed_at", gettext_lazy("时间"), lambda row: cn_datetime(row.owed_at), sort="owed_at", nowrap=True),
        Column(
            "state",
            gettext_lazy("签收"),
            lambda row: status("notice", "read" if row.acknowledged_at else "unread"),
            export=lambda row: row.acknowledged_at,
        ),
    ),
    filters=(
        Filter("unread", gettext_lazy("未签收"), _unread, kind="bool"),
        Filter("level", gettext_lazy("级别"), "level", Level.choices),
        Filter("owed", gettext_lazy("时间"), "owed_at", kind="date"),
    ),
    search=("title__icontains", "body__icontains"),
    order=("-owed_at", "pk"),
    row_url=address_of("notices:open"),
    export_name="通知",
    unit=gettext_lazy("份"),
    bulk=(Bulk("acknowledge", gettext_lazy("签收"), _acknowledge_many, icon="check"),),
    empty_text=gettext_lazy("没有通知"),
    empty_why=gettext_lazy("期限临近或者事情交到您手上时，会在这里告知。"),
)


def inbox(request: HttpRequest) -> HttpResponseBase:
    """The reader's notices; ticked ones can be signed for together."""
    return render_list(request, PAGE, template="notices/inbox.html")


@require_safe
def open_notice(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One notice, with the way to the thing it is about."""
    notice = get_visible(Notice.objects, reader(request), pk=pk)
    return render(request, "notices/detail.html", {"notice": notice, "thing": resolve(notice.ref, reader(request))})


@require_POST
def acknowledge_notice(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Sign for one notice."""
    notice = get_visible(Notice.objects, reader(request), pk=pk)
    acknowledge(notice, actor=reader(request), at=clock.now())
    toast(request, _("已签收“%(title)s”。") % {"title": notice.title})
    return redirect("notices:inbox")
