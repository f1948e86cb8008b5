from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "casework.search"
    label = "search"

    def ready(self) -> None:
        from casework.search.web import nav
