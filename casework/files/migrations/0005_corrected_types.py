from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0004_every_keeping_is_a_row"),
    ]

    operations = [
        migrations.AddField(
            model_name="blob",
            name="said_type",
            field=models.CharField(blank=True, max_length=100),
        ),
    ]
