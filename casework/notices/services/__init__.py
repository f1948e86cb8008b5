"""Owing, sending and receipt of notices."""

from casework.notices.services.owing import owe_notice, owe_notices
from casework.notices.services.receipts import acknowledge
from casework.notices.services.reminders import owe_reminders
from casework.notices.services.sending import lease_due, send_due, settle

__all__ = [
    "acknowledge",
    "lease_due",
    "owe_notice",
    "owe_notices",
    "owe_reminders",
    "send_due",
    "settle",
]
