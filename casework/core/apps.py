from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class CoreConfig(AppConfig):
    name = "casework.core"
    label = "core"

    def ready(self) -> None:
        from casework.core.roles import create_extensions, grant_after_migrate

        pre_migrate.connect(create_extensions, sender=self, dispatch_uid="core.extensions")
        post_migrate.connect(grant_after_migrate, sender=self, dispatch_uid="core.grants")
