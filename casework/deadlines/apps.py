from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _seed(apps: Any = None, **_: Any) -> None:
    """Fill the holiday table once it exists; a partial or backward migration has no table to fill."""
    if apps is not None and "holiday" not in apps.all_models["deadlines"]:
        return
    from casework.deadlines.services.calendar import seed_holidays

    seed_holidays()


class DeadlinesConfig(AppConfig):
    name = "casework.deadlines"
    label = "deadlines"

    def ready(self) -> None:
        from casework.accounts.backends import read_with_reader
        from casework.core.english import register_english
        from casework.deadlines import policy, words  # they register acts and words
        from casework.deadlines.refs import register
        from casework.deadlines.rules import DATA
        from casework.deadlines.selectors import calendar_mark
        from casework.deadlines.web import nav  # registers the page in the side bar

        register()
        register_english(DATA.parent / "english.yaml")
        read_with_reader("calendar", calendar_mark, for_pages=True)
        post_migrate.connect(_seed, sender=self, dispatch_uid="deadlines.holidays")
