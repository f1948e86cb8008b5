"""Pages of the three administrators, and everybody's own account. None of them shows the content of a case."""

from datetime import timedelta
from typing import Any

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from casework.access import policy
from casework.access.models import Compartment
from casework.access.selectors import administrative_acts, counted_compartments, shown_refs
from casework.access.services import people
from casework.access.web.forms import AppointForm, OpenAccountForm, PasswordForm, ReasonForm, TokenForm
from casework.accounts.enums import Role
from casework.accounts.models import Appointment, Organisation, Token, User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.moments import cn_datetime
from casework.ledger.models import Entry
from casework.ledger.words import word
from casework.web.forms import add_refusal
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.once import did_its_work
from casework.web.templatetags.cw import status
from casework.web.toast import toast


def _hidden_unless(user: Any, act: str) -> None:
    if not policy.can(user, act):
        raise Http404


def _roles(user: User) -> str:
    today = clock.today()
    held = [a for a in user.appointments.all() if a.from_on <= today and (a.until is None or a.until >= today)]
    return _("、").join(sorted(str(a.get_role_display()) for a in held))


def _organisations(_user: User) -> list[tuple[int, str]]:
    return [(o.pk, o.name) for o in Organisation.objects.order_by("name")[:200]]


ACCOUNTS = ListPage(
    title=gettext_lazy("账号"),
    queryset=lambda user: (
        User.objects.select_related("organisation").prefetch_related(Prefetch("appointments"))
        if policy.can(user, "account.read")
        else User.objects.none()
    ),
    columns=(
        Column("username", gettext_lazy("用户名"), "username", sort="username", mono=True, link=True),
        Column("name", gettext_lazy("姓名"), "name", sort="name"),
        Column("organisation", gettext_lazy("机构"), "organisation.name", sort="organisation__name"),
        Column("roles", gettext_lazy("角色"), _roles),
        Column(
            "state",
            gettext_lazy("状态"),
            lambda row: status("account", "active" if row.is_active else "closed"),
            sort="is_active",
            export=lambda row: _("启用") if row.is_active else _("已停用"),
        ),
    ),
    filters=(
        Filter("role", gettext_lazy("角色"), "appointments__role", Role.choices),
        Filter("organisation", gettext_lazy("机构"), "organisation", _organisations),
        Filter("active", gettext_lazy("启用"), "is_active", kind="bool"),
    ),
    search=("username__icontains", "name__icontains"),
    order=("username", "pk"),
    row_url=address_of("access:account"),
    export_name="账号",
    unit=gettext_lazy("个"),
)


@require_GET
def accounts(request: HttpRequest) -> HttpResponseBase:
    """All accounts, for the three administrators."""
    _hidden_unless(reader(request), "account.read")
    return render_list(
        request, ACCOUNTS, {"may_open": policy.can(reader(request), "account.open")}, template="access/accounts.html"
    )


@require_http_methods(["GET", "POST"])
def open_account(request: HttpRequest) -> HttpResponse:
    """Open an account; roles are given by the security administrator afterwards."""
    _hidden_unless(reader(request), "account.open")
    form = OpenAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = people.open_account(**form.cleaned_data, actor=reader(request), at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已开立账号 %(name)s。") % {"name": user.username})
            return redirect("access:account", user.pk)
    return render(request, "access/open_account.html", {"form": form})


@require_GET
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """One account with its roles and what was done to it."""
    return _account_page(request, _account(request, pk))


def _account(request: HttpRequest, pk: int) -> User:
    _hidden_unless(reader(request), "account.read")
    return get_object_or_404(User.objects.select_related("organisation"), pk=pk)


def _account_page(request: HttpRequest, user: User, status_code: int = 200, **forms: Any) -> HttpResponse:
    context = {
        "account": user,
        "appointments": user.appointments.order_by("-from_on", "pk"),
        "today": clock.today(),
        "appoint_form": forms.get("appoint") or AppointForm(initial={"from_on": clock.today()}),
        "close_form": forms.get("close") or ReasonForm(),
        "password_form": forms.get("password") or PasswordForm(),
        "may_appoint": policy.can(reader(request), "account.appoint"),
        "may_close": policy.can(reader(request), "account.close") and user.is_active and user != reader(request),
        "may_reset": policy.can(reader(request), "account.reset_password") and user.is_active,
        "entries": [(entry, word(entry.kind)) for entry in Entry.objects.of(f"user:{user.pk}").order_by("-id")[:20]],
    }
    return render(request, "access/account.html", context, status=status_code)


@require_POST
def appoint(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the account a role."""
    user, form = _account(request, pk), AppointForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            people.appoint(
                user,
                Role(data["role"]),
                from_on=data["from_on"],
                until=data["until"],
                document=data["document"],
                actor=reader(request),
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已任命 %(name)s。") % {"name": user.name})
            return redirect("access:account", pk)
    return _account_page(request, user, 400, appoint=form)


@require_POST
def dismiss(request: HttpRequest, pk: int, appointment: int) -> HttpResponse:
    """End a role of the account."""
    user = _account(request, pk)
    row = get_object_or_404(Appointment, pk=appointment, user=user)
    people.dismiss(row, actor=reader(request), at=clock.now())
    toast(request, _("已免去 %(role)s。") % {"role": row.get_role_display()})
    return redirect("access:account", pk)


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the account."""
    user, form = _account(request, pk), ReasonForm(request.POST)
    if form.is_valid():
        try:
            people.close_account(user, actor=reader(request), at=clock.now(), reason=form.cleaned_data["reason"])
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已停用账号 %(name)s。") % {"name": user.username})
            return redirect("access:account", pk)
    return _account_page(request, user, 400, close=form)


@require_POST
def password(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the account a new password."""
    user, form = _account(request, pk), PasswordForm(request.POST)
    if form.is_valid():
        try:
            people.reset_password(user, form.cleaned_data["password"], actor=reader(request), at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已重设 %(name)s 的密码。") % {"name": user.username})
            return redirect("access:account", pk)
    return _account_page(request, user, 400, password=form)


COMPARTMENTS = ListPage(
    title=gettext_lazy("知悉范围"),
    queryset=lambda user: (
        counted_compartments() if policy.can(user, "compartment.list") else Compartment.objects.none()
    ),
    # The name of a compartment is content: the register shows number and kind only.
    columns=(
        Column("number", gettext_lazy("编号"), "public_id", sort="public_id", mono=True),
        Column("kind", gettext_lazy("类别"), "get_kind_display", sort="kind"),
        Column("secrecy", gettext_lazy("密级"), "get_secrecy_display", sort="secrecy"),
        Column("members", gettext_lazy("知悉人数"), "members", align="num", sort="members"),
        Column("recused", gettext_lazy("回避人数"), "recused", align="num"),
        Column("created", gettext_lazy("建立"), lambda row: cn_datetime(row.created_at), sort="created_at"),
    ),
    order=("-created_at", "public_id", "pk"),
    export_name="知悉范围",
    unit=gettext_lazy("个"),
)


@require_GET
def compartments(request: HttpRequest) -> HttpResponseBase:
    """The register of compartments, without their names."""
    _hidden_unless(reader(request), "compartment.list")
    return render_list(request, COMPARTMENTS)


def _name_refs(_request: HttpRequest, rows: list[Any]) -> None:
    """Compartments are named by their public mark: their keys would show how many lie between two of them."""
    names = shown_refs(row.ref for row in rows)
    for row in rows:
        row.shown_ref = names[row.ref]


def _named_ref(row: Entry) -> str:
    return shown_refs([row.ref])[row.ref]


def _who(entry: Entry) -> str:
    actors = entry.payload["actors"]
    return str(actors[0]["name"]) if actors else _("系统")


AUDIT = ListPage(
    title=gettext_lazy("管理操作"),
    queryset=lambda user: administrative_acts() if policy.can(user, "audit.read") else Entry.objects.none(),
    columns=(
        Column("at", gettext_lazy("时间"), lambda row: cn_datetime(row.at, seconds=True), sort="at", nowrap=True),
        Column("who", gettext_lazy("谁"), _who),
        Column("what", gettext_lazy("做了什么"), lambda row: word(row.kind)),
        Column("ref", gettext_lazy("对象"), lambda row: getattr(row, "shown_ref", ""), export=_named_ref),
        Column("reason", gettext_lazy("事由"), lambda row: row.payload.get("reason", "")),
        Column("number", gettext_lazy("条目"), "pk", align="num", sort="pk"),
    ),
    filters=(Filter("at", gettext_lazy("时间"), "at", kind="date"),),
    search=("ref__istartswith", "kind__istartswith"),
    order=("-pk",),
    prepare=_name_refs,
    export_name="管理操作",
)


@require_GET
def audit(request: HttpRequest) -> HttpResponseBase:
    """What the administrators did, for the audit administrator."""
    _hidden_unless(reader(request), "audit.read")
    return render_list(request, AUDIT)


@require_http_methods(["GET", "POST"])
def own_account(request: HttpRequest) -> HttpResponse:
    """One's own account: roles, password, second factor, tokens. A new token's secret is shown this once."""
    user = reader(request)
    form = TokenForm(request.POST or None)
    secret = ""
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        try:
            secret = people.issue_token(
                user,
                form.cleaned_data["name"],
                scope=Token.Scope(form.cleaned_data["scope"]),
                expires_at=now + timedelta(days=form.cleaned_data["days"]),
                at=now,
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            form = TokenForm()
            did_its_work(request, reverse("access:own_account"))
    context = {
        "form": form,
        "secret": secret,
        "may_issue": policy.can(user, "token.issue"),
        "tokens": user.tokens.order_by("-created_at"),
        "appointments": user.appointments.order_by("-from_on", "pk"),
        "now": clock.now(),
    }
    return render(request, "access/own_account.html", context)


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own tokens."""
    token = get_object_or_404(Token, pk=pk, owner=reader(request))
    people.revoke_token(token, actor=token.owner, at=clock.now())
    toast(request, _("已收回令牌“%(name)s”。") % {"name": token.name})
    return redirect("access:own_account")
