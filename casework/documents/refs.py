"""How documents are shown by their references, and the words for their acts."""

from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from casework.accounts.models import User
from casework.documents.models import Document, Job, OwnTemplate
from casework.ledger.refs import Resolved, register_finder, register_ref, register_refs
from casework.ledger.weighty import register_weighty
from casework.ledger.words import register_words


def _documents(pks: Collection[int], user: User) -> dict[int, Resolved]:
    rows = Document.objects.visible_to(user).filter(pk__in=pks)
    return {row.pk: Resolved(f"{row} {row.title}", reverse("documents:detail", args=[row.pk])) for row in rows}


def _job(pk: int, user: User) -> Resolved | None:
    row = Job.objects.visible_to(user).filter(pk=pk).first()
    return Resolved(row.title, reverse("documents:job", args=[pk])) if row else None


def _template(pk: int, user: User) -> Resolved | None:
    row = OwnTemplate.objects.visible_to(user).filter(pk=pk).first()
    return Resolved(row.name, reverse("documents:template", args=[row.code])) if row else None


def _find(text: str, user: User) -> list[str]:
    rows = Document.objects.visible_to(user).filter(number=text).values_list("pk", flat=True)
    return [f"document:{pk}" for pk in rows[:20]]


register_refs("document", _documents)
register_ref("documentjob", _job)
register_ref("documenttemplate", _template)
register_finder(_find)
register_weighty("document.issued", "document.withdrawn")
register_words(
    {
        "document.drafted": _("拟制文书"),
        "document.redrafted": _("修改文书"),
        "document.submitted": _("送签文书"),
        "document.returned": _("退回文书"),
        "document.issued": _("印发文书"),
        "document.rendered": _("文书成文"),
        "document.served": _("登记文书送达"),
        "document.withdrawn": _("撤回文书"),
        "document.signed_attached": _("附签名扫描件"),
        "document.downloaded": _("下载文书"),
        "document.checked": _("核对文书"),
        "document.bound": _("装订案卷"),
        "document.binding_cancelled": _("取消装订案卷"),
        "document_template.drafted": _("修改文书模板"),
        "document_template.activated": _("启用文书模板"),
        "document_template.retired": _("停用文书模板"),
    }
)
