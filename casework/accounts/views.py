"""What a locked-out person sees."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Answer every sign-in while the account is locked, the right password included."""
    return render(request, "account/locked.html", status=429)
