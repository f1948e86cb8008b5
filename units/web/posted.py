"""What a form is bound to: the posted fields, also when none came, or nothing for a first look."""

from django.http import HttpRequest, QueryDict


def posted(request: HttpRequest) -> QueryDict | None:
    """Return the posted data of a POST, else None."""
    return request.POST if request.method == "POST" else None
