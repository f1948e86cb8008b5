from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "casework.access"
    label = "access"

    def ready(self) -> None:
        from casework.access import acts, words
        from casework.access.models import circles_of_reader
        from casework.access.web import nav
        from casework.accounts.backends import read_with_reader

        read_with_reader("circles", circles_of_reader)
