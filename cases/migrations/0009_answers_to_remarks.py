"""An officer may answer a remark at the part of the draft where it stands."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0008_who_reported"),
    ]

    operations = [
        migrations.AddField(
            model_name="paperremark",
            name="answer",
            field=models.TextField(blank=True, default="", verbose_name="答复"),
        ),
    ]
