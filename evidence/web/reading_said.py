"""How far the reading of a file's text is, in words."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.search.enums import ReadState
from casework.search.models import Reading
from casework.search.reading import tesseract
from evidence.models import ItemFile


@dataclass(frozen=True)
class ReadingSaid:
    """What the page of a file says of its text."""

    tone: str
    bold: str
    text: str
    readable: bool = False


def reading_said(file: ItemFile) -> ReadingSaid:
    """Return the sentence on the reading of the file's text."""
    reading = Reading.objects.filter(blob_id=file.blob_id).first()
    if reading is None or reading.state in {ReadState.QUEUED, ReadState.RUNNING}:
        return ReadingSaid("", _("正在读取文字。"), _("读完后，文件里的字就能查到。"))
    if reading.state == ReadState.FAILED:
        return ReadingSaid("amber", _("读不出文字。"), _why(reading.problem))
    if reading.state == ReadState.NOTHING:
        said = _("文件里没有文字，只有图像。") if tesseract() else _no_ocr()
        return ReadingSaid("", _("没有可读的文字。"), said)
    said = ngettext("%(n)s 页有文字，可以查到。", "%(n)s 页有文字，可以查到。", reading.pages - reading.unread) % {
        "n": f"{reading.pages - reading.unread:,}"
    }
    if reading.by_ocr:
        said += _("其中 %(n)s 页由文字识别读出，可能有错字，以图像为准。") % {"n": f"{reading.by_ocr:,}"}
    if reading.unread:
        said += ngettext("%(n)s 页只有图像。", "%(n)s 页只有图像。", reading.unread) % {"n": f"{reading.unread:,}"} + (
            "" if tesseract() else _no_ocr()
        )
    if reading.cut:
        said += _("文件很大，只读了开头的部分，后面的字查不到。")
    return ReadingSaid("amber" if reading.cut else "", _("文字已读出。"), said, readable=True)


def _no_ocr() -> str:
    return _("本机没有安装中文文字识别（tesseract 和 chi_sim），图像里的字查不到。可以请系统管理员安装。")


def _why(problem: str) -> str:
    reasons = {
        "encrypted": _("文件加了密码。原件照样保存；可以取得密码，把解密后的副本作为工作副本上传。"),
        "broken": _("文件损坏，或不是它自称的格式。原件照样保存，可以下载后用取证工具查看。"),
        "large": _("文件太大，或展开后太大。原件照样保存，可以下载后查看，或上传需要的部分作为工作副本。"),
        "kind": _("这种格式读不出文字。原件照样保存，可以转换为 PDF 后作为工作副本上传。"),
        "empty": _("文件是空的。"),
        "slow": _("读了 15 分钟还没有读完，已停止。原件照样保存。"),
        "lost": _("读了三次都中断了。原件照样保存，请告诉系统管理员。"),
        "malware": _("病毒检查有发现，不打开。文件是证据，照原样保存。"),
        "gone": _("文件不在存储中。可以登记账实不符。"),
    }
    return reasons.get(problem, reasons["broken"])
