"""From an act to the session it came from: logins and the sessions they opened, su and sudo climbed back to the login."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from evidence.attribution.facts import SECOND, Fact, account_of, near, not_after, same_host
from evidence.attribution.links import Link, Option, Path, Rule, merged
from evidence.attribution.spans import OPEN

#: A record of a login and the session that PAM opens for it lie this far apart at most.
TOGETHER: Final = 5 * SECOND
#: Deeper chains of su and sudo are not climbed.
DEPTH: Final = 8
_SCHEDULERS = ("cron", "crond", "atd", "anacron")
_WINDOWS_BATCH = {"4", "5"}  # logon types batch and service
_ENDS = frozenset({"session_closed", "logout", "disconnect", "logind_removed"})
_PRE = ("sshd", "login", "dropbear")


@dataclass
class Session:
    """A session with the records that tell of it. ``began`` and ``ended`` in microseconds of true time."""

    account: str
    host: Fact
    began: int
    err: int
    ended: int = OPEN
    ip: str = ""
    port: int | None = None
    tty: str = ""
    key: str = ""
    pid: int | None = None
    method: str = ""
    automatic: bool = False
    console: bool = False
    login: Fact | None = None
    records: list[int] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What tells it from the others: account, beginning and where from."""
        return f"{self.account}|{self.began}|{self.ip or self.tty or self.key}"

    def open_at(self, fact: Fact, slack: int = 0) -> bool:
        """Tell whether the session may have been open at that moment."""
        if fact.ts is None:
            return False
        reach = fact.err + self.err + slack
        return self.began - reach <= fact.ts <= (self.ended if self.ended == OPEN else self.ended + reach)


def sessions_of(facts: Iterable[Fact]) -> list[Session]:
    """Return the sessions, each once, however many logs tell of it."""
    ordered = sorted((fact for fact in facts if fact.ts is not None), key=lambda fact: (fact.ts or 0, fact.key))
    found: list[Session] = []
    for fact in ordered:
        if fact.action == "login" and fact.outcome != "failure" and fact.user:
            _begin(found, fact)
        elif fact.action in {"session_opened", "audit_login", "rdp_authenticated"} and fact.outcome != "failure":
            _opened(found, fact)
        elif fact.action in {"logind_new", "systemd_session"}:
            _numbered(found, fact)
        elif fact.action in _ENDS:
            _end(found, fact)
    return found


def _scheduler(fact: Fact) -> bool:
    service = str(fact.attrs.get("service", "")).lower()
    program = fact.exe.lower().rpartition("/")[2]
    kind = str(fact.attrs.get("LogonType", ""))
    return service in _SCHEDULERS or program in _SCHEDULERS or kind in _WINDOWS_BATCH


def _begin(found: list[Session], fact: Fact) -> None:
    twin = next((one for one in reversed(found[-200:]) if _twin(one, fact)), None)
    if twin is not None:
        twin.records.append(fact.key)
        twin.tty = twin.tty or fact.tty
        twin.port = twin.port if twin.port is not None else fact.port
        twin.key = twin.key or fact.session
        twin.method = twin.method or str(fact.attrs.get("method", ""))
        return
    found.append(
        Session(
            account_of(fact.user), fact, fact.ts or 0, fact.err, ip=fact.ip, port=fact.port, tty=fact.tty, key=fact.session, pid=fact.pid,
            method=str(fact.attrs.get("method", "")), automatic=_scheduler(fact), console=not fact.ip and not _scheduler(fact),
            login=fact, records=[fact.key],
        )
    )  # fmt: skip


def _twin(one: Session, fact: Fact) -> bool:
    """Tell whether a login record speaks of a session that another log told of already."""
    if one.login is None or one.login.run == fact.run or one.account != account_of(fact.user):
        return False
    if not same_host(one.host, fact) or not near(one.login, fact, TOGETHER):
        return False
    return not one.ip or not fact.ip or one.ip == fact.ip


def _opened(found: list[Session], fact: Fact) -> None:
    service = str(fact.attrs.get("service", "")).lower()
    if service in {"sudo", "su", "su-l", "systemd-user", "polkit-1", "runuser"}:
        return
    for one in reversed(found[-400:]):
        told = one.account == account_of(fact.user) and same_host(one.host, fact) and _same(one, fact)
        if told and near(one.login or one.host, fact, TOGETHER):
            one.records.append(fact.key)
            one.key = one.key or fact.session
            one.tty = one.tty or fact.tty
            return
    found.append(
        Session(
            account_of(fact.user), fact, fact.ts or 0, fact.err, ip=fact.ip, port=fact.port, tty=fact.tty, key=fact.session, pid=fact.pid,
            automatic=_scheduler(fact), console=service in {"login", "gdm-password", "lightdm"}, records=[fact.key],
        )
    )  # fmt: skip


def _same(one: Session, fact: Fact) -> bool:
    if one.key and fact.session:
        return one.key == fact.session
    return one.host.run != fact.run or one.pid == fact.pid


def _numbered(found: list[Session], fact: Fact) -> None:
    """Give a session the number that logind announced right after it was opened."""
    for one in reversed(found[-50:]):
        if one.key or one.account != account_of(fact.user) or not same_host(one.host, fact):
            continue
        if near(one.host, fact, TOGETHER):
            one.key = fact.session
            one.records.append(fact.key)
            return


def _end(found: list[Session], fact: Fact) -> None:
    for one in reversed(found):
        if one.ended != OPEN or not same_host(one.host, fact) or one.began > (fact.ts or 0) + fact.err:
            continue
        if fact.session and one.key:
            hit = one.key == fact.session
        elif fact.pid and one.pid and one.host.run == fact.run:
            hit = one.pid == fact.pid
        elif fact.ip and one.ip and fact.port is not None:
            hit = (one.ip, one.port) == (fact.ip, fact.port)
        else:
            hit = False
        if hit:
            one.ended = fact.ts or OPEN
            one.records.append(fact.key)
            return


@dataclass
class Root:
    """What an act is traced to: the sessions that it may have come from, and the way there."""

    sessions: list[Session]
    links: list[Link]
    automatic: bool = False


def trace(act: Fact, sessions: Sequence[Session], climbs: Sequence[Fact]) -> Root:
    """Return the sessions from which the act may have come. ``climbs`` are the records of su, sudo and runas.

    An act that names no account and no session may have come from any that was open: all are returned.
    """
    here = [one for one in sessions if same_host(one.host, act)]
    if act.action == "job_started" or _scheduler(act):
        return _job(act, here)
    if act.session:
        return _by_number(act, here, climbs)
    if not act.user:
        rows = [one for one in here if one.open_at(act) and not one.automatic]
        return Root(rows, [_link(Rule.OPEN_SESSIONS, act, rows)])
    return _by_account(act, here, climbs)


def _job(act: Fact, here: Sequence[Session]) -> Root:
    rows = [one for one in here if one.automatic and one.account == account_of(act.user) and one.open_at(act, SECOND)]
    keys = tuple(key for one in rows[-1:] for key in one.records)
    option = Option(act.command or act.exe or "job", (act.key, *keys))
    said = {"account": act.user, "command": act.command}
    return Root(rows[-1:], [Link(Rule.JOB, Path.SESSION, [option], said)], automatic=True)


def _by_number(act: Fact, here: Sequence[Session], climbs: Sequence[Fact]) -> Root:
    """Take the session of that number that began last before the act: numbers start anew with every boot."""
    windows = act.session.startswith("0x")
    rows = [one for one in here if one.key == act.session and one.open_at(act)]
    latest = max(rows, key=lambda one: one.began, default=None)
    rule = Rule.LOGON_ID if windows else Rule.AUDIT_SESSION
    if latest is None:
        if act.user and not windows:
            by_account = _by_account(act, here, climbs)
            if by_account.sessions:
                return by_account
        return Root(
            [], [Link(rule, Path.SESSION, [], {"number": act.session, "account": act.user}, ask="session_start")]
        )
    if latest.automatic:
        option = Option(latest.label, (act.key, *latest.records))
        return Root([latest], [Link(Rule.JOB, Path.SESSION, [option], {"account": latest.account})], automatic=True)
    link = _link(rule, act, [latest])
    link.said["number"] = act.session
    root = Root([latest], [link])
    asked_by = str(act.attrs.get("asked_by", ""))
    if asked_by:
        link.said["asked_by"] = asked_by
    return root


def _by_account(act: Fact, here: Sequence[Session], climbs: Sequence[Fact]) -> Root:
    """Climb from the account of the act through su and sudo to a login."""
    links: list[Link] = []
    account, tty, seen = account_of(act.user), act.tty, {act.key}
    for _depth in range(DEPTH):
        rows = _open_of(account, tty, act, here)
        if any(not one.automatic for one in rows):
            link = _link(Rule.TERMINAL, act, rows)
            link.said |= {"account": account, "tty": tty}
            return Root(rows, [*links, link])
        ups = [
            fact
            for fact in climbs
            if fact.key not in seen
            and account_of(fact.effective) == account
            and account_of(fact.user) != account
            and same_host(fact, act)
            and not_after(fact, act)
            and (not tty or not fact.tty or fact.tty == tty)
        ]
        by_caller: dict[str, Fact] = {}
        for fact in ups:  # the last climb of each account before the act
            known = by_caller.get(account_of(fact.user))
            if known is None or (fact.ts or 0) > (known.ts or 0):
                by_caller[account_of(fact.user)] = fact
        # One who is no longer there cannot have acted through it.
        live = {name: fact for name, fact in by_caller.items() if _open_of(name, fact.tty, act, here)}
        chosen = live or by_caller
        if rows and not live:  # nobody was there but the scheduler
            option = Option(rows[-1].label, (act.key, *rows[-1].records))
            return Root(
                rows[-1:], [*links, Link(Rule.JOB, Path.SESSION, [option], {"account": account})], automatic=True
            )
        if not chosen:
            break
        seen |= {fact.key for fact in chosen.values()}
        options = [Option(name, (fact.key,)) for name, fact in sorted(chosen.items())]
        links.append(Link(Rule.CLIMB, Path.SESSION, options, {"account": account}))
        if len(chosen) > 1 or rows:
            rows = [*rows, *(one for name, fact in chosen.items() for one in _open_of(name, fact.tty, act, here))]
            return Root(rows, [*links, _link(Rule.TERMINAL, act, rows)])
        ((account, last),) = chosen.items()
        tty = last.tty or tty
    missing = Link(Rule.TERMINAL, Path.SESSION, [], {"account": account, "tty": tty}, ask="session_start")
    return Root([], [*links, missing])


def _open_of(account: str, tty: str, act: Fact, here: Sequence[Session]) -> list[Session]:
    rows = [one for one in here if one.account == account and one.open_at(act)]
    if tty:
        exact = [one for one in rows if one.tty == tty]
        # A terminal may be unknown to a log; a known other one rules the session out, and a job has none.
        return exact or [one for one in rows if (not one.tty or one.tty == "ssh") and not one.automatic]
    return rows


def _link(rule: Rule, act: Fact, rows: Sequence[Session]) -> Link:
    options = merged([Option(one.label, (act.key, *one.records[:6])) for one in rows])
    return Link(rule, Path.SESSION, options, {"account": act.user}, ask="" if rows else "session_start")
