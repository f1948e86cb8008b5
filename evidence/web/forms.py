"""The forms of the acts on an item by their address: one class each, drawn by one template, sent by one view."""

from evidence.web import custody_forms as c
from evidence.web import matter_forms as m
from evidence.web.act_form import ActForm

#: The pages of acts that write into the content, closed to whoever only keeps the item.
OF_CONTENT = frozenset({"event", "link", "request", "propose", "unrelated", "hold"})
#: The pages of acts by their address.
FORMS: dict[str, type[ActForm]] = {
    "seal": c.SealForm,
    "reseal": c.ResealForm,
    "unseal": c.UnsealForm,
    "offer": c.OfferForm,
    "accept": c.AcceptForm,
    "refuse": c.RefuseForm,
    "withdraw": c.WithdrawForm,
    "store": c.StoreForm,
    "request": c.RequestForm,
    "hand-out": c.HandOutForm,
    "return": c.ReturnForm,
    "examine": c.ExamineForm,
    "detach": c.DetachForm,
    "rejoin": c.RejoinForm,
    "verify": c.VerifyForm,
    "discrepancy": m.DiscrepancyForm,
    "propose": m.ProposeForm,
    "dispose": m.DisposeForm,
    "archive": m.ArchiveForm,
    "loss": m.LossForm,
    "unrelated": m.UnrelatedForm,
    "hold": m.HoldForm,
    "lift": m.LiftForm,
    "event": m.EventForm,
    "link": m.LinkForm,
}
