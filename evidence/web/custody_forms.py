"""The forms of the acts on an item in hand: seals, hand-overs, the store, examinations, parts."""

from datetime import datetime

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from casework.core.moments import cn_datetime
from casework.web.forms import DayField
from casework.web.vocabulary import Text
from evidence import services
from evidence.custody_workflow import intact_seal
from evidence.enums import OfferPurpose, OfferState, State
from evidence.selectors.items import last_shelf
from evidence.web.act_form import ActForm, Seconded
from evidence.web.people import PersonField, keepers, receivers


class SealForm(Seconded):
    verb, lead = _l("封存"), _l("贴封条，二人签名并注明时间。号码用过一次就不再用。")
    number = forms.CharField(label=_l("封条号码"), help_text=_l("照封条填写，例如 ZJ21-000912"), max_length=40)
    note = forms.CharField(label=_l("说明"), required=False, max_length=500)
    field_order = ("number", "second", "note")

    def submit(self, at: datetime) -> str:
        services.seal_item(
            self.item, self.given("number"), officers=self.officers, actor=self.user, at=at, note=self.given("note")
        )
        return self.said(_("已封存证物 %(number)s。"))


class ResealForm(SealForm):
    verb, lead = _l("重新封存"), _l("换用新封条，旧封条作废。")

    def submit(self, at: datetime) -> str:
        services.reseal_item(
            self.item, self.given("number"), officers=self.officers, actor=self.user, at=at, note=self.given("note")
        )
        return self.said(_("已重新封存证物 %(number)s。"))


class UnsealForm(Seconded):
    read_off = "number"
    verb, lead = _l("启封"), _l("先核对封条号码；与记录不一致时不启封，登记账实不符。")
    number = forms.CharField(label=_l("从封条上读到的号码"), max_length=40)
    reason = forms.CharField(label=_l("启封事由"), max_length=200)
    field_order = ("number", "reason", "second")

    def submit(self, at: datetime) -> str:
        services.unseal_item(
            self.item,
            self.given("number"),
            reason=self.given("reason"),
            officers=self.officers,
            actor=self.user,
            at=at,
        )
        return self.said(_("已启封证物 %(number)s。"))


class OfferForm(ActForm):
    verb, lead = _l("移交"), _l("对方签收之前，证物仍由您持有。")
    receiver = PersonField(label=_l("接收人"))
    place = forms.CharField(label=_l("交接地点"), required=False, max_length=200)
    note = forms.CharField(label=_l("说明"), required=False, max_length=500)

    def prepare(self) -> None:
        self.fields["receiver"].queryset = receivers(self.item, self.user)  # type: ignore[attr-defined]

    def submit(self, at: datetime) -> str:
        services.offer_item(
            self.item,
            self.given("receiver"),
            actor=self.user,
            at=at,
            place=self.given("place"),
            note=self.given("note"),
        )
        return _("已把证物 %(number)s 交给%(name)s，等其签收。") % {
            "number": self.item.number,
            "name": self.given("receiver").name,
        }


class AcceptForm(ActForm):
    read_off = "seal"
    verb, lead = _l("签收"), _l("当面核对封条、数量和外观。不一致时照样写，系统登记账实不符；不愿接收的可以拒收。")
    seal = forms.CharField(label=_l("从封条上读到的号码"), required=False, max_length=40)
    quantity = forms.IntegerField(label=_l("清点的数量"), min_value=0, required=False, help_text=_l("没有清点的不填"))
    condition = forms.CharField(label=_l("外观或状况有何不一致"), required=False, max_length=200)
    place = forms.CharField(
        label=_l("存放位置"), required=False, max_length=120, help_text=_l("保管员填写，例如 B 库 04-12")
    )
    note = forms.CharField(label=_l("说明"), required=False, max_length=500)

    def prepare(self) -> None:
        self.fields["quantity"].unit = self.item.quantity_unit  # type: ignore[attr-defined]
        if intact_seal(self.item) is None:
            del self.fields["seal"]
        else:
            self.fields["seal"].required = True
        self.offer = self.item.offers.filter(state=OfferState.OPEN).select_related("giver").first()
        if "custodian" not in self.user.roles:
            del self.fields["place"]
        elif self.offer is not None and self.offer.purpose == OfferPurpose.CHECK_IN:
            self.fields["place"].initial = last_shelf(self.item)

    def facts(self) -> list[tuple[Text, Text]]:
        if self.offer is None:
            return []
        told = (
            (_("交出人"), self.offer.giver.name),
            (_("事项"), self.offer.get_purpose_display()),
            (_("交出时间"), cn_datetime(self.offer.offered_at)),
            (_("交接地点"), self.offer.place),
            (_("说明"), self.offer.note),
        )
        return [(label, value) for label, value in told if value]

    def submit(self, at: datetime) -> str:
        checked = services.Checked(
            seal=self.cleaned_data.get("seal", ""),
            quantity=self.given("quantity"),
            condition=self.given("condition"),
        )
        services.accept_item(
            self.item,
            actor=self.user,
            at=at,
            checked=checked,
            place=self.cleaned_data.get("place", ""),
            note=self.given("note"),
        )
        return self.said(_("已签收证物 %(number)s。"))


class RefuseForm(ActForm):
    verb, lead = _l("拒收"), _l("证物仍由交出人持有。")
    reason = forms.CharField(label=_l("拒收的理由"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def submit(self, at: datetime) -> str:
        services.refuse_item(self.item, reason=self.given("reason"), actor=self.user, at=at)
        return self.said(_("已拒收证物 %(number)s。"))


class WithdrawForm(ActForm):
    verb, lead = _l("撤回移交"), _l("对方还没有签收，证物仍由您持有。")
    reason = forms.CharField(label=_l("理由"), required=False, max_length=500)

    def submit(self, at: datetime) -> str:
        services.withdraw_offer(self.item, actor=self.user, at=at, reason=self.given("reason"))
        return self.said(_("已撤回证物 %(number)s 的移交。"))


class StoreForm(ActForm):
    verb, lead = _l("入库"), _l("从此由您保管。")

    def prepare(self) -> None:
        if self.item.state == State.DEPOSITED:
            self.verb, self.lead = _l("换存放位置"), _l("仍由您保管，记下新的位置。")

    place = forms.CharField(label=_l("存放位置"), max_length=120, help_text=_l("例如 B 库 04-12"))
    note = forms.CharField(label=_l("说明"), required=False, max_length=500)

    def submit(self, at: datetime) -> str:
        services.store_item(self.item, place=self.given("place"), actor=self.user, at=at, note=self.given("note"))
        return self.said(_("证物 %(number)s 已入库。"))


class RequestForm(ActForm):
    verb, lead = _l("申请调取"), _l("由分管领导审批，保管员办理出库。依据监察法实施条例第一百六十一条。")
    purpose = forms.CharField(label=_l("用途"), max_length=200)
    due_on = DayField(label=_l("约定归还"))
    document = forms.CharField(label=_l("委托文书"), required=False, max_length=120)

    def submit(self, at: datetime) -> str:
        services.request_check_out(
            self.item,
            purpose=self.given("purpose"),
            due_on=self.given("due_on"),
            document=self.given("document"),
            actor=self.user,
            at=at,
        )
        return self.said(_("已申请调取证物 %(number)s，等分管领导审批。"))


class HandOutForm(ActForm):
    verb, lead = _l("出库"), _l("交给申请人；对方签收后开始计算归还期限。")
    receiver = PersonField(label=_l("领用人"), required=False, help_text=_l("不选即为申请人"))
    place = forms.CharField(label=_l("交接地点"), required=False, max_length=200)

    def prepare(self) -> None:
        self.fields["receiver"].queryset = receivers(self.item, self.user)  # type: ignore[attr-defined]

    def submit(self, at: datetime) -> str:
        offer = services.check_out_item(
            self.item, receiver=self.given("receiver"), place=self.given("place"), actor=self.user, at=at
        )
        return _("已把证物 %(number)s 交给%(name)s，等其签收。") % {
            "number": self.item.number,
            "name": offer.receiver.name,
        }


class ReturnForm(ActForm):
    verb, lead = _l("归还入库"), _l("保管员核对封条和摘要后签收，归还期限随之办结。")
    receiver = PersonField(label=_l("接收的保管员"), required=False, help_text=_l("不选即为原保管员"))
    note = forms.CharField(label=_l("说明"), required=False, max_length=500)

    def prepare(self) -> None:
        self.fields["receiver"].queryset = keepers(self.user)  # type: ignore[attr-defined]
        self.fields["receiver"].initial = self.item.keeper
        if self.item.seals.exists() and intact_seal(self.item) is None:
            self.lead = _l("证物现在没有封存。可以先重新封存，再归还；照现状归还的，保管员签收时写明。")

    def submit(self, at: datetime) -> str:
        offer = services.return_item(
            self.item, receiver=self.given("receiver"), note=self.given("note"), actor=self.user, at=at
        )
        return _("已把证物 %(number)s 交还%(name)s，等其签收。") % {
            "number": self.item.number,
            "name": offer.receiver.name,
        }


class ExamineForm(Seconded):
    verb, lead = _l("登记鉴定"), _l("须先启封。电子数据在副本上检验；登记时重新核对文件摘要。")
    method = forms.CharField(label=_l("方法"), max_length=200)
    document = forms.CharField(label=_l("委托文书"), max_length=120, help_text=_l("委托鉴定书或委托勘验检查书"))
    expert = forms.CharField(label=_l("鉴定人"), required=False, max_length=120)
    tool = forms.CharField(label=_l("工具和版本"), required=False, max_length=120)
    note = forms.CharField(label=_l("说明"), required=False, max_length=500)
    field_order = ("method", "document", "expert", "tool", "second", "note")

    def submit(self, at: datetime) -> str:
        services.examine_item(
            self.item,
            method=self.given("method"),
            document=self.given("document"),
            expert=self.given("expert"),
            tool=self.given("tool"),
            note=self.given("note"),
            officers=self.officers,
            actor=self.user,
            at=at,
        )
        return self.said(_("已登记证物 %(number)s 的鉴定。"))


class DetachForm(Seconded):
    verb, lead = _l("拆出部件"), _l("拆出后部件单独流转，有自己的交接链。")
    note = forms.CharField(label=_l("说明"), required=False, max_length=500)

    def submit(self, at: datetime) -> str:
        services.detach_part(self.item, officers=self.officers, actor=self.user, at=at, note=self.given("note"))
        return self.said(_("已拆出部件 %(number)s。"))


class RejoinForm(ActForm):
    verb, lead = _l("部件归位"), _l("归位后随整机流转。")
    note = forms.CharField(label=_l("说明"), required=False, max_length=500)

    def submit(self, at: datetime) -> str:
        services.rejoin_part(self.item, actor=self.user, at=at, note=self.given("note"))
        return self.said(_("部件 %(number)s 已归位。"))


class VerifyForm(ActForm):
    read_off = "seal"
    verb, lead = _l("盘点核对"), _l("看实物：在不在、在哪个架位、封条号码。不一致时登记账实不符。")
    present = forms.BooleanField(label=_l("实物在"), required=False, initial=True)
    seal = forms.CharField(label=_l("从封条上读到的号码"), required=False, max_length=40)
    place = forms.CharField(label=_l("实际存放位置"), required=False, max_length=120)
    note = forms.CharField(label=_l("说明"), required=False, max_length=500)

    def prepare(self) -> None:
        if intact_seal(self.item) is None:
            del self.fields["seal"]

    def submit(self, at: datetime) -> str:
        services.verify_item(
            self.item,
            present=self.given("present"),
            seal=self.cleaned_data.get("seal", ""),
            place=self.given("place"),
            note=self.given("note"),
            actor=self.user,
            at=at,
        )
        return self.said(_("已盘点证物 %(number)s。"))
