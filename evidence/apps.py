from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "evidence"
    label = "evidence"

    def ready(self) -> None:
        from evidence import documents, log_policy, log_tasks, policy, refs  # noqa: F401  (they register themselves)
        from evidence.web import found, log_status, logs, nav, words  # noqa: F401
