from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "casework.search"
    label = "search"

    def ready(self) -> None:
        # They register acts, words, references and places when they are imported.
        from casework.search import ledger_words, official, policy, refs
        from casework.search.web import nav

        refs.register()
