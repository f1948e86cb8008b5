from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _seed(apps: Any = None, **_: Any) -> None:
    """Put the first template there once its table exists; a partial or backward migration has none."""
    if apps is not None and "templateversion" not in apps.all_models["units"]:
        return
    from units.seeds import seed_templates

    seed_templates()


class UnitsConfig(AppConfig):
    name = "units"

    def ready(self) -> None:
        from casework.core.english import register_english
        from units import (  # acts, words and kinds of lists are registered by being imported
            campaign_refs,
            campaign_words,  # noqa: F401
            documents,  # noqa: F401
            false_report_panel,  # noqa: F401
            finding,
            policy,  # noqa: F401
            policy_campaign,  # noqa: F401
            refs,
            words,  # noqa: F401
        )
        from units.questionnaire import register_source
        from units.selectors.templates import kept_questionnaire
        from units.services import (
            imports_blocks,  # noqa: F401
            imports_people,  # noqa: F401
            imports_registrations,  # noqa: F401
            imports_sightings,  # noqa: F401
            imports_units,  # noqa: F401
        )
        from units.web import campaign_nav, nav  # noqa: F401

        register_source(kept_questionnaire)
        register_english(Path(__file__).parent / "english.yaml")

        refs.register()
        finding.register()
        campaign_refs.register()
        post_migrate.connect(_seed, sender=self, dispatch_uid="units.templates")
