from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "casework.ledger"
    label = "ledger"
