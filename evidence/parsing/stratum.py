"""The languages in which miners and pools speak: stratum, eth_*, Monero's, getwork; and the nodes of coins, which are no pools."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

METHOD = re.compile(rb'"method"\s*:\s*"([\w.]{1,40})"')
_STRATUM = re.compile(rb"mining\.[a-z_]{3,30}(?:\.[a-z_]+)?$")
_ETH = {b"eth_submitLogin", b"eth_getWork", b"eth_submitWork", b"eth_submitHashrate", b"eth_login"}
_GETWORK = {b"getwork", b"getblocktemplate", b"submitblock"}
_MONERO = {b"login", b"job", b"submit", b"keepalived", b"getjob"}
#: What only a pool's or a miner's words hold, where the method alone is an everyday word.
_MONERO_SIGNS = re.compile(
    rb'"(?:blob|target|nonce|job_id|seed_hash)"\s*:|"agent"\s*:\s*"[^"]*(?:xmr|miner|stak|cpu)', re.IGNORECASE
)
_MONERO_LOGIN = re.compile(rb'"login"\s*:\s*"([^"]{1,300})"')
_AGENT = re.compile(rb'"agent"\s*:\s*"([^"]{1,120})"')
_AUTHORIZE = re.compile(
    rb'"mining\.authorize"[^}]*?"params"\s*:\s*\[\s*"([^"]{1,300})"|"params"\s*:\s*\[\s*"([^"]{1,300})"[^\]]*\][^}]*?"mining\.authorize"'
)
_ETH_LOGIN = re.compile(
    rb'"eth_submitLogin"[^}]*?"params"\s*:\s*\[\s*"([^"]{1,300})"|"params"\s*:\s*\[\s*"([^"]{1,300})"[^\]]*\][^}]*?"eth_submitLogin"'
)
_SUBSCRIBE = re.compile(
    rb'"mining\.subscribe"[^}]*?"params"\s*:\s*\[\s*"([^"]{1,120})"|"params"\s*:\s*\[\s*"([^"]{1,120})"[^\]]*\][^}]*?"mining\.subscribe"'
)
_GETWORK_USER = re.compile(rb"Authorization: Basic ([A-Za-z0-9+/=]{4,400})")
_FROM_POOL = {b"mining.notify", b"mining.set_difficulty", b"mining.set_target", b"mining.set_extranonce", b"job"}


@dataclass
class Dialogue:
    """What was said between a miner and a pool."""

    methods: Counter[str] = field(default_factory=Counter)
    workers: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    #: The one who began to speak was the pool, not the miner (the capture starts in the middle).
    turned: bool = False

    @classmethod
    def of(cls, sent: bytes, received: bytes) -> "Dialogue | None":
        """Return the dialogue, or None where the words are not a miner's."""
        if b'"method"' not in sent and b'"method"' not in received:
            return None
        mine = Counter(METHOD.findall(sent))
        theirs = Counter(METHOD.findall(received))
        both = mine + theirs
        text = sent + b"\n" + received
        known = {name for name in both if _STRATUM.match(name) or name in _ETH or name in _GETWORK}
        if any(name in _MONERO for name in both) and _MONERO_SIGNS.search(text):
            known |= {name for name in both if name in _MONERO}
        if not known:
            return None
        found = cls(Counter({name.decode(): number for name, number in both.items() if name in known}))
        found.turned = any(name in _FROM_POOL for name in mine) and not any(name in _FROM_POOL for name in theirs)
        for pattern, into in ((_AUTHORIZE, found.workers), (_ETH_LOGIN, found.workers), (_SUBSCRIBE, found.agents)):
            for parts in pattern.findall(text):
                _add(into, parts[0] or parts[1])
        if b"login" in known:
            for login in _MONERO_LOGIN.findall(text):
                _add(found.workers, login)
            for agent in _AGENT.findall(text):
                _add(found.agents, agent)
        return found

    @property
    def family(self) -> str:
        names = set(self.methods)
        if any(name.startswith("mining.") for name in names):
            return "stratum"
        if any(name.startswith("eth_") for name in names):
            return "eth"
        return "getwork" if names & {"getwork", "getblocktemplate", "submitblock"} else "monero"

    def shown(self) -> dict[str, Any]:
        return {"methods": dict(self.methods), "workers": self.workers, "agents": self.agents, "family": self.family}


def _add(into: list[str], raw: bytes) -> None:
    text = raw.decode("utf-8", "replace")
    if text not in into and len(into) < 50:
        into.append(text)


def p2p_of(sent: bytes, received: bytes) -> str:
    """Return the coin whose nodes speak here among themselves, or nothing. A node is not a miner in a pool."""
    for data in (sent, received):
        if data[:4] in {b"\xf9\xbe\xb4\xd9", b"\xfb\xc0\xb6\xdb", b"\xc0\xc0\xc0\xc0"} and len(data) >= 24:
            return {b"\xf9\xbe\xb4\xd9": "BTC", b"\xfb\xc0\xb6\xdb": "LTC", b"\xc0\xc0\xc0\xc0": "DOGE"}[data[:4]]
        if data[:8] == b"\x01\x21\x01\x01\x01\x01\x01\x01":
            return "XMR"
    return ""
