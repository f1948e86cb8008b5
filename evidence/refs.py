"""How references to evidence and its entries read in the ledger, in notices and in the trail."""

from collections.abc import Collection as Many

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from casework.accounts.models import User
from casework.ledger.refs import Resolved, by_rows, register_finder, register_refs
from casework.ledger.weighty import register_weighty
from casework.ledger.words import register_words
from evidence.models import Attribution, Collection, Item
from evidence.rules import seal_number
from evidence.selectors.items import in_matter_of


def resolve_items(pks: Many[int], user: User) -> dict[int, Resolved]:
    """Return number and title of the items, for whoever may know of them; their trail is for those of the matter."""
    rows = (
        Item.objects.visible_to(user)
        .filter(pk__in=pks)
        .annotate(of_matter=Exists(in_matter_of(user).filter(pk=OuterRef("pk"))))
    )
    return {
        pk: Resolved(f"{number} {title}", reverse("evidence:item", args=[pk]), trail=of_matter)
        for pk, number, title, of_matter in rows.values_list("pk", "number", "title", "of_matter")
    }


def find_evidence(text: str, user: User) -> list[str]:
    """Return the items and lists that have the text as number, as far as the reader may know of them."""
    items = Item.objects.visible_to(user).filter(number=text).values_list("pk", flat=True)
    lists = Collection.objects.visible_to(user).filter(number=text).values_list("pk", flat=True)
    cards = Attribution.objects.visible_to(user).filter(number=text).values_list("pk", flat=True)
    return [
        *(f"item:{pk}" for pk in items),
        *(f"collection:{pk}" for pk in lists),
        *(f"attribution:{pk}" for pk in cards),
    ]


register_finder(find_evidence)


def find_item(text: str, user: User) -> list[str]:
    """Return the items that a number, a seal or a serial means."""
    number = seal_number(text)
    rows = Item.objects.visible_to(user).filter(
        Q(number__iexact=number) | Q(seals__number=number) | Q(device__serial__iexact=text)
    )
    return [f"item:{pk}" for pk in rows.order_by("pk").values_list("pk", flat=True).distinct()[:10]]


register_finder(find_item)
register_refs("item", resolve_items)
register_refs(
    "collection",
    by_rows(
        Collection.objects.visible_to, lambda row: reverse("evidence:collection", args=[row.pk]), lambda row: row.number
    ),
)
register_refs(
    "attribution",
    by_rows(
        Attribution.objects.visible_to,
        lambda row: reverse("evidence:attribution", args=[row.pk]),
        lambda row: row.number,
    ),
)
register_weighty(
    "item.sealed", "item.resealed", "item.unsealed", "item.offered", "item.accepted", "item.refused", "item.returned",
    "item.confiscated", "item.transferred_with_case",
)  # fmt: skip
register_words(
    {
        "collection.opened": _("开始提取证据"),
        "collection.closed": _("结束提取，清单签名"),
        "item.found": _("发现、拍照"),
        "item.collected": _("提取证物"),
        "item.moved": _("随分案转出"),
        "item.sealed": _("封存"),
        "item.offered": _("交出证物"),
        "item.accepted": _("签收证物"),
        "item.refused": _("拒收证物"),
        "item.withdrawn": _("撤回移交"),
        "item.stored": _("入库"),
        "item.check_out_requested": _("申请调取"),
        "item.check_out_approved": _("批准调取"),
        "item.check_out_declined": _("不批准调取"),
        "item.checked_out": _("调取出库"),
        "item.checked_in": _("归还入库"),
        "item.unsealed": _("启封"),
        "item.resealed": _("重新封存"),
        "item.examined": _("鉴定勘验"),
        "item.detached": _("拆出部件"),
        "item.rejoined": _("部件归位"),
        "item.confirmed": _("共同办理人确认属实"),
        "item.objected": _("共同办理人提出不属实"),
        "item.seal_refused": _("封条号码不能使用"),
        "item.verified": _("盘点核对"),
        "stock.began": _("开始盘点"),
        "stock.closed": _("结束盘点"),
        "item.bundle_received": _("收下外来取证包"),
        "collection.captured": _("同步现场采集"),
        "item.file_added": _("上传证物文件"),
        "item.file_type_corrected": _("更正文件类型"),
        "item.viewed": _("查看证物页"),
        "item.downloaded": _("下载证物文件"),
        "item.previewed": _("预览证物文件"),
        "item.bundled": _("制作取证包"),
        "item.bundle_fetched": _("下载取证包"),
        "items.exported": _("导出证物清单"),
        "item.event_added": _("登记事件"),
        "item.linked": _("登记归属线索"),
        "item.discrepancy_opened": _("登记账实不符"),
        "item.discrepancy_resolved": _("查清账实不符"),
        "item.found_unrelated": _("查明与案件无关"),
        "item.disposal_proposed": _("提出处置意见"),
        "item.disposal_approved": _("批准处置"),
        "item.disposal_declined": _("不批准处置"),
        "item.returned": _("退还"),
        "item.confiscated": _("收缴"),
        "item.auctioned": _("变卖"),
        "item.destroyed": _("销毁"),
        "item.transferred_with_case": _("随案移送"),
        "item.lost": _("登记损毁灭失"),
        "item.archived": _("证物归档"),
        "item.hold_placed": _("暂缓处置"),
        "item.hold_lifted": _("解除暂缓处置"),
    }
)
