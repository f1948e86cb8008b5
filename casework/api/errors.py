"""One shape for every refusal of the API: ``{"code", "message", "details"}``."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rest_framework import exceptions
from rest_framework.response import Response

from casework.core.errors import CaseworkError


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn known errors into answers; unknown ones return None and propagate as faults."""
    if isinstance(error, CaseworkError):
        return _answer(error.status, error.code, error.message, error.details)
    if isinstance(error, Http404):
        return _answer(404, "not_found", _("没有这个对象，或您无权知悉。"), {})
    if isinstance(error, PermissionDenied):
        return _answer(403, "not_allowed", _("您没有办理这件事的职责。"), {})
    if isinstance(error, exceptions.ValidationError):
        details = error.detail if isinstance(error.detail, dict) else {"errors": error.detail}
        return _answer(
            400,
            "invalid",
            ngettext("有 %(n)d 项填写不对，逐项见 details。", "有 %(n)d 项填写不对，逐项见 details。", len(details))
            % {"n": len(details)},
            details,
        )
    if isinstance(error, exceptions.APIException):
        code = error.get_codes()
        response = _answer(error.status_code, code if isinstance(code, str) else "error", str(error.detail), {})
        if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
            response["WWW-Authenticate"] = "Bearer"
            response.status_code = 401
        return response
    if isinstance(error, UnreadablePostError):
        return _answer(400, "broken_off", _("上传中断，没有收完，什么也没有保存。可以再传一次。"), {})
    return None


def _answer(status: int, code: str, message: str, details: Any) -> Response:
    return Response({"code": code, "message": message, "details": details}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer unknown addresses in the same shape, where there are no pages."""
    return JsonResponse({"code": "not_found", "message": _("没有这个地址。"), "details": {}}, status=404)
