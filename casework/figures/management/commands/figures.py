"""``manage.py figures CAMPAIGN``: every figure of a campaign from its records."""

import json
from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date

from casework.core import clock
from casework.figures.definition import Scope
from casework.figures.selectors import compute_figures, contradictions
from units.models import Campaign


class Command(BaseCommand):
    help = "Print the figures of a campaign, each with definition, as-of date, source and the list behind it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("campaign", help="the campaign's code, e.g. zhejiang-2021")
        parser.add_argument("--as-of", default="", help="a day such as 2021-12-15; today when left out")
        parser.add_argument("--format", choices=["json", "table"], default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        campaign = Campaign.objects.filter(code=options["campaign"]).first()
        if campaign is None:
            known = "、".join(Campaign.objects.values_list("code", flat=True)) or "（还没有）"
            raise CommandError(f"没有代码为“{options['campaign']}”的专项行动。现有：{known}")
        as_of = parse_date(options["as_of"]) if options["as_of"] else clock.today()
        if as_of is None:
            raise CommandError(f"--as-of {options['as_of']}：不是日期，例如 2021-12-15")
        scope = Scope(campaign, as_of, None)
        figures = compute_figures(scope)
        unexplained = contradictions(scope, figures)
        if options["format"] == "json":
            claims = {claim.key: claim for claim in campaign.claims.all()}
            document = {
                "campaign": campaign.code,
                "as_of": as_of.isoformat(),
                "figures": {
                    key: {
                        "value": figure.value,
                        "definition": f"{figure.definition.label}：{figure.definition.words}",
                        "unit": str(figure.definition.unit),
                        "as_of": claims[key].as_of.isoformat() if key in claims else as_of.isoformat(),
                        "source": str(figure.definition.source),
                        "list": figure.url,
                    }
                    for key, figure in figures.items()
                },
                "unexplained": [
                    {
                        "key": item.key,
                        "text": item.text,
                        "figures": dict(item.figures),
                        "rows": list(item.rows),
                        "list": item.url,
                    }
                    for item in unexplained
                    if not item.reason
                ],
            }
            self.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=_number))
            return
        for key, figure in figures.items():
            value = "、".join(figure.value) if isinstance(figure.value, list) else figure.value
            self.stdout.write(
                f"{key}\t{value} {figure.definition.unit}\t{figure.definition.label}（{figure.definition.words}）"
            )
        for item in unexplained:
            self.stdout.write(f"对不上\t{item.text}{'已说明：' + item.reason if item.reason else ''}")


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is not a figure")
