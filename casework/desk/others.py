"""Homes of the campaign office, inspection teams, auditors, liaisons and the three administrators."""

from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Case, F, Q, Value, When, Window
from django.db.models import Count as Number
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import Case as CaseFile
from cases.selectors.inspections import my_sites
from casework.access.selectors import administrative_acts, emergencies, known_compartments, shown_refs
from casework.accounts.models import Appointment, User
from casework.core import clock
from casework.core.english import said
from casework.core.heartbeat import STALE_SECONDS, age_seconds
from casework.core.moments import cn_date, cn_datetime
from casework.desk.board import MOST_COUNTED, Board, Card, Count, Line, Todo, by_deadline, deadline_todos, erasure_todos
from casework.desk.officials import confirmation_todos
from casework.files.models import Blob
from casework.ledger.models import Entry
from casework.ledger.refs import called, resolve_many
from casework.ledger.selectors import lag_seconds
from casework.ledger.words import word
from casework.notices.selectors import given_up
from casework.web.counting import count_together
from evidence.models import Discrepancy, Item
from units.enums import MatchState
from units.enums_campaign import CampaignState, InspectionState
from units.enums_exchange import HandOverState, HandOverWay, LookupState
from units.models import Campaign, HandOver, Lead, LookupRequest, SelfInspection, Sighting
from units.selectors.self_inspections import flagged


def campaign_board(user: User, today: date) -> Board:
    """The campaign office: reports to review, flagged answers, addresses of nobody, the campaigns."""
    reports = SelfInspection.objects.visible_to(user)
    submitted = reports.filter(state=InspectionState.SUBMITTED)
    review = reports.filter(state__in=(InspectionState.UNDER_REVIEW, InspectionState.SPOT_CHECK))
    rectified = reports.filter(state=InspectionState.RECTIFIED)
    late = reports.filter(
        state__in=(InspectionState.ISSUED, InspectionState.ACKNOWLEDGED, InspectionState.DRAFTING), due_on__lt=today
    )
    todos = deadline_todos(user, today)
    seen = {todo.url for todo in todos}
    for row in _to_review(reports):
        url = reverse("units:self-inspection", args=[row.pk])
        if url not in seen:
            verb = {0: _("去核查"), 1: _("去审核")}.get(row.turn, _("接着审"))
            todos.append(
                Todo(
                    row.unit.name, url, second=_("，").join((said(row.stage.name), row.get_state_display())), verb=verb
                )
            )
    flags = flagged(reports.filter(state__in=(InspectionState.SUBMITTED, InspectionState.UNDER_REVIEW)), user)
    unmatched = Sighting.objects.visible_to(user).filter(match_state__in=(MatchState.UNMATCHED, MatchState.AMBIGUOUS))
    campaigns = Campaign.objects.visible_to(user).filter(state=CampaignState.RUNNING)
    counted = count_together(
        {
            "late": [late],
            "review": [submitted, review],
            "flags": [flags],
            "unmatched": [unmatched],
            "rectified": [rectified],
            "campaigns": [campaigns],
        },
        MOST_COUNTED,
    )
    listing = reverse("units:self-inspections")
    board = Board(
        todos=by_deadline(todos),
        nothing=_("没有等您审核的报告。"),
        new=(_("导入清单"), reverse("imports:list"), "upload"),
    )
    board.counts = [
        Count(counted["late"], _("逾期未报"), "alert-triangle", f"{listing}?late=1", hot=True),
        Count(
            counted["review"],
            _("待审核的报告"),
            "clipboard-list",
            f"{listing}?state=submitted&state=under_review",
        ),
        Count(counted["flags"], _("与监测不符的答案"), "flag", f"{listing}?flagged=1"),
        Count(
            counted["unmatched"],
            _("归属未定的记录"),
            "help-circle",
            f"{reverse('units:sightings')}?match=unmatched&match=ambiguous",
        ),
        Count(counted["rectified"], _("待核查的整改"), "tool", f"{listing}?state=rectified"),
    ]
    shown = campaigns.annotate(units_in=Number("campaign_units")).order_by("-starts_on", "pk")
    board.cards = [
        Card(
            _("专项行动"),
            [
                Line(
                    row.name,
                    reverse("units:campaign", args=[row.code]),
                    ngettext("%(n)s 家单位，%(day)s 开始", "%(n)s 家单位，%(day)s 开始", row.units_in)
                    % {"n": row.units_in, "day": cn_date(row.starts_on)},
                )
                for row in shown[:6]
            ],
            reverse("units:campaigns"),
            empty=_("没有进行中的专项行动。"),
            count=counted["campaigns"],
        )
    ]
    return board


def _to_review(reports: Any, most: int = 12) -> Any:
    """Return what waits for a review, ``most`` of each turn: corrections to verify, reports to take up, reports begun."""
    turns = Case(
        When(state=InspectionState.RECTIFIED, then=Value(0)),
        When(state=InspectionState.SUBMITTED, then=Value(1)),
        When(state__in=(InspectionState.UNDER_REVIEW, InspectionState.SPOT_CHECK), then=Value(2)),
    )
    order = [F("submitted_at").asc(), F("pk").asc()]
    rows = reports.annotate(turn=turns).filter(turn__isnull=False)
    rows = rows.annotate(place=Window(RowNumber(), partition_by=F("turn"), order_by=order)).filter(place__lte=most)
    return rows.select_related("unit", "stage").order_by("turn", *order)


def intake_board(user: User, today: date) -> Board:
    """Intake: leads that wait to be handed out."""
    todos = deadline_todos(user, today)
    fresh = (
        Lead.objects.visible_to(user)
        .filter(handler=None, state="registered")
        .select_related("unit")
        .order_by("received_on", "pk")
    )
    todos += [
        Todo(row.unit.name, reverse("units:lead", args=[row.pk]), second=row.number, verb=_("去分办"))
        for row in fresh[:20]
    ]
    board = Board(
        todos=by_deadline(todos),
        nothing=_("没有等您分办的线索。"),
        new=(_("导入清单"), reverse("imports:list"), "upload"),
    )
    board.counts = [Count(fresh.count(), _("待分办的线索"), "list-check", f"{reverse('units:leads')}?state=registered")]
    return board


def inspector_board(user: User, today: date) -> Board:
    """The inspection team: the sites of one's own team, today's first."""
    sites = list(my_sites(user))
    todos = [
        Todo(
            site.unit.name,
            reverse("cases:site", args=[site.pk]),
            second=ngettext("%(day)s，%(n)s 个地址", "%(day)s，%(n)s 个地址", len(site.addresses.all()))
            % {"day": cn_date(site.visit_on), "n": len(site.addresses.all())},
            verb=_("去现场") if site.visit_on == today else _("打开"),
            today=site.visit_on == today and site.state != "reported",
        )
        for site in sites
        if site.state != "reported"
    ]
    todos += confirmation_todos(user)
    done = [site for site in sites if site.state == "reported"]
    board = Board(todos=todos, heading=_("现场"), nothing=_("今天没有要去的地方。"))
    board.cards = [
        Card(
            _("已报告"),
            [
                Line(
                    site.unit.name,
                    reverse("cases:site", args=[site.pk]),
                    cn_date(site.visit_on),
                    status=("site", site.state),
                )
                for site in done[:12]
            ],
            empty=_("还没有。"),
            count=len(done),
        )
    ]
    return board


def auditor_board(user: User, today: date) -> Board:
    """The auditor: a search box; what does not fit; what is late to be checked; the newest entries."""
    counted = count_together(
        {
            "broken": [Blob.objects.filter(intact=False)],
            "unchecked": [Blob.objects.filter(checked_at=None)],
            "entries": [Entry.objects.all()],
            "items": [Item.objects.visible_to(user)],
            "cases": [CaseFile.objects.visible_to(user)],
        },
        MOST_COUNTED,
    )
    open_ = list(
        Discrepancy.objects.visible_to(user)
        .filter(resolved_at=None)
        .select_related("item")
        .order_by("opened_at", "pk")[:20]
    )
    todos = [
        Todo(
            _("账实不符：%(item)s") % {"item": row.item.title},
            reverse("evidence:discrepancy", args=[row.pk]),
            second=row.item.number,
            verb=_("去看"),
            late=True,
        )
        for row in open_
    ]
    todos += erasure_todos(user)
    board = Board(todos=todos, heading=_("追溯"), nothing=_("没有核验失败，没有账实不符。"), find=True)
    board.counts = [
        Count(counted["broken"], _("核验失败的文件"), "alert-octagon", reverse("ledger:home"), hot=True),
        Count(counted["unchecked"], _("还没有复核的文件"), "clock", reverse("ledger:home")),
        Count(counted["entries"], _("账本条目"), "shield-check", reverse("ledger:home")),
        Count(counted["items"], _("证物"), "package", reverse("evidence:items")),
        Count(counted["cases"], _("案件"), "briefcase", reverse("cases:list")),
    ]
    latest = list(Entry.objects.order_by("-id")[:8])
    things = resolve_many((entry.ref for entry in latest), user)
    board.cards = [
        Card(
            _("最近入账"),
            [
                Line(
                    word(entry.kind),
                    reverse("ledger:entry", args=[entry.pk]),
                    _who(entry, things[entry.ref].label if entry.ref in things else called(entry.ref)),
                    cn_datetime(entry.at),
                )
                for entry in latest
            ],
            reverse("ledger:home"),
            _("账本"),
        )
    ]
    return board


def _who(entry: Entry, thing: str) -> str:
    """Return who did it to what; what somebody did to his own account names him once."""
    actors = entry.payload["actors"]
    if actors and thing.startswith(f"{actors[0]['name']}（"):
        return thing
    return " · ".join(filter(None, (actors[0]["name"] if actors else _("系统"), thing)))


def liaison_board(user: User, today: date) -> Board:
    """An agency's liaison: requests with clocks, nothing of cases."""
    todos = deadline_todos(user, today)
    seen = {todo.url for todo in todos}
    asked = LookupRequest.objects.visible_to(user).filter(state__in=(LookupState.SENT, LookupState.RECEIVED))
    given = HandOver.objects.visible_to(user).filter(
        way=HandOverWay.OUT, state__in=(HandOverState.SENT, HandOverState.RECEIVED)
    )
    for rows, name in ((asked, "units:lookup"), (given, "units:hand-over")):
        for row in rows.order_by("due_on", "pk")[:12]:
            url = reverse(name, args=[row.pk])
            if url not in seen:
                verb = _("去签收") if row.received_at is None else _("去办理")
                todos.append(Todo(row.number, url, second=str(row.get_state_display()), verb=verb))
    counted = count_together({"asked": [asked], "given": [given]})
    board = Board(todos=todos, heading=_("协作事项"), nothing=_("没有等您答复的事项。"))
    board.counts = [
        Count(counted["asked"], _("待答复的查询函"), "file-search", f"{reverse('units:lookups')}?state=sent&state=received"),
        Count(
            counted["given"], _("待反馈的移送函"), "arrows-exchange",
            f"{reverse('units:hand-overs')}?way=out&state=sent&state=received",
        ),
    ]  # fmt: skip
    return board


def system_board(user: User, today: date) -> Board:
    """The system administrator: health in words, and what to do."""
    age = age_seconds()
    lag = lag_seconds()
    failed = given_up().count()
    todos = []
    if age is None or age > STALE_SECONDS:
        todos.append(
            Todo(
                _("后台任务没有运行"),
                reverse("web:help"),
                second=_("提醒和通知发不出去。可以重启 worker 和 beat 服务。"),
                late=True,
            )
        )
    if lag > 10:
        todos.append(
            Todo(
                _("账本入账滞后"),
                reverse("web:help"),
                second=_("新的条目等了 10 秒以上。可以检查 ledger 服务。"),
                late=True,
            )
        )
    if failed:
        todos.append(
            Todo(
                ngettext("%(n)d 条通知没有送达", "%(n)d 条通知没有送达", failed) % {"n": failed},
                reverse("notices:failed"),
                second=_("可以看原因，排除后重新发送。"),
                late=True,
            )
        )
    with connection.cursor() as cursor:
        cursor.execute("select version()")
        (version,) = cursor.fetchone()
    active = User.objects.filter(is_active=True).count()
    board = Board(todos=todos, heading=_("运行状况"), nothing=_("数据库、后台任务、账本都正常。"))
    board.counts = [
        Count(active, _("启用的账号"), "users", f"{reverse('access:accounts')}?active=1"),
        Count(failed, _("没有送达的通知"), "mail", reverse("notices:failed"), hot=True),
    ]
    board.cards = [
        Card(
            _("服务"),
            [
                Line(
                    _("数据库"),
                    second=" ".join(version.split()[:2]),
                ),
                Line(_("后台任务"), second=_("没有心跳") if age is None or age > STALE_SECONDS else _("在运行")),
                Line(_("账本"), second=_("没有滞后") if lag <= 10 else _("滞后 10 秒以上")),
            ],
        )
    ]
    return board


def security_board(user: User, today: date) -> Board:
    """The security administrator: rights that end or are missing."""
    soon = Appointment.objects.filter(until__gte=today).select_related("user").order_by("until", "pk")
    without = User.objects.filter(is_active=True).exclude(
        pk__in=Appointment.objects.filter(Q(until__isnull=True) | Q(until__gte=today)).values("user_id")
    )
    todos = [
        Todo(
            _("%(name)s没有任何角色") % {"name": row.name},
            reverse("access:account", args=[row.pk]),
            second=row.username,
            verb=_("去任命"),
        )
        for row in without.order_by("username")[:20]
    ]
    todos = [
        Todo(
            _("%(name)s正在应急调阅") % {"name": row.user.name},
            reverse("cases:emergencies"),
            second=_("到 %(until)s") % {"until": cn_datetime(row.until_at, today)},
            verb=_("去看"),
            today=True,
        )
        for row in emergencies().filter(until_at__gt=clock.now())[:20]
    ] + todos
    counted = count_together({"without": [without], "circles": [known_compartments().filter(closed_at=None)]})
    board = Board(todos=todos, heading=_("权限"), nothing=_("没有等您处理的权限。"))
    board.counts = [
        Count(counted["without"], _("没有角色的账号"), "user", reverse("access:accounts")),
        Count(counted["circles"], _("知悉范围"), "lock", reverse("access:compartments")),
    ]
    board.cards = [
        Card(
            _("将要到期的任职"),
            [
                Line(
                    row.user.name,
                    reverse("access:account", args=[row.user_id]),
                    str(row.get_role_display()),
                    cn_date(row.until),
                )
                for row in soon[:8]
            ],
            empty=_("没有。"),
        )
    ]
    return board


def audit_board(user: User, today: date) -> Board:
    """The audit administrator: the acts of the two others."""
    rows = administrative_acts()
    latest = list(rows.order_by("-id")[:8])
    names = shown_refs(entry.ref for entry in latest)
    board = Board(heading=_("审计"), nothing=_("没有待办。管理操作在右边和清单里。"))
    board.counts = [Count(rows.count(), _("管理操作"), "history", reverse("access:audit"))]
    board.cards = [
        Card(
            _("最近的管理操作"),
            [
                Line(word(entry.kind), reverse("access:audit"), _who(entry, names[entry.ref]), cn_datetime(entry.at))
                for entry in latest
            ],
            reverse("access:audit"),
        )
    ]
    return board
