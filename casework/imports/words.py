"""How entries about imports are worded in the trail."""

from django.utils.translation import gettext_lazy as _

from casework.ledger.words import register_words

register_words(
    {
        "import.read": _("读取名单并预览"),
        "import.mapped": _("指定名单的列"),
        "import.ordered": _("交后台导入名单"),
        "import.applied": _("导入名单"),
        "import.undone": _("撤销导入"),
        "import.discarded": _("放弃预览"),
    }
)
