from django.apps import AppConfig


class FiguresConfig(AppConfig):
    name = "casework.figures"
    label = "figures"

    def ready(self) -> None:
        from casework.figures import policy, words
