"""The forms of what the matter decides and records: discrepancies, disposal, holds, events and links."""

from datetime import datetime

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from casework.core.moments import DASH, cn_datetime
from casework.web.vocabulary import Text
from evidence import services
from evidence.custody_workflow import intact_seal
from evidence.enums import DiscrepancyKind, Outcome, Precision, Strength
from evidence.models import Event, ItemFile
from evidence.selectors.items import approved_disposal, knows_content
from evidence.web.act_form import ActForm, Seconded
from evidence.web.people import PersonField, keepers


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


#: Who takes an item at each end, or stands by where nobody does.
TAKERS: dict[str, Text] = {
    Outcome.RETURNED: _l("领取人"),
    Outcome.CONFISCATED: _l("收缴单位、经手人"),
    Outcome.AUCTIONED: _l("变卖单位、经手人"),
    Outcome.DESTROYED: _l("销毁单位、监销人"),
    Outcome.TRANSFERRED: _l("接收单位、接收人"),
}


class DisposeForm(Seconded):
    verb, lead = _l("办理处置"), _l("办理后证物离开本机关，不能撤销。")
    second = PersonField(label=_l("另一名保管员"))
    receipt = forms.CharField(label=_l("回执或收据编号"), max_length=120)
    receiver_name = forms.CharField(label=_l("接收人"), required=False, max_length=120)
    note = forms.CharField(label=_l("说明"), required=False, max_length=500)

    def prepare(self) -> None:
        self.choose_from(keepers(self.user))
        self.approved = approved_disposal(self.item)
        if self.approved is not None:
            self.fields["receiver_name"].label = str(TAKERS[self.approved.outcome])

    @property
    def paper(self) -> str:
        return reverse("evidence:sheet", args=[self.item.pk]) if self.approved is not None else ""

    def facts(self) -> list[tuple[Text, Text]]:
        row, seal = self.approved, intact_seal(self.item)
        if row is None:
            return []
        reason = [(_l("理由"), row.reason)] if knows_content(self.item, self.user) else []
        return [
            (_l("处置"), row.get_outcome_display()),
            (_l("批准文书"), row.document),
            (_l("批准"), f"{row.approved_by} {cn_datetime(row.approved_at)}"),
            *reason,
            (_l("位置"), self.item.place or DASH),
            (_l("封条"), seal.number if seal else DASH),
        ]

    def submit(self, at: datetime) -> str:
        services.carry_out_disposal(
            self.item,
            receipt=self.given("receipt"),
            receiver_name=self.given("receiver_name"),
            note=self.given("note"),
            officers=self.officers,
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
            self.choose_from(keepers(self.user))
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
        services.lift_holds(self.item, reason=self.given("reason"), actor=self.user, at=at)
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
    file = forms.ModelChoiceField(
        label=_l("原文所在的文件"), queryset=ItemFile.objects.none(), required=False, empty_label="—"
    )
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
    event = forms.ModelChoiceField(
        label=_l("所依据的事件"), queryset=Event.objects.none(), required=False, empty_label="—"
    )
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
