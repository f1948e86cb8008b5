"""The forms of the acts on an item: one class each, drawn by one template, sent by one view."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from casework.accounts.models import User
from casework.web.forms import DayField
from evidence import services
from evidence.custody_workflow import intact_seal
from evidence.enums import DiscrepancyKind, Outcome, Precision, Strength
from evidence.models import Event, Item, ItemFile
from evidence.web.people import PersonField, colleagues, keepers, receivers


class ActForm(forms.Form):
    """One act. ``verb`` is the button, ``lead`` says what follows; ``submit`` makes the one service call."""

    verb: ClassVar[str | Promise] = ""
    lead: ClassVar[str | Promise] = ""
    solid: ClassVar[bool] = True

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, item: Item, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.item, self.user = item, user
        self.prepare()

    def prepare(self) -> None:
        """Set what depends on item and reader."""

    def submit(self, at: datetime) -> str:
        """Do the act and return the toast's sentence."""
        raise NotImplementedError

    def said(self, text: str) -> str:
        return text % {"number": self.item.number}

    def given(self, name: str) -> Any:
        return self.cleaned_data[name]


class Seconded(ActForm):
    """An act that the law gives to two."""

    second = PersonField(label=_l("另一名办理人员"), help_text=_l("二人以上进行，监察法第四十四条"))

    def prepare(self) -> None:
        self.fields["second"].queryset = colleagues(self.item.compartment_id, self.user)  # type: ignore[attr-defined]

    @property
    def officers(self) -> tuple[User, User]:
        return (self.user, self.given("second"))


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
    verb, lead = _l("签收"), _l("当面核对封条、数量和外观。不一致时照样写，系统登记账实不符；不愿接收的可以拒收。")
    seal = forms.CharField(label=_l("从封条上读到的号码"), required=False, max_length=40)
    quantity = forms.IntegerField(label=_l("清点的数量"), min_value=0, required=False)
    condition = forms.CharField(label=_l("外观或状况有何不一致"), required=False, max_length=200)
    place = forms.CharField(
        label=_l("存放位置"), required=False, max_length=120, help_text=_l("保管员填写，例如 B 库 04-12")
    )
    note = forms.CharField(label=_l("说明"), required=False, max_length=500)

    def prepare(self) -> None:
        if intact_seal(self.item) is None:
            del self.fields["seal"]
        else:
            self.fields["seal"].required = True
        if "custodian" not in self.user.roles:
            del self.fields["place"]

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


class DiscrepancyForm(ActForm):
    verb, lead = _l("登记账实不符"), _l("由分管领导查清之前，证物不能处置。")
    kind = forms.ChoiceField(label=_l("类别"), choices=DiscrepancyKind.choices)
    expected = forms.CharField(label=_l("应为"), required=False, max_length=200)
    found = forms.CharField(label=_l("实为"), required=False, max_length=200)
    note = forms.CharField(label=_l("说明"), required=False, max_length=500)

    def submit(self, at: datetime) -> str:
        services.open_discrepancy(
            self.item,
            DiscrepancyKind(self.given("kind")),
            expected=self.given("expected"),
            found=self.given("found"),
            note=self.given("note"),
            actor=self.user,
            at=at,
        )
        return self.said(_("已登记证物 %(number)s 账实不符。"))


class ProposeForm(ActForm):
    verb, lead = _l("提出处置意见"), _l("由分管领导审批，由保管员二人办理。")
    outcome = forms.ChoiceField(label=_l("处置"), choices=Outcome.choices)
    document = forms.CharField(label=_l("批准文书"), max_length=120)
    reason = forms.CharField(label=_l("理由"), max_length=300)

    def submit(self, at: datetime) -> str:
        services.propose_disposal(
            self.item,
            Outcome(self.given("outcome")),
            document=self.given("document"),
            reason=self.given("reason"),
            actor=self.user,
            at=at,
        )
        return self.said(_("已提出证物 %(number)s 的处置意见，等分管领导审批。"))


class DisposeForm(ActForm):
    verb, lead = _l("办理处置"), _l("办理后证物离开本机关，不能撤销。")
    second = PersonField(label=_l("另一名保管员"))
    receipt = forms.CharField(label=_l("回执或收据编号"), max_length=120)
    receiver_name = forms.CharField(label=_l("接收人"), required=False, max_length=120)
    note = forms.CharField(label=_l("说明"), required=False, max_length=500)

    def prepare(self) -> None:
        self.fields["second"].queryset = keepers(self.user)  # type: ignore[attr-defined]

    def submit(self, at: datetime) -> str:
        services.carry_out_disposal(
            self.item,
            receipt=self.given("receipt"),
            receiver_name=self.given("receiver_name"),
            note=self.given("note"),
            officers=(self.user, self.given("second")),
            actor=self.user,
            at=at,
        )
        return self.said(_("已办理证物 %(number)s 的处置。"))


class ArchiveForm(ActForm):
    verb, lead = _l("归档"), _l("手续归入案卷，交接链到此为止。")
    document = forms.CharField(label=_l("案卷"), max_length=120)

    def submit(self, at: datetime) -> str:
        services.archive_item(self.item, document=self.given("document"), actor=self.user, at=at)
        return self.said(_("证物 %(number)s 的手续已归档。"))


class LossForm(Seconded):
    verb, lead = _l("登记损毁灭失"), _l("须有情况报告，账实不符已经查清。登记后证物不再流转，不能撤销。")
    document = forms.CharField(label=_l("情况报告"), max_length=120)
    reason = forms.CharField(label=_l("原因"), max_length=500)
    field_order = ("document", "reason", "second")

    def prepare(self) -> None:
        if "custodian" in self.user.roles:
            self.fields["second"].queryset = keepers(self.user)  # type: ignore[attr-defined]
        else:
            super().prepare()

    def submit(self, at: datetime) -> str:
        services.report_loss(
            self.item,
            document=self.given("document"),
            reason=self.given("reason"),
            officers=self.officers,
            actor=self.user,
            at=at,
        )
        return self.said(_("已登记证物 %(number)s 损毁灭失。"))


class UnrelatedForm(ActForm):
    verb, lead = _l("查明与案件无关"), _l("三日内解除扣押并退还。依据监察法第二十八条。")
    reason = forms.CharField(label=_l("为何与案件无关"), max_length=300)

    def submit(self, at: datetime) -> str:
        services.mark_unrelated(self.item, reason=self.given("reason"), actor=self.user, at=at)
        return self.said(_("已登记证物 %(number)s 与案件无关，三日内退还。"))


class HoldForm(ActForm):
    verb, lead = _l("暂缓处置"), _l("解除之前，批准过的处置也不能办理。")
    reason = forms.CharField(label=_l("事由"), max_length=200)

    def submit(self, at: datetime) -> str:
        services.place_hold(self.item, reason=self.given("reason"), actor=self.user, at=at)
        return self.said(_("证物 %(number)s 已暂缓处置。"))


class LiftForm(ActForm):
    verb, lead = _l("解除暂缓处置"), _l("解除后可以审批处置。")
    reason = forms.CharField(label=_l("理由"), max_length=200)

    def submit(self, at: datetime) -> str:
        for hold in self.item.holds.filter(lifted_at=None):
            services.lift_hold(hold, reason=self.given("reason"), actor=self.user, at=at)
        return self.said(_("已解除证物 %(number)s 的暂缓处置。"))


class EventForm(ActForm):
    verb, lead = _l("登记事件"), _l("照原文登记一件事，写明出处，不作推断。")
    happened_at = forms.DateTimeField(
        label=_l("时间"), required=False, help_text=_l("北京时间，例如 2021-9-6 23:11:02；不明的不填")
    )
    precision = forms.ChoiceField(label=_l("精度"), choices=Precision.choices)
    kind = forms.CharField(label=_l("类别"), max_length=60, help_text=_l("例如 登录、删除、修改密码"))
    text = forms.CharField(label=_l("事项"), max_length=300)
    raw = forms.CharField(label=_l("原文"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    file = forms.ModelChoiceField(label=_l("原文所在的文件"), queryset=ItemFile.objects.none(), required=False)
    byte_offset = forms.IntegerField(label=_l("字节位置"), min_value=0, required=False)

    def prepare(self) -> None:
        self.fields["file"].queryset = self.item.files.all()  # type: ignore[attr-defined]

    def submit(self, at: datetime) -> str:
        services.add_event(
            self.item,
            kind=self.given("kind"),
            text=self.given("text"),
            happened_at=self.given("happened_at"),
            precision=Precision(self.given("precision")),
            raw=self.given("raw"),
            file=self.given("file"),
            byte_offset=self.given("byte_offset"),
            actor=self.user,
            at=at,
        )
        return self.said(_("已在证物 %(number)s 下登记事件。"))


class LinkForm(ActForm):
    verb, lead = _l("登记归属线索"), _l("写明联系是什么、强到什么程度、什么限制了它；不下结论。")
    person = forms.CharField(label=_l("指向"), max_length=200)
    relation = forms.CharField(label=_l("联系"), max_length=120)
    strength = forms.ChoiceField(label=_l("强度"), choices=Strength.choices)
    event = forms.ModelChoiceField(label=_l("所依据的事件"), queryset=Event.objects.none(), required=False)
    note = forms.CharField(label=_l("说明"), required=False, max_length=500)
    limits = forms.CharField(label=_l("什么限制了它"), required=False, max_length=300)

    def prepare(self) -> None:
        self.fields["event"].queryset = self.item.events.all()  # type: ignore[attr-defined]

    def submit(self, at: datetime) -> str:
        services.link_evidence(
            self.item,
            person=self.given("person"),
            relation=self.given("relation"),
            strength=Strength(self.given("strength")),
            event=self.given("event"),
            note=self.given("note"),
            limits=self.given("limits"),
            actor=self.user,
            at=at,
        )
        return self.said(_("已在证物 %(number)s 下登记归属线索。"))


#: The pages of acts that write into the content, closed to whoever only keeps the item.
OF_CONTENT = frozenset({"event", "link", "request", "propose", "unrelated", "hold"})
#: The pages of acts by their address.
FORMS: dict[str, type[ActForm]] = {
    "seal": SealForm,
    "reseal": ResealForm,
    "unseal": UnsealForm,
    "offer": OfferForm,
    "accept": AcceptForm,
    "refuse": RefuseForm,
    "withdraw": WithdrawForm,
    "store": StoreForm,
    "request": RequestForm,
    "hand-out": HandOutForm,
    "return": ReturnForm,
    "examine": ExamineForm,
    "detach": DetachForm,
    "rejoin": RejoinForm,
    "verify": VerifyForm,
    "discrepancy": DiscrepancyForm,
    "propose": ProposeForm,
    "dispose": DisposeForm,
    "archive": ArchiveForm,
    "loss": LossForm,
    "unrelated": UnrelatedForm,
    "hold": HoldForm,
    "lift": LiftForm,
    "event": EventForm,
    "link": LinkForm,
}
