import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "__first__"),
        ("cases", "0001_initial"),
        ("units", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="EnergyFactors",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="版本")),
                ("name", models.CharField(max_length=200, verbose_name="名称")),
                (
                    "kwh_per_address_day",
                    models.DecimalField(decimal_places=4, max_digits=10, verbose_name="每个地址每天用电 kWh"),
                ),
                ("kgce_per_kwh", models.DecimalField(decimal_places=4, max_digits=8, verbose_name="标准煤 kgce/kWh")),
                ("kgco2_per_kwh", models.DecimalField(decimal_places=4, max_digits=8, verbose_name="二氧化碳 kg/kWh")),
                ("source", models.CharField(max_length=300, verbose_name="来源")),
                ("valid_from", models.DateField(verbose_name="起用")),
            ],
            options={
                "verbose_name": "能耗因子",
            },
        ),
        migrations.CreateModel(
            name="Tariff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("province", models.CharField(max_length=20, verbose_name="省份")),
                ("from_on", models.DateField(verbose_name="起")),
                ("surcharge", models.DecimalField(decimal_places=2, max_digits=6, verbose_name="加价 元/kWh")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("source", models.CharField(max_length=200, verbose_name="来源")),
            ],
            options={
                "verbose_name": "差别电价",
                "constraints": [
                    models.UniqueConstraint(fields=("province", "from_on"), name="tariff_once"),
                    models.CheckConstraint(condition=models.Q(("surcharge__gte", 0)), name="tariff_not_negative"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80, verbose_name="指标")),
                ("beside", models.CharField(blank=True, max_length=80, verbose_name="同一口径的本系统指标")),
                ("value", models.DecimalField(decimal_places=4, max_digits=20, verbose_name="数值")),
                ("as_of", models.DateField(verbose_name="截至")),
                ("source", models.CharField(max_length=200, verbose_name="来源")),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="claims", to="units.campaign"
                    ),
                ),
            ],
            options={
                "verbose_name": "外部公布数",
                "constraints": [
                    models.UniqueConstraint(fields=("campaign", "key", "as_of", "source"), name="claim_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Explanation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120, verbose_name="矛盾")),
                ("reason", models.TextField(verbose_name="说明")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="explanations", to="units.campaign"
                    ),
                ),
            ],
            options={
                "verbose_name": "差异说明",
                "constraints": [
                    models.UniqueConstraint(fields=("campaign", "key"), name="explanation_once"),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="explanation_has_reason"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PublishedCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, verbose_name="引用名")),
                ("source", models.CharField(max_length=200, verbose_name="来源")),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="published_cases", to="units.campaign"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
            ],
            options={
                "verbose_name": "公开通报的案件",
                "constraints": [models.UniqueConstraint(fields=("campaign", "code"), name="published_case_once")],
            },
        ),
    ]
