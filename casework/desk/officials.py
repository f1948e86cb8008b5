"""Homes of those who work on leads, cases and decisions."""

from datetime import date

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.enums import OVER
from cases.enums_penalties import PenaltyState
from cases.models import Case, CaseMember, Penalty
from cases.selectors.cases import decisions_for, next_deadlines, waiting_for
from casework.accounts.models import User
from casework.core.moments import cn_date
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import calendar_for, facts_of
from casework.desk.board import Board, Card, Count, Line, Todo, by_deadline, deadline_todos, erasure_todos
from casework.web.counting import count_together
from evidence.selectors import desk as evidence
from units.enums import LeadState
from units.models import Lead

SHOWN = 6


def officer_board(user: User, today: date) -> Board:
    """The case officer: late, due, returned, hand-overs to sign for, his cases by next deadline."""
    mine = _my_cases(user)
    opinions = Lead.objects.visible_to(user).filter(handler=user, state__in=(LeadState.ASSIGNED, LeadState.UNDER_STUDY))
    counted = count_together({"offers": [evidence.offers_to_confirm(user)], "opinions": [opinions], "mine": [mine]})
    todos = by_deadline(
        [*deadline_todos(user, today), *_returned_cases(user), *_hand_overs(user), *confirmation_todos(user)]
    )
    board = Board(todos=todos, new=(_("报请立案"), reverse("cases:file"), "plus"))
    board.counts = [
        Count(sum(t.late for t in todos), _("已逾期"), "alert-triangle", reverse("deadlines:list"), hot=True),
        Count(sum(t.today and not t.late for t in todos), _("今天到期"), "clock", reverse("deadlines:list")),
        Count(counted["opinions"], _("待提处置意见"), "list-check", reverse("units:leads")),
        Count(counted["offers"], _("待我签收的移交"), "package", reverse("evidence:custody")),
        Count(counted["mine"], _("我的在办案件"), "briefcase", reverse("cases:list")),
    ]
    board.cards = [_case_card(user, mine, counted["mine"], today), _waiting_card(user)]
    return board


def _my_cases(user: User) -> "QuerySet[Case]":
    member = CaseMember.objects.filter(case=OuterRef("pk"), user=user, until__isnull=True)
    rows = Case.objects.visible_to(user).filter(Exists(member)).exclude(state__in=OVER)
    return rows.order_by("-state_since", "pk")


def _returned_cases(user: User) -> list[Todo]:
    rows = waiting_for(user).filter(returned=True)[:SHOWN]
    return [
        Todo(
            case.title,
            reverse("cases:detail", args=[case.pk]),
            second=case.get_state_display(),
            verb=_("去改"),
            returned=True,
        )
        for case in rows
    ]


def _hand_overs(user: User) -> list[Todo]:
    return [
        Todo(
            _("签收证物：%(item)s") % {"item": offer.item.title},
            reverse("evidence:item", args=[offer.item_id]),
            second=_("%(giver)s 交来，%(number)s") % {"giver": offer.giver.name, "number": offer.item.number},
            verb=_("去签收"),
        )
        for offer in evidence.offers_to_confirm(user)[:SHOWN]
    ]


def confirmation_todos(user: User) -> list[Todo]:
    """Return the one line for all that others have recorded as done together with the reader: it waits for his own word."""
    number = evidence.acts_to_confirm(user).count()
    if not number:
        return []
    said = ngettext("共同办理，待您确认 %(n)d 项", "共同办理，待您确认 %(n)d 项", number) % {"n": number}
    return [Todo(said, reverse("evidence:confirmations"), second=_("没有本人确认的，证物不能处置。"), verb=_("去确认"))]


def _case_card(user: User, rows: "QuerySet[Case]", count: int, today: date) -> Card:
    cases = list(rows.select_related("unit")[:SHOWN])
    clocks = next_deadlines(cases)
    facts = facts_of(clocks.values(), today, calendar_for(user))

    def second(case: Case) -> str:
        clock: Deadline | None = clocks.get(case.pk)
        if clock is None:
            return _("没有在走的期限")
        fact = facts[clock.pk]
        if fact.over:
            return _("下一期限 %(day)s，已逾期") % {"day": cn_date(clock.due_on)}
        return ngettext(
            "下一期限 %(day)s，还剩 %(n)s 个工作日", "下一期限 %(day)s，还剩 %(n)s 个工作日", fact.working_days_left
        ) % {"day": cn_date(clock.due_on), "n": fact.working_days_left}

    lines = [
        Line(case.title, reverse("cases:detail", args=[case.pk]), second(case), status=("case", case.state))
        for case in cases
    ]
    return Card(_("我的案件"), lines, reverse("cases:list"), _("全部案件"), _("没有在办的案件。"), count)


def _waiting_card(user: User) -> Card:
    lines = [
        Line(
            _("移交 %(item)s") % {"item": offer.item.title},
            reverse("evidence:item", args=[offer.item_id]),
            _("等 %(who)s 签收") % {"who": offer.receiver.name},
        )
        for offer in evidence.offers_waiting(user)[:SHOWN]
    ]
    others = _my_cases(user).exclude(pk__in=waiting_for(user).order_by().values("pk"))
    lines += [
        Line(
            case.title,
            reverse("cases:detail", args=[case.pk]),
            _("等别人：%(state)s") % {"state": case.get_state_display()},
        )
        for case in others[: SHOWN - len(lines)]
    ]
    return Card(_("在等别人"), lines, empty=_("没有在等别人的事。"), count=len(lines))


def approver_board(user: User, today: date) -> Board:
    """The leader: decisions waiting, nearest deadline first."""
    cases = list(decisions_for(user).select_related("unit", "drafted_by")[:40])
    clocks = next_deadlines(cases)
    facts = facts_of(clocks.values(), today, calendar_for(user))
    todos = []
    for case in cases:
        clock = clocks.get(case.pk)
        fact = facts[clock.pk] if clock else None
        todos.append(
            Todo(
                case.title,
                reverse("cases:paper", args=[case.pk]),
                second=_("%(state)s，%(who)s 起草") % {"state": case.get_state_display(), "who": case.drafted_by.name},
                verb=_("去审批"),
                deadline=fact,
                late=bool(fact and fact.over),
                today=bool(fact and fact.days_left == 0),
            )
        )
    penalties = _penalties_to_decide(user)
    todos += [
        Todo(
            _("%(name)s的处理") % {"name": row.suspect.name},
            reverse("cases:penalty-approval", args=[row.pk]),
            second=_("%(case)s，%(who)s 起草") % {"case": row.suspect.case.title, "who": row.drafted_by.name},
            verb=_("去审批"),
        )
        for row in penalties
    ]
    loans, ends = evidence.check_outs_to_decide(user), evidence.disposals_to_decide(user)
    todos += [
        Todo(
            _("调取 %(item)s") % {"item": row.item.title},
            reverse("evidence:check-out", args=[row.pk]),
            second=_("%(who)s 申请：%(why)s") % {"who": row.requested_by.name, "why": row.purpose},
            verb=_("去审批"),
        )
        for row in loans[:20]
    ]
    todos += [
        Todo(
            _("处置 %(item)s") % {"item": row.item.title},
            reverse("evidence:disposal", args=[row.pk]),
            second=row.proposed_by.name,
            verb=_("去审批"),
        )
        for row in ends[:20]
    ]
    todos += erasure_todos(user)
    opinions = Lead.objects.visible_to(user).filter(state=LeadState.OPINION_PENDING)
    counted = count_together({"evidence": [loans, ends], "opinions": [opinions]})
    board = Board(todos=by_deadline(todos), heading=_("等您决定"), nothing=_("没有等您决定的事。"))
    board.counts = [
        Count(sum(t.late for t in todos), _("已逾期"), "alert-triangle", reverse("deadlines:list"), hot=True),
        Count(len(cases), _("案件待审批"), "briefcase", reverse("cases:list")),
        Count(len(penalties), _("处分待审批"), "scale", reverse("cases:penalty-approvals")),
        Count(counted["evidence"], _("证物待审批"), "package", reverse("evidence:decisions")),
        Count(counted["opinions"], _("处置意见待批"), "list-check", f"{reverse('units:leads')}?state=opinion_pending"),
    ]
    return board


def _penalties_to_decide(user: User) -> list[Penalty]:
    rows = Penalty.objects.visible_to(user).filter(
        state__in=(PenaltyState.INFORMED, PenaltyState.CONSULTED, PenaltyState.DELIBERATED)
    )
    rows = rows.filter(suspect__case__members__user=user, suspect__case__members__until__isnull=True)
    return list(
        rows.exclude(drafted_by=user)
        .select_related("suspect__case", "drafted_by")
        .order_by("state_since", "pk")
        .distinct()[:40]
    )


def hearing_board(user: User, today: date) -> Board:
    """The hearing officer: cases to hear with the clock, penalties to carry on."""
    todos = deadline_todos(user, today)
    seen = {todo.url for todo in todos}
    for case in waiting_for(user)[:30]:
        url = reverse("cases:detail", args=[case.pk])
        if url not in seen:
            todos.append(
                Todo(case.title, url, second=case.get_state_display(), verb=_("去审理"), returned=case.returned)
            )
    board = Board(todos=by_deadline(todos), nothing=_("没有等您审理的案件。"))
    hearing = Case.objects.visible_to(user).filter(
        state__in=("transferred_to_hearing", "hearing", "hearing_report_pending")
    )
    running, mine = Penalty.objects.visible_to(user).filter(state=PenaltyState.EXECUTING), _my_cases(user)
    counted = count_together({"hearing": [hearing], "running": [running], "mine": [mine]})
    board.counts = [
        Count(sum(t.late for t in todos), _("已逾期"), "alert-triangle", reverse("deadlines:list"), hot=True),
        Count(counted["hearing"], _("审理中的案件"), "scale", reverse("cases:list")),
        Count(counted["running"], _("执行中的处分"), "gavel", reverse("cases:penalties")),
    ]
    board.cards = [_case_card(user, mine, counted["mine"], today)]
    return board


def custodian_board(user: User, today: date) -> Board:
    """The custodian: hand-overs to confirm, what is out too long, what does not fit."""
    late = list(evidence.check_outs_overdue(user, today))
    open_ = list(evidence.discrepancies_open(user)[:20])
    todos = [
        Todo(
            _("催还 %(item)s") % {"item": row.item.title},
            reverse("evidence:check-out", args=[row.pk]),
            second=_("%(who)s 借出，%(day)s 到期")
            % {"who": row.receiver.name if row.receiver else "", "day": cn_date(row.due_on)},
            verb=_("去催还"),
            late=True,
        )
        for row in late
    ]
    todos += _hand_overs(user)
    todos += [
        Todo(
            _("交出 %(item)s") % {"item": row.item.title},
            reverse("evidence:item", args=[row.item_id]),
            second=_("已批准，%(who)s 来取") % {"who": row.requested_by.name},
            verb=_("去交出"),
        )
        for row in evidence.check_outs_to_hand_out(user)[:20]
    ]
    todos += [
        Todo(
            _("处置 %(item)s") % {"item": row.item.title},
            reverse("evidence:act", args=[row.item_id, "dispose"]),
            second=_("%(outcome)s，%(who)s 已批准")
            % {"outcome": row.get_outcome_display(), "who": row.approved_by.name if row.approved_by else ""},
            verb=_("去办理"),
        )
        for row in evidence.disposals_to_carry_out(user)[:20]
    ]
    todos += confirmation_todos(user)
    todos += [
        Todo(
            _("账实不符：%(item)s") % {"item": row.item.title},
            reverse("evidence:discrepancy", args=[row.pk]),
            second=row.item.number,
            verb=_("去处理"),
        )
        for row in open_
    ]
    board = Board(todos=todos, nothing=_("没有等您签收或处理的证物。"))
    counted = count_together({"offers": [evidence.offers_to_confirm(user)], "held": [evidence.items_in_hand(user)]})
    board.counts = [
        Count(len(late), _("逾期未还"), "alert-triangle", reverse("evidence:custody"), hot=True),
        Count(counted["offers"], _("待签收的移交"), "package", reverse("evidence:custody")),
        Count(len(open_), _("账实不符"), "package-off", reverse("evidence:custody"), hot=True),
        Count(
            counted["held"],
            _("由您保管的证物"),
            "building-warehouse",
            f"{reverse('evidence:items')}?mine=1",
        ),
    ]
    return board
