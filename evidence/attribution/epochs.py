"""Between two changes of a password, who logs in with it knows it: who set it, or who was told.

Logins with keys or tickets pass the password by, so that nothing follows from its changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from evidence.attribution.facts import SECOND, Fact, account_of, near, not_after, same_host
from evidence.attribution.links import Link, Option, Path, Rule, merged
from evidence.attribution.sessions import Session

#: A command that changes a password and the change itself lie this far apart at most.
BRACKET: Final = 120 * SECOND
_CHANGES = frozenset({"password_changed", "password_reset"})
_NO_SECRET = frozenset({"publickey", "gssapi-with-mic", "hostbased", "kerberos"})


@dataclass(frozen=True)
class Told:
    """A documented disclosure: the account's secret was given to a person from a moment on (None: not known since when)."""

    account: str
    person: str
    since: int | None = None
    key: int = 0


@dataclass
class Epoch:
    """The stretch in which one secret held, and who set it as far as the records say."""

    change: Fact | None
    following: Fact | None = None
    setters: list[Option] = field(default_factory=list)
    #: The login lies so near a change that either secret may have been used.
    blurred: bool = False


def epoch_of(login: Fact, changes: Sequence[Fact], climbs: Sequence[Fact], sessions: Sequence[Session]) -> Epoch:
    """Return the epoch of a login: the last change of that account before it, and who made it."""
    account = account_of(login.user)
    rows = sorted(
        (
            fact
            for fact in changes
            if fact.action in _CHANGES
            and fact.outcome != "failure"
            and account_of(fact.target or fact.user) == account
            and (same_host(fact, login) or central(fact))
        ),
        key=lambda fact: (fact.ts or 0, fact.key),
    )
    before = [fact for fact in rows if (fact.ts or 0) <= (login.ts or 0)]
    after = [fact for fact in rows if (fact.ts or 0) > (login.ts or 0)]
    change = before[-1] if before else None
    epoch = Epoch(change, after[0] if after else None)
    if change is not None:
        # One change that two logs tell of is one change.
        twins = [fact for fact in before if near(fact, change, 2 * SECOND)]
        epoch.setters = merged(
            [option for fact in twins for option in _setters(fact, climbs, sessions)]
        ) or [Option("", (change.key,))]  # fmt: skip
        named = [option for option in epoch.setters if option.value]
        epoch.setters = named or epoch.setters
    edges = [fact for fact in (change, epoch.following) if fact is not None]
    epoch.blurred = any(near(fact, login) for fact in edges)
    return epoch


def central(fact: Fact) -> bool:
    """Tell whether a change was made in a directory that many machines ask, not on one of them."""
    return bool(fact.attrs.get("central"))


def _setters(change: Fact, climbs: Sequence[Fact], sessions: Sequence[Session]) -> list[Option]:
    """Return who made the change: as the record says, else by the command around it, else by the session it came from."""
    if change.user and account_of(change.user) not in {"", "root"}:
        return [Option(account_of(change.user), (change.key,))]
    commands = [
        fact
        for fact in climbs
        if "password-command" in fact.labels
        and same_host(fact, change)
        and not_after(fact, change)
        and near(fact, change, BRACKET)
    ]
    if commands:
        last = max(commands, key=lambda fact: fact.ts or 0)
        return [Option(account_of(last.user), (change.key, last.key))]
    open_rows = [one for one in sessions if same_host(one.host, change) and one.open_at(change) and not one.automatic]
    own = [one for one in open_rows if one.account == account_of(change.target)]
    rows = own or open_rows
    return merged([Option(one.account, (change.key, *one.records[:2])) for one in rows])


def credential_links(
    session: Session,
    epoch: Epoch,
    holders: dict[str, list[Option]],
    told: Sequence[Told],
    others: Sequence[Session],
) -> list[Link]:
    """Return the steps from a login over its secret to the people who knew it.

    ``holders`` says whose account an account is, with the records of it; ``others`` are all sessions, to see whether the
    secret was in use at two places at once.
    """
    login = session.login
    if login is None:
        return [Link(Rule.EPOCH, Path.CREDENTIAL, [], {"account": session.account}, ask="login_record")]
    if session.method in _NO_SECRET:
        key = str(login.attrs.get("key", ""))
        asked = {"account": session.account, "method": session.method, "key": key}
        return [Link(Rule.KEY_LOGIN, Path.CREDENTIAL, [], asked, ask="authorized_keys")]
    said: dict[str, Any] = {"account": session.account}
    if epoch.change is None:
        return [Link(Rule.EPOCH, Path.CREDENTIAL, [], said, ask="password_changes")]
    said |= {"since": epoch.change.ts, "until": epoch.following.ts if epoch.following else None}
    link = Link(Rule.EPOCH, Path.CREDENTIAL, [option for option in epoch.setters if option.value], said)
    if not link.options:
        link.said["change"] = epoch.change.key
        link.ask = "password_actor"
        return [link]
    if epoch.blurred:
        link.notes.append("epoch_blurred")
    links = [link]
    people: list[Option] = []
    for option in link.options:
        known = holders.get(option.value, [])
        people += [Option(one.person, (*option.facts[:1], *one.facts), one.person) for one in known]
        people += [] if known else [Option(f"?{option.value}", option.facts[:1])]  # an account without a known holder
    disclosed = [one for one in told if account_of(one.account) == session.account and _by_then(one, login)]
    people += [Option(one.person, (one.key,) if one.key else (), one.person) for one in disclosed]
    if not any(one.person for one in people):  # an account that nobody has on record leads to nobody
        people = []
    holder = Link(
        Rule.ACCOUNT_HOLDER, Path.CREDENTIAL, merged(people), {"account": "、".join(o.value for o in link.options)}
    )
    if not people or not all(one.person for one in people):
        holder.ask = "account_register"
    if {one.person for one in disclosed} - {
        one.person for option in link.options for one in holders.get(option.value, [])
    }:
        holder.notes.append("disclosed")
    if _shared(session, others, epoch):
        holder.notes.append("shared_account")
        holder.options += [Option("?")] if people else []
    links.append(holder)
    return links


def _by_then(told: Told, login: Fact) -> bool:
    return told.since is None or (login.ts is not None and told.since <= login.ts + login.err)


def _shared(session: Session, others: Sequence[Session], epoch: Epoch) -> bool:
    """Tell whether the account was in use from two addresses at one time while this secret held."""
    since = epoch.change.ts if epoch.change and epoch.change.ts is not None else 0
    until = epoch.following.ts if epoch.following and epoch.following.ts is not None else 1 << 62
    rows = [
        one
        for one in others
        if one.account == session.account
        and one.ip
        and since <= one.began < until
        and same_host(one.host, session.host)
    ]
    rows.sort(key=lambda one: one.began)
    reach: list[Session] = []
    for one in rows:
        reach = [other for other in reach if other.ended > one.began + one.err + other.err]
        if any(other.ip != one.ip for other in reach):
            return True
        reach.append(one)
    return False
