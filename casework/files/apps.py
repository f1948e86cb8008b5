from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "casework.files"
    label = "files"

    def ready(self) -> None:
        from casework.files.scrub import fixity
        from casework.files.storage import check
        from casework.ledger.web.overview import register_fixity

        register_fixity(fixity)
        check()
