from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "casework.ledger"
    label = "ledger"

    def ready(self) -> None:
        from casework.ledger.web import nav  # registers the page in the side bar and its words
