"""Closed lists of the readings of logs."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from evidence.parsing import findings
from evidence.parsing.events import Event


class RunState(models.TextChoices):
    QUEUED = "queued", _("排队中")
    RUNNING = "running", _("正在读")
    DONE = "done", _("已读完")
    FAILED = "failed", _("没有读成")


class Verdict(models.TextChoices):
    PROVED = findings.PROVED, _("已证明缺失")
    CONTRADICTED = findings.CONTRADICTED, _("与其他记录矛盾")
    UNKNOWN = findings.UNKNOWN, _("无法判断")
    EXPLAINED = findings.EXPLAINED, _("有正常原因")
    HINT = findings.HINT, _("仅供参考")
    STATED = findings.STATED, _("日志自己写明")


class Lane(models.TextChoices):
    """The lanes of the timeline, top to bottom."""

    LOGIN = "login", _("登录与会话")
    ACCOUNT = "account", _("账号与密码")
    LOG = "log", _("日志本身")
    COMMAND = "command", _("命令与任务")
    MINING = "mining", _("挖矿")
    NETWORK = "network", _("网络")
    ADDRESS = "address", _("地址分配")
    OTHER = "other", _("机器与其他")


_BY_CLASS = {
    3002: Lane.LOGIN,
    3001: Lane.ACCOUNT,
    1008: Lane.LOG,
    1007: Lane.COMMAND,
    1006: Lane.COMMAND,
    1001: Lane.COMMAND,
    4001: Lane.NETWORK,
    4002: Lane.NETWORK,
    4003: Lane.NETWORK,
    4004: Lane.ADDRESS,
}
_CLOCK = frozenset({"clock_changed", "machine_started", "machine_stopping", "machine_crashed"})
_ADDRESS = frozenset({"arp_entry", "mac_entry"})


def lane_of(event: Event) -> Lane:
    """Return the lane in which an event is drawn."""
    action = event["event_action"]
    if "mining-A" in event.get("rule_labels", ()) or action in {"coin_p2p", "gpu_load", "gpu_process", "meter_reading"}:
        return Lane.MINING
    if action in _ADDRESS:
        return Lane.ADDRESS
    if action in _CLOCK:
        return Lane.OTHER
    return _BY_CLASS.get(event.get("class_uid", 0), Lane.OTHER)
