from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "casework.notices"
    label = "notices"

    def ready(self) -> None:
        from casework.notices.selectors import unread
        from casework.web.context import register_unread

        register_unread(unread)
        from casework.notices import words  # registers the words of its entries
