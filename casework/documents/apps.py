from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "casework.documents"
    label = "documents"

    def ready(self) -> None:
        # They register acts, references, words and places when they are imported.
        from casework.documents import policy, refs
        from casework.documents.web import nav
