from django.apps import AppConfig


class UnitsConfig(AppConfig):
    name = "units"

    def ready(self) -> None:
        from units import (  # acts, words and kinds of lists are registered by being imported
            campaign_refs,
            campaign_words,  # noqa: F401
            finding,
            policy,  # noqa: F401
            policy_campaign,  # noqa: F401
            refs,
            words,  # noqa: F401
        )
        from units.services import (
            imports_blocks,  # noqa: F401
            imports_people,  # noqa: F401
            imports_registrations,  # noqa: F401
            imports_sightings,  # noqa: F401
            imports_units,  # noqa: F401
        )
        from units.web import campaign_nav, nav  # noqa: F401

        refs.register()
        finding.register()
        campaign_refs.register()
