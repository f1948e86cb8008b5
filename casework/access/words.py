"""The floor's words in the ledger."""

from django.utils.translation import gettext_lazy as _

from casework.ledger.refs import register_nouns
from casework.ledger.words import register_words

register_nouns({"compartment": _("知悉范围")})
register_words(
    {
        "account.opened": _("开立账号"),
        "account.closed": _("停用账号"),
        "account.password_reset": _("重设密码"),
        "account.appointed": _("任命角色"),
        "account.dismissed": _("免去角色"),
        "token.issued": _("签发接口令牌"),
        "token.revoked": _("收回接口令牌"),
        "compartment.opened": _("建立知悉范围"),
        "compartment.entered": _("加入知悉范围"),
        "compartment.left": _("退出知悉范围"),
        "compartment.recused": _("登记回避"),
        "compartment.recusal_objected": _("对回避提出异议"),
        "compartment.recusal_lifted": _("解除回避"),
        "compartment.opened_in_emergency": _("应急调阅"),
        "compartment.emergency_ended": _("收回应急调阅"),
    }
)
