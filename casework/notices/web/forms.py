"""What is asked for about papers and about the way of being told."""

from django import forms
from django.utils.translation import gettext_lazy as _


class VoidForm(forms.Form):
    """Why a paper is void."""

    reason = forms.CharField(label=_("作废原因"), max_length=300, widget=forms.Textarea)
    version = forms.IntegerField(widget=forms.HiddenInput)


class PreferenceForm(forms.Form):
    """How the reader wants to be told outside the system."""

    by_mail = forms.BooleanField(label=_("发电子邮件"), required=False)
    quiet_from = forms.TimeField(label=_("免打扰开始"), required=False, help_text=_("例如 22:00"))
    quiet_until = forms.TimeField(label=_("免打扰结束"), required=False, help_text=_("例如 07:30"))
    digest_at = forms.TimeField(label=_("每日汇总时刻"), required=False, help_text=_("留空就逐条发"))
