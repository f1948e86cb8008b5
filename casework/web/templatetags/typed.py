"""What somebody had typed into a page that can no longer take it."""

import re

from django import template
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

register = template.Library()
#: What forms carry beside what is typed: keys, digests, names of acts.
_CARRIED = re.compile(r"[\w:.-]*", re.ASCII)


@register.simple_tag
def typed(request: HttpRequest) -> list[str]:
    """Return the texts of the request's form, so that nobody has to write them again; keys and digests left out."""
    if request.method != "POST" or request.content_type not in {
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    }:
        return []
    try:
        given = request.POST.lists()
    except (SuspiciousOperation, MultiPartParserError, OSError):  # what cannot be read cannot be given back
        return []
    values = [value.strip() for _name, each in given for value in each if isinstance(value, str)]
    return [value for value in values if not _CARRIED.fullmatch(value)]
