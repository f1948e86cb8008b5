"""Who keeps the source of a log, and who could change it: stated by an officer with the basis."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_POST

from casework.access.policy import get_visible, require
from casework.core import clock
from casework.web.toast import toast
from evidence.models import LogRun
from evidence.services.attributions import name_log_keeper
from evidence.web.people import reader


class KeeperForm(forms.Form):
    """Keeper, those with rights over it, and how that is known."""

    keeper = forms.CharField(
        label=_l("由谁保管"), max_length=120, help_text=_l("例如网络中心；同一保管人的日志算一个来源")
    )
    administrators = forms.CharField(
        label=_l("谁有权改动"), required=False, max_length=300, help_text=_l("写姓名，用顿号隔开")
    )
    basis = forms.CharField(label=_l("依据"), max_length=300)


@require_POST
def keeper(request: HttpRequest, pk: int) -> HttpResponse:
    """State it; what lacks is told, and nothing is written."""
    row: LogRun = get_visible(LogRun.objects.select_related("file__item", "file__blob"), reader(request), pk=pk)
    require(reader(request), "evidence.attribute", row.file.item)
    form = KeeperForm(request.POST)
    if form.is_valid():
        name_log_keeper(row.file, **form.cleaned_data, actor=reader(request), at=clock.now())
        toast(request, _("已写明日志由谁保管。已有的归属卡片可以重新推演。"))
    else:
        toast(request, _("没有写全。保管人和依据须写明。"))
    return redirect("evidence:log-run", pk=row.pk)
