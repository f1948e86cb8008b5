from pathlib import Path

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "casework.documents"
    label = "documents"

    def ready(self) -> None:
        # They register acts, references, words and places when they are imported.
        from casework.core.english import register_english
        from casework.documents import policy, refs
        from casework.documents.web import nav

        register_english(Path(__file__).parent / "english.yaml")
