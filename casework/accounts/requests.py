"""Who asks: views behind sign-in get a ``User``, never the anonymous one."""

from django.http import HttpRequest
from rest_framework.request import Request

from casework.accounts.models import User


def reader(request: HttpRequest | Request) -> User:
    """Return the signed-in user of a request; everything not listed otherwise lies behind sign-in."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("this view is reached only behind sign-in")
    return user
