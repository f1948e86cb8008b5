from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        # They register acts, references, words, gates and places when they are imported.
        from cases import bundles, documents, elsewhere, policy, policy_penalties, refs, refs_penalties, refs_work  # noqa: F401
        from cases.english import register
        from cases.web import nav, penalties_nav  # noqa: F401

        register()
