from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "casework.desk"
    label = "desk"

    def ready(self) -> None:
        from casework.desk import nav
