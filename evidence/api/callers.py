"""What the views of evidence share: who calls, and what was sent."""

from rest_framework.request import Request

from casework.accounts.models import User
from casework.api.inputs import taken, within

__all__ = ["caller", "taken", "within"]


def caller(request: Request) -> User:
    """Return the caller, who has been authenticated."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user
