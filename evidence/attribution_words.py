"""Sentences for attributions: the rules speak in codes, people read Chinese. No word here speaks of guilt."""

import re
from datetime import time, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from casework.core.moments import SHANGHAI, cn_date, cn_datetime
from evidence.attribution.weight import Fit, Hypothesis, Word
from evidence.selectors.attribution_facts import EPOCH

HYPOTHESES: Final = {
    Hypothesis.NAMED: _lazy("所指的人本人"),
    Hypothesis.OTHER_HOLDER: _lazy("其他知道口令或能用这台机器的人"),
    Hypothesis.INTRUDER: _lazy("外来入侵或木马"),
    Hypothesis.AUTOMATIC: _lazy("自动任务、轮转、维护"),
    Hypothesis.ARTEFACT: _lazy("时钟、地址复用、共用账号等造成的假象"),
}
FITS: Final = {
    Fit.STRONGLY_FOR: _lazy("很相符"),
    Fit.FOR: _lazy("相符"),
    Fit.NEUTRAL: _lazy("无关"),
    Fit.AGAINST: _lazy("不符"),
    Fit.STRONGLY_AGAINST: _lazy("很不符"),
}
WORDS: Final = {
    Word.NONE: _lazy("不足以支持"),
    Word.LIMITED: _lazy("有限"),
    Word.MODERATE: _lazy("中等"),
    Word.STRONG: _lazy("较强"),
}
RULES: Final = {
    "S1": _lazy("同一台机器上审计会话号相同的记录，属于同一会话"),
    "S2": _lazy("同一台机器上登录标识相同的记录，属于同一会话"),
    "S3": _lazy("行为记录写着账号和终端，归入当时开着的该账号会话"),
    "S4": _lazy("切换账号前是谁，就归到谁的会话"),
    "S5": _lazy("由定时任务打开的会话，没有人在操作"),
    "S6": _lazy("没有写账号，当时开着的会话都有可能"),
    "L1": _lazy("登录成功的记录打开会话"),
    "C1": _lazy("两次改密码之间，用口令登录的人知道这个口令"),
    "C2": _lazy("不用口令登录的，改密码记录说明不了什么"),
    "C3": _lazy("账号登记在谁名下，设口令的就先归到谁"),
    "N1": _lazy("当时的地址转换记录"),
    "N2": _lazy("当时的地址租约"),
    "N3": _lazy("交换机上看到这块网卡的端口"),
    "N4": _lazy("这块网卡属于哪台机器"),
    "N5": _lazy("当天这台机器由谁使用、保管"),
    "N6": _lazy("在机器跟前登录，没有来源地址"),
    "P1": _lazy("行为前最后一次、后第一次经过门禁"),
}
NOTES: Final = {
    "epoch_blurred": _lazy("登录与改密码相隔太近，两个口令都可能用过"),
    "disclosed": _lazy("有材料说口令告诉过别人"),
    "shared_account": _lazy("这个账号同时在两处使用过，像是共用"),
    "lease_end_unknown": _lazy("租约没有写到期，按后面的记录推定"),
    "snapshot_undated": _lazy("端口表没有写时间，只能旁证"),
    "not_for_all": _lazy("有的可能会话没有这一步的记录"),
    "at_the_edge": _lazy("过门时间与行为时间几乎重合"),
    "inside": _lazy("当时在楼内"),
    "outside": _lazy("当时已离开"),
    "unclear": _lazy("记录没有写进出，看不出当时在不在"),
}
CAPS: Final = {
    "automatic": _lazy("行为出自自动任务，不指向任何人。"),
    "no_session": _lazy("找不到行为所在的会话，链条到此为止。"),
    "session_ambiguous": _lazy("当时可能的会话不止一个，不能选一个。"),
    "no_person_link": _lazy("没有一条路唯一地通到人：会话已查明，人未确定。"),
    "one_source": _lazy("通到人的独立来源只有一个，程度最多为“有限”，不点名。"),
    "presence_only": _lazy("通到人的只有一路；门禁只说明当时在场，不能算作第二路，程度最多为“有限”，不点名。"),
    "controlled_only": _lazy("通到人的来源都可由其本人改动，不点名。"),
    "contradiction": _lazy("不同来源通到不同的人，须先查清。"),
    "refuted": _lazy("有与“本人所为”很不符的材料，查清之前不点名。"),
    "two_sources": _lazy("独立来源只有两个，程度最多为“中等”。"),
    "ambiguous": _lazy("有一步不止一种可能，程度最多为“中等”。"),
    "others_know": _lazy("口令另有人知道或共用，查清之前不点名。"),
    "suspect_controlled": _lazy("有一步只靠其本人可以改动的日志，程度最多为“中等”。"),
    "epoch_blurred": _lazy("登录与改密码的先后分不清，程度最多为“中等”。"),
    "clocks_unset": _lazy("有来源的时钟没有比对过，程度最多为“中等”。"),
    # Of editions by the rules before 2026.11.3: with a step missing, a way leads to nobody now.
    "gap": _lazy("有一步缺记录，程度最多为“中等”。"),
    "testimony_contradicts": _lazy("人的说法互相矛盾，程度最多为“有限”。"),
    "explained_otherwise": _lazy("有材料说不是本人所为，查清之前最多为“中等”。"),
    "other_fits_better": _lazy("另一种可能与材料的矛盾更少，程度最多为“有限”。"),
}
ASKS: Final = {
    "session_start": _lazy("调取该主机行为前十四天的登录日志（日志服务器上的副本、wtmp、审计日志）"),
    "login_record": _lazy("调取这次登录的记录，写明来源地址和端口"),
    "nat_log": _lazy("调取出口设备的地址转换日志，按时间、转换后地址和端口查"),
    "dhcp_log": _lazy("调取当天的地址分配（DHCP）日志"),
    "machine_register": _lazy("调取资产登记，按网卡地址查是哪台机器"),
    "custody_register": _lazy("调取当天的领用、保管记录"),
    "password_changes": _lazy("调取该账号的密码修改记录（主机和统一认证平台）"),
    "password_actor": _lazy("查明这次改密码是谁操作的"),
    "account_register": _lazy("调取账号登记，查账号在谁名下"),
    "authorized_keys": _lazy("固定 authorized_keys 和私钥所在的机器"),
    "console_presence": _lazy("调取机房门禁、监控，查谁在机器跟前"),
    "door_record": _lazy("调取当天的门禁、值班和监控记录"),
    "which_session": _lazy("调取审计日志、终端录屏和命令历史，查行为出自哪个会话"),
    "nat_ports": _lazy("调取带端口和起止时间的地址转换日志，查当时转换的是哪个内网地址"),
    "which_lease": _lazy("调取当时的 ARP 表、交换机端口表，查真正在用这个地址的是哪块网卡"),
    "which_custodian": _lazy("调取领用、交接单原件并询问登记的人，查当时机器在谁手里"),
    "who_knows": _lazy("询问还有谁知道口令、何时知道，并分别核对这些人当时在哪里"),
    "second_source": _lazy(
        "再找一路不由同一方保管的记录通到人：地址转换、租约、使用人，或密码修改、账号登记；门禁、值班、询问用来印证"
    ),
    "second_way": _lazy("补上另一路缺的记录：网络一路（地址转换、租约、使用人）或口令一路（密码修改、账号登记）"),
    "third_source": _lazy("再找第三个独立来源，例如门禁、监控、值班记录"),
    "unaltered_copy": _lazy("调取其本人改动不了的副本：日志服务器、流量镜像、备份"),
    "both_people": _lazy("对两条路所指的人分别询问，逐步核对是哪一步的记录有误"),
    "check_statements": _lazy("核实不符的材料：找原始凭证，对说法不一的人分别再问"),
    "compare_clocks": _lazy("把各来源的时钟与标准时间比对，写明偏差和误差"),
    "job_origin": _lazy("查任务由谁、何时、用哪个账号建立，是否早于本案"),
}
REFUTES: Final = {
    "elsewhere": _lazy("当时本人在别处的签到、监控或出差记录"),
    "secret_disclosed": _lazy("口令曾告知他人，或写在别人看得到的地方"),
    "remote_control": _lazy("这台机器当时被远程控制、植入木马"),
    "clock_wrong": _lazy("任一来源的时钟有误，时间对不上"),
    "address_copied": _lazy("网卡地址被冒用，端口上接的是另一台机器"),
    "job_not_installed": _lazy("该任务当时没有安装，或没有运行"),
    "job_made_for_it": _lazy("任务是有人为清除日志临时建的：查任务由谁在何时建立"),
    "session_record": _lazy("找到行为所在会话的登录记录"),
}
EXHIBITS: Final = {
    "path_network": _lazy("网络记录通到%(person)s使用的机器"),
    "path_credential": _lazy("口令由%(person)s名下的账号设置"),
    "path_presence": _lazy("门禁显示%(person)s当时在楼内"),
    "other_network": _lazy("网络记录通到另一人：%(person)s"),
    "other_credential": _lazy("口令通到另一人：%(person)s"),
    "ways_differ": _lazy("两路通到不同的人：%(person)s"),
    "several_network": _lazy("网络一路不止一种结果"),
    "several_credential": _lazy("知道口令的人不止一个，或不能都查明"),
    "several_session": _lazy("当时可能的会话不止一个"),
    "shared_account": _lazy("账号同时在两处使用"),
    "disclosed": _lazy("口令告知过他人"),
    "outside": _lazy("门禁显示%(person)s当时已离开"),
    "other_outside": _lazy("门禁显示另一人%(person)s当时已离开"),
    "scheduler": _lazy("行为由定时任务执行"),
    "job_near": _lazy("前后十分钟内有清理日志的定时任务"),
    "terminal": _lazy("行为记录写着终端，是交互操作"),
    "guessing": _lazy("登录前一天内有 %(number)s 次以上失败，像是在猜口令"),
    "no_guessing": _lazy("登录前一天内同一地址失败 %(number)s 次，看不出猜口令"),
    "clock_hours": _lazy("时钟若差整小时，另有一条记录对得上"),
    "epoch_blurred": _lazy("登录与改密码的先后分不清"),
    "clocks_stated": _lazy("各来源的时钟都比对过"),
    "lease_end_unknown": _lazy("租约到期时间是推定的"),
    "added_explanation": _lazy("本人说明（%(person)s）"),
    "added_testimony": _lazy("证言（%(person)s）"),
    "added_roster": _lazy("值班、考勤"),
    "added_disclosure": _lazy("口令告知他人（%(person)s）"),
    "added_other": _lazy("其他材料"),
}


_APART: Final = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
_MIDNIGHT: Final = re.compile(r"(?<![0-9a-fA-F:])0?0:00(?::00)?(?![0-9a-fA-F:])")


def at_words(microseconds: int | None) -> str:
    """Return a time of the rules in words, to the second and always with its year: cards are read for years."""
    return (
        cn_datetime(EPOCH + timedelta(microseconds=microseconds), seconds=True)
        if microseconds is not None
        else _("时间不明")
    )


def time_words(record: dict[str, Any]) -> str:
    """Return when a quoted record happened with its error; a register that writes days alone has no seconds to be wrong by."""
    if record["at"] is None:
        return at_words(None)
    moment = (EPOCH + timedelta(microseconds=record["at"])).astimezone(SHANGHAI)
    if record["action"] == "table_row" and moment.time() == time.min and not _MIDNIGHT.search(record["text"]):
        return _("%(day)s（只写到日）") % {"day": cn_date(moment.date())}
    given = {"at": at_words(record["at"]), "error": f"{record['err'] / 1_000_000:g}"}
    if record["stated"]:
        return _("%(at)s ± %(error)s 秒") % given
    return _("%(at)s ± %(error)s 秒（时钟未比对）") % given


def exhibit_words(one: dict[str, Any]) -> str:
    """Return what a piece of evidence says."""
    return str(EXHIBITS[one["code"]]) % {"person": one["person"], "number": one["key"]}


def note_words(note: str) -> str:
    """Return a remark on a step."""
    head, _colon, hours = note.partition(":")
    if head == "hours":
        return _("若时钟相差 %(hours)s 小时，则有一条记录对得上；须先比对时钟，不能直接采用") % {"hours": hours}
    return str(NOTES[note])


def option_words(rule: str, value: str) -> str:
    """Return one thing that a step may come to."""
    if value.startswith("?"):
        return _("%(what)s 名下没有登记") % {"what": value[1:]} if value[1:] else _("其他共用的人")
    if rule in {"S1", "S2", "S3", "S5", "S6"}:
        account, _bar, rest = value.partition("|")
        began, _bar, where = rest.partition("|")
        if began.isdecimal():
            return _("%(account)s 自 %(where)s，%(began)s 起") % {
                "account": account,
                "where": where or "—",
                "began": at_words(int(began)),
            }
    return value


def sentence(link: dict[str, Any]) -> str:
    """Return a step as one sentence."""
    rule, said, state = link["rule"], link["said"], link["state"]
    values = [option_words(rule, one["value"]) for one in link["options"]]
    facts: dict[str, Any] = {
        key: value for key, value in said.items() if key not in {"at", "since", "until"}
    }  # fmt: skip
    facts |= {name: at_words(said[name]) for name in ("at", "since", "until") if name in said}
    facts["one"] = values[0] if values else ""
    facts["all"] = "；".join(values)
    facts["n"] = len(values)
    for name in ("account", "tty", "number", "command", "ip", "port", "mac", "machine", "person", "method", "key"):
        facts.setdefault(name, "—")
    table = {"single": _SINGLE, "ambiguous": _SEVERAL, "missing": _NONE}[state]
    # Chinese words stand together; what is Latin keeps its spaces.
    return _APART.sub("", str(table[rule]) % facts)


_SINGLE: Final = {
    "S1": _lazy("行为出自审计会话 %(number)s：%(one)s。"),
    "S2": _lazy("行为出自登录标识 %(number)s 的会话：%(one)s。"),
    "S3": _lazy("行为由账号 %(account)s 在终端 %(tty)s 上做出，当时开着的该账号会话只有一个：%(one)s。"),
    "S4": _lazy("%(account)s 的身份由 %(one)s 切换而来。"),
    "S5": _lazy("行为由定时任务以 %(account)s 的身份执行，没有人登录操作。"),
    "S6": _lazy("这段时间里开着的会话只有一个：%(one)s。"),
    "L1": _lazy("会话由 %(account)s 于 %(at)s 从 %(one)s 登录打开。"),
    "C1": _lazy("登录用的口令由 %(one)s 于 %(since)s 设置，此后到登录没有再改。"),
    "C2": _lazy("%(account)s 以 %(method)s 方式登录。"),
    "C3": _lazy("设置口令的账号 %(account)s 登记在 %(one)s 名下，未见告知他人的记录。"),
    "N1": _lazy("%(at)s 的 %(ip)s 端口 %(port)s 由内网地址 %(one)s 转换而来。"),
    "N2": _lazy("%(at)s 地址 %(ip)s 租给网卡 %(one)s。"),
    "N3": _lazy("网卡 %(mac)s 接在交换机端口 %(one)s 上。"),
    "N4": _lazy("网卡 %(mac)s 登记为机器 %(one)s。"),
    "N5": _lazy("当天 %(machine)s 由 %(one)s 使用、保管。"),
    "N6": _lazy("%(account)s 在机器跟前登录（%(one)s）。"),
    "P1": _lazy("%(person)s 当时的门禁记录在 %(one)s。"),
}
_SEVERAL: Final = {
    "S1": _lazy("会话号 %(number)s 对得上 %(n)s 个会话，不能选一个：%(all)s。"),
    "S2": _lazy("登录标识 %(number)s 对得上 %(n)s 个会话，不能选一个：%(all)s。"),
    "S3": _lazy("账号 %(account)s 当时开着 %(n)s 个会话，不能选一个：%(all)s。"),
    "S4": _lazy("%(account)s 的身份当时有 %(n)s 个账号切换过，不能选一个：%(all)s。"),
    "S5": _lazy("定时任务有 %(n)s 个对得上，不能选一个：%(all)s。"),
    "S6": _lazy("这段时间里开着 %(n)s 个会话，都有可能：%(all)s。"),
    "L1": _lazy("可能的来源有 %(n)s 个，不能选一个：%(all)s。"),
    "C1": _lazy("登录用的口令可能由 %(n)s 个账号设置，不能选一个：%(all)s。"),
    "C2": _lazy("登录方式有 %(n)s 种可能：%(all)s。"),
    "C3": _lazy("知道口令的人不能归到一个：%(all)s。"),
    "N1": _lazy("%(at)s 的 %(ip)s 对得上 %(n)s 个内网地址，不能选一个：%(all)s。"),
    "N2": _lazy("%(at)s 地址 %(ip)s 同时有 %(n)s 个租约，不能选一个：%(all)s。"),
    "N3": _lazy("网卡 %(mac)s 在 %(n)s 个端口上出现过：%(all)s。"),
    "N4": _lazy("网卡 %(mac)s 登记为 %(n)s 台机器，不能选一台：%(all)s。"),
    "N5": _lazy("当天 %(machine)s 登记由 %(n)s 人使用、保管，不能选一人：%(all)s。"),
    "N6": _lazy("在机器跟前登录的有 %(n)s 种可能：%(all)s。"),
    "P1": _lazy("%(person)s 当时的门禁记录有 %(n)s 处：%(all)s。"),
}
_NONE: Final = {
    "S1": _lazy("审计会话 %(number)s 的开头不在读到的日志里。"),
    "S2": _lazy("登录标识 %(number)s 的登录记录不在读到的日志里。"),
    "S3": _lazy("没有找到账号 %(account)s 当时开着的会话。"),
    "S4": _lazy("没有找到谁切换成 %(account)s。"),
    "S5": _lazy("没有找到执行这个行为的定时任务。"),
    "S6": _lazy("这段时间里没有找到开着的会话。"),
    "L1": _lazy("没有找到打开这个会话的登录记录，或记录没有写来源地址。"),
    "C1": _lazy("没有找到登录之前 %(account)s 的口令由谁设置。"),
    "C2": _lazy("%(account)s 不是用口令登录的（%(method)s），改密码记录说明不了是谁。"),
    "C3": _lazy("账号 %(account)s 在谁名下，没有登记可查。"),
    "N1": _lazy("%(at)s 的 %(ip)s 端口 %(port)s 没有地址转换记录。"),
    "N2": _lazy("%(at)s 地址 %(ip)s 没有租约记录。"),
    "N3": _lazy("网卡 %(mac)s 没有端口记录。"),
    "N4": _lazy("网卡 %(mac)s 属于哪台机器，没有登记可查。"),
    "N5": _lazy("当天 %(machine)s 由谁使用、保管，没有记录。"),
    "N6": _lazy("%(account)s 在机器跟前登录（终端 %(tty)s），日志不知道谁在跟前。"),
    "P1": _lazy("%(person)s 当天没有门禁记录。"),
}
PATHS: Final = {
    "session": _lazy("从行为到会话"),
    "network": _lazy("网络一路：从登录来源到机器和使用人"),
    "credential": _lazy("口令一路：谁知道登录用的口令"),
    "presence": _lazy("人在哪里"),
}
