from django.apps import AppConfig
from django.core.cache import BaseCache, caches, close_caches
from django.core.signals import request_finished
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "casework.core"
    label = "core"

    def ready(self) -> None:
        from casework.core.roles import grant_after_migrate

        if all(type(one).close is BaseCache.close for one in caches.all()):
            request_finished.disconnect(close_caches)  # they lie in this process: each request asked them for nothing
        post_migrate.connect(grant_after_migrate, sender=self, dispatch_uid="core.grants")
