from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from cases import policy, refs  # noqa: F401  (they register themselves)
        from cases.web import nav  # noqa: F401
