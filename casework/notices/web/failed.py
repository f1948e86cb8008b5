"""What could not be delivered outside the system, for the administrator: where it failed and why, never what it says."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from casework.access.policy import can
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.notices import selectors
from casework.notices.models import Channel
from casework.notices.services.sending import retry_failed
from casework.web.lists import Bulk, Column, Filter, ListPage, render_list
from casework.web.templatetags.cw import cn_datetime


def _rows(_user: User) -> QuerySet[Any]:
    return selectors.given_up().select_related("notice", "notice__recipient")


def _retry(request: HttpRequest, deliveries: QuerySet[Any]) -> str:
    sent = retry_failed(list(deliveries), actor=reader(request), at=clock.now())
    return _("%(n)s 条重新排入发送，几分钟内发出。") % {"n": sent}


PAGE = ListPage(
    title=gettext_lazy("没有送达的通知"),
    queryset=_rows,
    columns=(
        Column("to", gettext_lazy("收件人"), "notice.recipient.name"),
        Column("channel", gettext_lazy("渠道"), lambda row: " ".join((row.get_channel_display(), row.target)).strip()),
        Column(
            "owed",
            gettext_lazy("时间"),
            lambda row: cn_datetime(row.notice.owed_at),
            sort="notice__owed_at",
            nowrap=True,
        ),
        Column("attempts", gettext_lazy("已试次数"), "attempts", align="num"),
        Column("error", gettext_lazy("最后一次的原因"), "last_error"),
    ),
    filters=(
        Filter("channel", gettext_lazy("渠道"), "channel", Channel.choices),
        Filter("owed", gettext_lazy("时间"), "notice__owed_at", kind="date"),
    ),
    search=("notice__recipient__name__icontains", "last_error__icontains"),
    order=("-notice__owed_at", "pk"),
    exported=False,
    unit=gettext_lazy("条"),
    bulk=(Bulk("retry", gettext_lazy("重新发送"), _retry, act="delivery.retry", icon="send"),),
    empty_text=gettext_lazy("没有送不出去的通知"),
    empty_why=gettext_lazy("邮件或机器人连续八次发不出去的通知列在这里。站内通知不受影响，收件人登录就能看到。"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def failed(request: HttpRequest) -> HttpResponseBase:
    """The deliveries that were given up; once the cause is mended they are sent again."""
    if not can(reader(request), "delivery.retry"):
        raise Http404
    return render_list(request, PAGE)
