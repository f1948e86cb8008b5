"""Forms of the administrators and of one's own account."""

from django import forms
from django.utils.translation import gettext_lazy as _

from casework.accounts.enums import Role
from casework.accounts.models import Organisation, Token
from casework.web.forms import DayField


class OpenAccountForm(forms.Form):
    username = forms.SlugField(label=_("用户名"), max_length=60, help_text=_("字母、数字、下划线"))
    name = forms.CharField(label=_("姓名"), max_length=80)
    post = forms.CharField(label=_("职务"), max_length=120, required=False)
    organisation = forms.ModelChoiceField(Organisation.objects.order_by("name"), label=_("机构"))
    email = forms.EmailField(label=_("电子邮箱"), required=False)
    password = forms.CharField(label=_("初始密码"), widget=forms.PasswordInput(render_value=True), min_length=12)


class AppointForm(forms.Form):
    role = forms.ChoiceField(label=_("角色"), choices=Role.choices)
    from_on = DayField(label=_("起"))
    until = DayField(label=_("止"), required=False)
    document = forms.CharField(label=_("依据文号"), max_length=80, required=False)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("事由"), max_length=200)


class PasswordForm(forms.Form):
    password = forms.CharField(label=_("新密码"), widget=forms.PasswordInput(render_value=True), min_length=12)


class TokenForm(forms.Form):
    name = forms.CharField(label=_("用途"), max_length=80)
    scope = forms.ChoiceField(label=_("范围"), choices=Token.Scope.choices)
    days = forms.IntegerField(label=_("有效期"), min_value=1, max_value=366, initial=90)
