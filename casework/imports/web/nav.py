"""The import pages in the side bar, and the words of rows and runs."""

from django.utils.translation import gettext_lazy as _

from casework.accounts.enums import Role
from casework.web.nav import ADMINISTRATION, MONITORING, register
from casework.web.vocabulary import register_status

for _value, _word, _colour, _icon in (
    ("created", _("新增"), "green", "plus"),
    ("updated", _("更新"), "blue", "refresh"),
    ("unchanged", _("不变"), "", "minus"),
    ("conflicting", _("有冲突"), "amber", "git-compare"),
    ("refused", _("不能导入"), "red", "alert-circle"),
):
    register_status("import_row", _value, _word, _colour, _icon)
for _value, _word, _colour, _icon in (
    ("reading", _("正在读取"), "blue", "progress"),
    ("unmapped", _("待指定列"), "amber", "git-compare"),
    ("failed", _("未能读取"), "red", "alert-circle"),
    ("previewed", _("待导入"), "amber", "eye"),
    ("applying", _("正在写入"), "blue", "progress"),
    ("applied", _("已导入"), "green", "circle-check"),
    ("undone", _("已撤销"), "", "arrow-back-up"),
    ("discarded", _("未导入"), "", "ban"),
):
    register_status("import_run", _value, _word, _colour, _icon)

register(
    MONITORING,
    _("导入"),
    "upload",
    "imports:list",
    roles={Role.INTAKE, Role.CAMPAIGN_OFFICER, Role.AUDITOR},
    order=40,
)
register(ADMINISTRATION, _("导入放假安排"), "upload", "imports:new", roles={Role.SYSTEM_ADMIN}, order=60)
