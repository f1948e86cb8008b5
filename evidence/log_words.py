"""Sentences for what the readers of logs found: they speak in codes, people read Chinese."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from evidence.parsing.findings import CONTRADICTED, EXPLAINED, HINT, PROVED, STATED, UNKNOWN, Finding
from evidence.parsing.formats import Recognised

VERDICTS = {
    PROVED: _lazy("已证明缺失"),
    CONTRADICTED: _lazy("与其他记录矛盾"),
    UNKNOWN: _lazy("无法判断"),
    EXPLAINED: _lazy("有正常原因"),
    HINT: _lazy("仅供参考"),
    STATED: _lazy("日志自己写明"),
}
#: Innocent explanations that were tested.
BENIGN = {
    "filtered_export": _lazy("只导出了一部分"),
    "rate_limit": _lazy("日志限速丢弃"),
    "restart": _lazy("重启"),
    "rotation": _lazy("日志轮转"),
    "clock_changed": _lazy("时钟变动"),
    "machine_off": _lazy("关机"),
    "several_machines": _lazy("混有多台机器的记录"),
    "few_matches": _lazy("两份日志相同的记录太少，可能不是同一台机器或同一时期"),
    "cut_short": _lazy("文件不完整"),
    "retention": _lazy("已过留存期限"),
}
#: What happened, by the action of an event.
ACTIONS = {
    "login": _lazy("登录"),
    "pam_refused": _lazy("认证未通过（PAM）"),
    "pam_refused_more": _lazy("多次认证未通过（PAM）"),
    "unknown_user": _lazy("用户名不存在"),
    "login_attempts_exceeded": _lazy("尝试次数超限"),
    "login_not_allowed": _lazy("不允许登录"),
    "disconnect": _lazy("断开连接"),
    "contact": _lazy("有人来连"),
    "name_mismatch": _lazy("域名与地址对不上"),
    "session_kind": _lazy("会话用途"),
    "session_opened": _lazy("会话开始"),
    "session_closed": _lazy("会话结束"),
    "session_reconnected": _lazy("会话重连"),
    "session_disconnected": _lazy("会话断开"),
    "logind_new": _lazy("系统分配会话号"),
    "logind_removed": _lazy("会话号收回"),
    "logind_logged_out": _lazy("会话登出"),
    "systemd_session": _lazy("系统启动会话"),
    "logout": _lazy("登出"),
    "last_login": _lazy("最近一次登录"),
    "sudo": _lazy("用 sudo 执行"),
    "su": _lazy("切换用户"),
    "su_mark": _lazy("切换用户（记号）"),
    "pkexec": _lazy("用 pkexec 执行"),
    "runas": _lazy("用他人凭据"),
    "special_privileges": _lazy("获得特权"),
    "command": _lazy("执行命令"),
    "command_ended": _lazy("命令结束"),
    "device_command": _lazy("设备上的命令"),
    "script": _lazy("脚本"),
    "typed": _lazy("键入内容"),
    "password_changed": _lazy("改密码"),
    "password_reset": _lazy("重置密码"),
    "password_expiry_changed": _lazy("改密码有效期"),
    "password_checked": _lazy("核对密码"),
    "account_created": _lazy("新建账号"),
    "account_changed": _lazy("改账号"),
    "account_deleted": _lazy("删账号"),
    "account_enabled": _lazy("启用账号"),
    "account_disabled": _lazy("停用账号"),
    "account_locked": _lazy("锁定账号"),
    "account_unlocked": _lazy("解锁账号"),
    "account_locked_out": _lazy("账号被锁"),
    "account_renamed": _lazy("账号改名"),
    "computer_account_changed": _lazy("改计算机账号"),
    "group_created": _lazy("新建组"),
    "group_changed": _lazy("改组"),
    "group_deleted": _lazy("删组"),
    "group_member_added": _lazy("加入组"),
    "group_member_removed": _lazy("移出组"),
    "log_cleared": _lazy("清除日志"),
    "log_rotated": _lazy("日志轮转"),
    "log_vacuumed": _lazy("日志被系统清理"),
    "log_rate_limited": _lazy("日志因限速丢弃"),
    "log_events_dropped": _lazy("日志丢事件"),
    "log_full": _lazy("日志写满"),
    "logging_started": _lazy("日志服务启动"),
    "logging_stopped": _lazy("日志服务停止"),
    "audit_rules_changed": _lazy("改审计规则"),
    "audit_daemon_changed": _lazy("改审计设置"),
    "audit_policy_changed": _lazy("改审核策略"),
    "audit_login": _lazy("审计登录"),
    "authentication": _lazy("认证"),
    "account_check": _lazy("核对账号"),
    "credential": _lazy("凭据"),
    "heartbeat": _lazy("心跳"),
    "logind_started": _lazy("会话管理启动"),
    "machine_started": _lazy("开机"),
    "machine_stopping": _lazy("关机"),
    "machine_crashed": _lazy("非正常关机"),
    "runlevel": _lazy("运行级别"),
    "clock_changed": _lazy("改时钟"),
    "clock_before": _lazy("改时钟之前"),
    "clock_synchronised": _lazy("对时"),
    "service_started": _lazy("服务启动"),
    "service_stopped": _lazy("服务停止"),
    "service_reloaded": _lazy("服务重载"),
    "service_installed": _lazy("安装服务"),
    "service_state": _lazy("服务状态"),
    "service_start_type": _lazy("服务启动方式"),
    "job_started": _lazy("定时任务执行"),
    "job_created": _lazy("新建定时任务"),
    "job_changed": _lazy("改定时任务"),
    "job_deleted": _lazy("删定时任务"),
    "job_listed": _lazy("查看定时任务"),
    "lease": _lazy("地址租约"),
    "lease_given": _lazy("分配地址"),
    "lease_asked": _lazy("请求地址"),
    "lease_released": _lazy("释放地址"),
    "lease_refused": _lazy("拒绝分配"),
    "lease_expired": _lazy("租约到期"),
    "lease_abandoned": _lazy("地址弃用"),
    "arp_entry": _lazy("ARP 表项"),
    "mac_entry": _lazy("MAC 表项"),
    "connection": _lazy("网络连接"),
    "connect": _lazy("发起连接"),
    "flow": _lazy("流量记录"),
    "packet": _lazy("防火墙包记录"),
    "session": _lazy("网关会话"),
    "session_built": _lazy("会话建立"),
    "session_ended": _lazy("会话结束（防火墙）"),
    "nat_session": _lazy("地址转换"),
    "traffic_volume": _lazy("流量统计"),
    "gateway_log": _lazy("网关日志"),
    "firewall_drop": _lazy("防火墙丢弃"),
    "firewall_open": _lazy("防火墙放行"),
    "firewall_close": _lazy("连接关闭"),
    "firewall_events_lost": _lazy("防火墙丢事件"),
    "dns_query": _lazy("域名查询"),
    "dns_answer": _lazy("域名应答"),
    "http_request": _lazy("网页请求"),
    "proxy_request": _lazy("代理请求"),
    "proxy_connect": _lazy("代理隧道"),
    "tls": _lazy("加密连接"),
    "mining_dialogue": _lazy("与矿池对话"),
    "coin_p2p": _lazy("币种节点通信"),
    "miner_pool": _lazy("矿池地址（矿机记录）"),
    "miner_share": _lazy("提交份额"),
    "miner_rate": _lazy("算力"),
    "miner_started": _lazy("挖矿程序启动"),
    "miner_message": _lazy("挖矿程序输出"),
    "gpu_load": _lazy("显卡负载"),
    "gpu_process": _lazy("显卡上的进程"),
    "gpu_listing": _lazy("显卡查询"),
    "gpu_error": _lazy("显卡报错"),
    "meter_reading": _lazy("电表读数"),
    "table_row": _lazy("表格行"),
    "share_opened": _lazy("打开共享"),
    "share_checked": _lazy("核对共享权限"),
    "ticket_asked": _lazy("申请票据"),
    "service_ticket": _lazy("服务票据"),
    "ticket_refused": _lazy("票据被拒"),
    "rdp_authenticated": _lazy("远程桌面认证"),
    "rdp_connection": _lazy("远程桌面连接"),
    "message": _lazy("其他记录"),
}

#: What a check found, by its name.
CHECKS = {
    "audit_serial": _lazy("审计序号不连续"),
    "audit_record": _lazy("审计事件缺记录"),
    "journal_cursor": _lazy("日志游标不连续"),
    "logind_sessions": _lazy("会话号与会话数对不上"),
    "heartbeat": _lazy("每小时都有的记录没有出现"),
    "vendor_serial": _lazy("设备序号不连续"),
    "evtx_record_id": _lazy("事件记录号不连续"),
    "evtx_header_hole": _lazy("记录头编号不连续"),
    "evtx_hidden_record": _lazy("记录里藏着另一条记录"),
    "evtx_renumbered_export": _lazy("这是筛选或重新编号的导出件，请调取原始 .evtx"),
    "evtx_broken_chunk": _lazy("文件块损坏"),
    "evtx_unreadable": _lazy("文件打不开"),
    "evtx_records_failed": _lazy("部分记录读不出"),
    "log-clearing": _lazy("清除日志"),
    "log-silencing": _lazy("停止或削弱日志"),
    "history-clearing": _lazy("清除命令历史"),
    "clock-set": _lazy("改时钟"),
    "log-injection": _lazy("用户名里夹带伪造的日志"),
    "coverage_short": _lazy("日志留存不足六个月（网络安全法第二十三条）"),
    "utmp_zeroed": _lazy("有记录被清零"),
    "utmp_cut_short": _lazy("最后一条记录不完整"),
    "utmp_out_of_order": _lazy("记录时间倒退"),
    "long_line": _lazy("有超长的行未读"),
    "broken_stream": _lazy("文件中途损坏，之后未读"),
    "bomb": _lazy("压缩比异常，已停止解压"),
    "broken_archive": _lazy("压缩包损坏"),
    "member_skipped": _lazy("压缩包里有链接或加密成员，未读"),
    "unsafe_name": _lazy("压缩包里有危险路径"),
    "too_many_members": _lazy("压缩包成员过多"),
    "archive_too_large": _lazy("压缩包太大或磁盘空间不足，未读"),
    "capture_cut_short": _lazy("抓包文件不完整"),
    "journal_entries": _lazy("文件头写明的条数比读到的多"),
    "journal_packed": _lazy("有条目的长字段用 LZ4 或 Zstandard 压缩，未读；请用 journalctl -o export 导出后再读"),
    "login_contradicted": _lazy("另一份日志里有的登录，这里没有"),
    "session_contradicted": _lazy("另一份日志里有的会话号，这里没有"),
    "rotated_file_missing": _lazy("轮转的日志缺了一份"),
}

#: Why a line was not read.
REASONS = {
    "no_head": _lazy("行首不符合格式"),
    "no_time": _lazy("没有可读的时间"),
    "unknown_format": _lazy("格式未知"),
    "long_line": _lazy("行太长"),
    "cut_short": _lazy("不完整"),
    "zeroed": _lazy("被清零"),
    "no_record": _lazy("不是记录"),
    "unreadable_record": _lazy("读不出的记录"),
    "no_event": _lazy("没有事件"),
    "no_json": _lazy("不是有效的 JSON"),
    "bad_xml": _lazy("XML 写法有误，或者声明了实体"),
    "nfcapd_file": _lazy("nfdump 的二进制流量文件，请用 nfdump -r 文件 -o csv 导出后再读"),
    "no_template": _lazy("没有见到它的模板，读不出流量记录"),
    "h3c_flow_kind": _lazy(
        "H3C 二进制流日志里没有公开记录长度的版本或类型；请在设备上改用 userlog flow export version 3.0，或改为文本输出后再取"
    ),
    "evt_file": _lazy("Windows XP/2003 的 .evt 文件，请在 Windows 上用 wevtutil epl 转成 .evtx 后再读"),
    "packed_otherwise": _lazy("zst、lz4、7z、rar 压缩，请解压后再读，原压缩包照旧保存"),
    "office_file": _lazy("读不出的 Office 文件（不是工作簿，或已损坏、加密、过大），请另存为 CSV 后再读"),
    "broken_entry": _lazy("条目损坏"),
    "no_columns": _lazy("列数不足"),
    "above_heading": _lazy("表头以上，或者没有所选的列"),
    "wrong_columns": _lazy("列数不符"),
    "no_lease": _lazy("不是租约"),
    "lease_cut_short": _lazy("租约不完整"),
    "no_request": _lazy("不是请求记录"),
    "no_query": _lazy("不是查询记录"),
    "no_flow": _lazy("不是流记录"),
    "no_pool": _lazy("不是矿池设置"),
    "not_ip": _lazy("不是 IP 包"),
    "not_tcp_udp": _lazy("不是 TCP 或 UDP"),
    "other": _lazy("其他内容"),
}

#: What a column of a table can be.
FIELDS = {
    "ts": _lazy("时间"),
    "date": _lazy("日期（与时间分列时）"),
    "user_name": _lazy("账号或姓名"),
    "source_ip": _lazy("来源地址"),
    "source_port": _lazy("来源端口"),
    "source_mac": _lazy("来源 MAC"),
    "destination_ip": _lazy("去向地址"),
    "destination_port": _lazy("去向端口"),
    "destination_domain": _lazy("去向域名"),
    "host": _lazy("主机"),
    "tty": _lazy("地点或终端"),
    "session_key": _lazy("会话"),
    "process_command_line": _lazy("命令或内容"),
    "value": _lazy("读数（电量、功率）"),
}

#: How it ended.
OUTCOMES = {
    "success": _lazy("成功"),
    "failure": _lazy("失败"),
    "unknown": _lazy("结果不明"),
}


def why_words(why: Recognised | None) -> str:
    """Return why a format was taken."""
    if why is None:
        return _("由使用者指定")
    if why.by == "magic":
        return _("文件开头的字节是 %(detail)s") % {"detail": why.detail}
    if why.by == "heading":
        return _("开头写着“%(detail)s”") % {"detail": why.detail}
    if why.by == "lines":
        return _("开头 %(of)s 行里有 %(matched)s 行符合") % {"of": why.of, "matched": why.matched}
    if why.by == "records":
        return _("按固定长度记录读得通（%(detail)s）") % {"detail": why.detail}
    if why.by == "name":
        return _("文件名是 %(detail)s") % {"detail": why.detail}
    return _("没有一种格式符合，只能按文本检索")


def action_words(action: str) -> str:
    """Return the words of an action; one that has none is told by its own name."""
    known = ACTIONS.get(action)
    return str(known) if known else action


def kind_words(kind: str) -> str:
    """Return the words of a kind: action and outcome."""
    action, _dot, outcome = kind.partition(".")
    said = action_words(action)
    return f"{said}（{OUTCOMES[outcome]}）" if outcome in OUTCOMES else said


def reason_words(reason: str) -> str:
    """Return why lines were not read."""
    known = REASONS.get(reason)
    return str(known) if known else reason


def verdict_words(verdict: str) -> str:
    """Return the words of a verdict."""
    return str(VERDICTS[verdict])


def check_words(check: str) -> str:
    """Return what a check found."""
    known = CHECKS.get(check)
    return str(known) if known else check


def benign_words(benign: dict[str, bool]) -> str:
    """Return which innocent explanations were tested, and what came of it."""
    parts = [
        _("%(name)s：成立") % {"name": BENIGN[name]} if holds else _("%(name)s：不成立") % {"name": BENIGN[name]}
        for name, holds in benign.items()
        if name in BENIGN
    ]
    return "；".join(parts)


def count_words(expected: int | None, found: int | None) -> str:
    """Return expected against found."""
    if expected is None or found is None:
        return ""
    return _("应有 %(expected)s，实有 %(found)s，缺 %(missing)s") % {
        "expected": expected,
        "found": found,
        "missing": expected - found,
    }


def finding_words(finding: Finding) -> str:
    """Return a finding as one line."""
    said = f"{verdict_words(finding.verdict)}：{check_words(finding.check)}"
    counted = count_words(finding.expected, finding.found)
    if counted:
        said += f"（{counted}）"
    tested = benign_words(finding.benign)
    if tested:
        said += f"。{_('其他可能')}：{tested}"
    command = finding.facts.get("process_command_line")
    return f"{said}：{command}" if command else said
