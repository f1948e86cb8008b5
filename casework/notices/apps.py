from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "casework.notices"
    label = "notices"

    def ready(self) -> None:
        from casework.notices.selectors import unread
        from casework.web.context import register_unread

        register_unread(unread)
        from casework.notices import policy, words  # they register acts and words
        from casework.notices.channels.hooks import hooks
        from casework.notices.refs import register
        from casework.notices.web import nav  # registers its pages in the side bar

        register()
        hooks()  # a wrong setting is told at the start
