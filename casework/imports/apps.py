from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "casework.imports"
    label = "imports"

    def ready(self) -> None:
        from casework.imports import (
            kinds_floor,  # noqa: F401  registers its kind
            refs,
            words,  # noqa: F401  registers its words
        )

        from casework.imports.web import nav  # noqa: F401

        refs.register()
