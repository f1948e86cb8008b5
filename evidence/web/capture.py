"""On-site capture: a page that opens without network, its worker, and what it takes along."""

import hashlib
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.access.models import Compartment, compartments_of
from casework.access.policy import require
from casework.core import clock
from casework.web.guards import officials_only
from evidence.enums import DeviceKind, Kind, Measure
from evidence.web.people import colleagues, reader

ASSETS: Final = ("cw/tokens.css", "cw/base.css", "cw/components.css", "cw/narrow.css", "evidence/capture.css")
SCRIPTS: Final = ("evidence/capture-vault.js", "evidence/capture.js")


def checklist() -> list[tuple[str, str]]:
    """Return what is ticked at the scene (监察法第二十八条、第四十四条; 实施条例第一百五十六、一百五十八条)."""
    return [
        ("papers", _("已向持有人出示证件和文书")),
        ("two", _("二人以上在场，持有人或者见证人在场")),
        ("recording", _("已开始全程录音录像")),
        ("power", _("断电、断网前已拍屏幕和接线")),
        ("overview", _("已拍全景、方位和每件近景")),
        ("numbered", _("逐件编号，核对型号和序列号")),
        ("sealed", _("封存并拍封条")),
        ("list", _("清单已由各方核对")),
    ]


def words() -> dict[str, Any]:
    """Return the sentences of the page's script."""
    return {
        "kinds": [[value, str(label)] for value, label in Kind.choices],
        "measures": [[value, str(label)] for value, label in Measure.choices],
        "devices": [["", _("不是设备")], *([value, str(label)] for value, label in DeviceKind.choices)],
        "insecure": _("这台设备现在不能加密保存：请用 https 打开本页。"),
        "short": _("口令至少 8 位。"),
        "wrong": _("口令不对。"),
        "not_prepared": _("还没有准备：请先在有网络的地方打开本页，下载人员和事项。"),
        "prepared": _("已准备好，可以离线使用。"),
        "saved": _("已加密存在本机。"),
        "offline": _("没有网络，先存在本机。"),
        "sign_in": _("登录已过期：请先在另一页登录，再同步。"),
        "syncing": _("正在同步…"),
        "synced": _("已同步为清单 %s，照片全部核对一致。本机的内容已清除。"),
        "refused": _("没有同步：%s"),
        "missing": _("还差：%s"),
        "photo": _("第 %s 张"),
        "item": _("证物 %s"),
        "confirm_both": _("两名办理人员都要确认"),
        "need_item": _("至少登记一件证物"),
        "need_title": _("证物 %s 的名称"),
        "need_place": _("地点"),
        "need_second": _("另一名办理人员"),
        "drop": _("清除本机没有同步的这一处？不能恢复。"),
        "remove": _("去掉"),
        "remove_item": _("去掉这一件和它的照片？不能恢复。"),
        "remove_photo": _("去掉第 %s 张照片？不能恢复，序号会空着。"),
        "open": _("打开"),
        "scene": _("%s：%s 件，%s 张照片"),
        "no_place": _("没有写地点"),
        "unsent": _("未同步 %s 处，%s 张照片"),
        "none_unsent": _("没有未同步的"),
        "not_yours": _("这台设备上有%s没有同步的现场。请由本人登录后打开、同步。"),
        "not_lasting": _("浏览器没有答应长期保存。回到有网络的地方请尽快同步，不要清除浏览数据。"),
        "little_room": _("这台设备剩余空间不多，照片可能存不下。请先同步，或腾出空间。"),
        "photo_kept": _("第 %s 张已加密存在本机。"),
        "not_kept": _("第 %s 张没有存下：设备空间不足。请先同步，再拍。"),
    }


@require_safe
@officials_only
def capture(request: HttpRequest) -> HttpResponse:
    """The page itself: the same for everybody, so that it can wait in the device's cache; it knows nothing of anybody."""
    require(reader(request), "evidence.collect")
    context = {
        "assets": [static(name) for name in ASSETS],
        "scripts": [static(name) for name in SCRIPTS],
        "checklist": checklist(),
        "words": words(),
        "measures": Measure.choices,
        "addresses": {
            "worker": reverse("evidence:capture-worker"),
            "scope": reverse("evidence:capture"),
            "prepared": reverse("evidence:capture-prepared"),
            "captures": reverse("captures"),
            "list": reverse("evidence:collections"),
        },
    }
    return render(request, "evidence/capture.html", context)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: it keeps the page and its parts, and nothing that was typed or fetched."""
    parts = [static(name) for name in (*ASSETS, *SCRIPTS)]
    version = hashlib.sha256("|".join([*parts, str(get_language())]).encode()).hexdigest()[:16]
    context = {"parts": parts, "version": version, "page": reverse("evidence:capture")}
    response = render(request, "evidence/capture-worker.js", context, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
@officials_only
def prepared(request: HttpRequest) -> JsonResponse:
    """What the device takes along, encrypted there: the officer's matters and who may be the second officer."""
    user = reader(request)
    require(user, "evidence.collect")
    circles = Compartment.objects.filter(pk__in=compartments_of(user), closed_at=None).order_by("-created_at")[:200]
    answer = JsonResponse(
        {
            "token": get_token(request),
            "user": {"id": user.pk, "name": user.name},
            "at": clock.now().isoformat(),
            "circles": [
                {
                    "id": circle.pk,
                    "name": circle.name,
                    "people": [{"id": one.pk, "name": one.name} for one in colleagues(circle.pk, user)],
                }
                for circle in circles
            ],
        }
    )
    answer["Cache-Control"] = "no-store"
    return answer
