"""What a statement rests on, as a reader may know it."""

from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from casework.accounts.requests import reader
from casework.ledger.refs import is_ref, resolve

register = template.Library()


@register.simple_tag(takes_context=True)
def source(context: template.Context, text: str) -> SafeString:
    """``{% source question.source_ref %}``: words as somebody wrote them; a reference as the thing's name and its page."""
    if not is_ref(text):
        return SafeString(conditional_escape(text))
    request: Any = context["request"]
    known = resolve(text, reader(request))
    return format_html('<a href="{}">{}</a>', known.url, known.label) if known else SafeString(_("另有记录"))
