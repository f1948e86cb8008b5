from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "casework.imports"
    label = "imports"

    def ready(self) -> None:
        from casework.imports import (
            kinds_floor,
            refs,
            words,
        )
        from casework.imports.web import nav

        refs.register()
