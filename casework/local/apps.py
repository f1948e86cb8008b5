from django.apps import AppConfig


class LocalConfig(AppConfig):
    name = "casework.local"
    label = "local"

    def ready(self) -> None:
        import casework.celery  # it binds every shared task to the configured broker
