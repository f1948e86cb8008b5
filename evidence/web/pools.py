"""The catalogue of pools, and the signs of mining in the logs of an item."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from casework.access.models import NeedToKnow
from casework.access.policy import can, get_visible, require
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal
from casework.web.guards import commission_only
from casework.web.lists import Column, Filter, ListPage, render_list
from casework.web.nav import MONITORING, register
from casework.web.templatetags.cw import cn_date
from casework.web.toast import toast
from casework.web.vocabulary import register_status
from evidence.attribution_enums import PoolGrade
from evidence.log_words import action_words
from evidence.mining.catalogue import LAPSED
from evidence.models import Item, PoolPlace
from evidence.selectors.mining import mining_signs, pools_at
from evidence.web.people import reader
from units.enums import Classification, QuestionKind, Stance
from units.far_ends import register_far_ends
from units.models import Lead
from units.services.questions import add_evidence

for _grade, _word, _colour, _icon in (
    (PoolGrade.A, _l("甲：对话或矿机记录"), "red", "alert-octagon"),
    (PoolGrade.B, _l("乙：目录内的矿池地址"), "amber", "alert-triangle"),
    (PoolGrade.C, _l("丙：流量、功耗特征"), "", "activity"),
    ("", _l("节点通信，不是矿池"), "", "topology-star"),
    (LAPSED, _l("不在矿池有效期内"), "amber", "calendar-question"),
):
    register_status("mining", _grade, _word, _colour, _icon)

register(
    MONITORING, _l("矿池目录"), "books", "evidence:pools",
    roles={Role.CASE_OFFICER, Role.INSPECTOR, Role.CAMPAIGN_OFFICER, Role.INTAKE, Role.AUDITOR}, order=60,
)  # fmt: skip


register_far_ends(pools_at)


def _coins(user: User) -> list[tuple[str, str]]:
    rows = (
        PoolPlace.objects.visible_to(user).exclude(coin="").order_by("coin").values_list("coin", flat=True).distinct()
    )
    names = {name for coins in rows[:500] for name in coins.split("、")}
    return [(name, name) for name in sorted(names)]


def _place(row: Any) -> SafeString:
    return format_html('<span class="mono">{}{}</span>', row.place, f":{row.port}" if row.port else "")


def _day(value: date | None) -> str:
    """Return a day; where no source tells it, that it is not known."""
    return cn_date(value, "full") if value else _("不明")


POOLS = ListPage(
    title=_l("矿池目录"),
    queryset=lambda user: PoolPlace.objects.visible_to(user).select_related("import_run"),
    columns=(
        Column("place", _l("域名或地址"), _place, sort="place", export=lambda row: row.place),
        Column("pool", _l("矿池"), "pool", sort="pool"),
        Column("coin", _l("币种"), lambda row: row.coin or "—", sort="coin"),
        Column(
            "from",
            _l("启用日期"),
            lambda row: _day(row.valid_from),
            sort="valid_from",
            export=lambda row: row.valid_from,
            nowrap=True,
        ),
        Column(
            "to",
            _l("停用日期"),
            lambda row: _day(row.valid_to),
            sort="valid_to",
            export=lambda row: row.valid_to,
            nowrap=True,
        ),
        Column("source", _l("来源"), "source"),
        Column("note", _l("说明"), "note"),
    ),
    filters=(
        Filter("coin", _l("币种"), lambda value: Q(coin__contains=value), _coins),
        Filter("ended", _l("已停用"), lambda value: Q(valid_to__isnull=value != "1"), kind="bool"),
        Filter("note", _l("说明"), "note", (("网页挖矿脚本", _l("网页挖矿脚本")),)),
    ),
    search=("place__icontains", "pool__icontains", "source__icontains"),
    order=("place", "port", "pk"),
    unit=_l("条"),
    empty_text=_l("目录里没有符合的矿池"),
)


@require_safe
@commission_only
def pools(request: HttpRequest) -> HttpResponseBase:
    """The catalogue: which places are pools', from when until when, says who."""
    may_import = can(reader(request), "evidence.import_pools")
    return render_list(request, POOLS, {"may_import": may_import}, template="evidence/pools.html")


class FeedForm(forms.Form):
    """What the signs say for or against an answer to the question of a lead; the answer itself is settled there."""

    lead = forms.ModelChoiceField(label=_l("线索"), queryset=Lead.objects.none())
    candidate = forms.ChoiceField(label=_l("对哪种定性"), choices=Classification.choices)
    stance = forms.ChoiceField(label=_l("支持还是反对"), choices=Stance.choices)
    text = forms.CharField(label=_l("依据写什么"), widget=forms.Textarea(attrs={"rows": 3}), max_length=400)

    def __init__(self, *args: Any, item: Item, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        leads = Lead.objects.visible_to(user).filter(unit=item.collection.unit_id).order_by("-pk")
        self.fields["lead"].queryset = leads  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@commission_only
def mining(request: HttpRequest, pk: int) -> HttpResponse:
    """The signs of mining in an item's logs; one press puts them to the lead's question as evidence, never as answer."""
    user = reader(request)
    item: Item = get_visible(NeedToKnow(model=Item).select_related("collection__unit"), user, pk=pk)
    if request.method == "POST":
        require(user, "lead.evidence")
    signs = mining_signs(item, user)
    may_feed = bool(signs) and can(user, "lead.evidence")
    form = (
        FeedForm(request.POST or None, item=item, user=user, initial={"text": _said(item, signs)}) if may_feed else None
    )
    if request.method == "POST" and form is not None and form.is_valid():
        given = form.cleaned_data
        question = given["lead"].questions.get(kind=QuestionKind.NATURE)
        try:
            add_evidence(
                question,
                given["candidate"],
                given["stance"],
                given["text"],
                actor=user,
                at=clock.now(),
                ref=f"item:{item.pk}",
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已作为依据记入线索 %(number)s，定性仍由研判作出。") % {"number": given["lead"].number})
            return redirect("evidence:item-mining", pk=item.pk)
    shown = [{"sign": one, "said": action_words(one.action)} for one in signs]
    context = {"item": item, "signs": shown, "form": form}
    return render(request, "evidence/mining.html", context, status=422 if request.method == "POST" else 200)


def _said(item: Item, signs: list[Any]) -> str:
    counted: dict[str, int] = {}
    for one in signs:
        counted[one.grade] = counted.get(one.grade, 0) + one.events
    parts = [
        _("%(grade)s %(n)s 条") % {"grade": PoolGrade(grade).label, "n": n}
        for grade, n in sorted(counted.items())
        if grade in PoolGrade.values
    ]
    return (
        _("证物 %(number)s 的日志：%(parts)s。") % {"number": item.number, "parts": "；".join(parts)} if parts else ""
    )
