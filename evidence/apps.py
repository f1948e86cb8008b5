from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _seed(apps: Any = None, **_: Any) -> None:
    """Put the catalogue of pools there once its table exists; a partial or backward migration has none."""
    if apps is not None and "poolplace" not in apps.all_models["evidence"]:
        return
    from evidence.seeds import seed_pools

    seed_pools()


class EvidenceConfig(AppConfig):
    name = "evidence"
    label = "evidence"

    def ready(self) -> None:
        from evidence import attribution_document, documents, log_policy, policy, refs  # noqa: F401  (they register themselves)
        from evidence.services import imports_pools  # noqa: F401
        from evidence.web import attributions, found, log_status, logs, nav, pools, words  # noqa: F401

        post_migrate.connect(_seed, sender=self, dispatch_uid="evidence.pools")
