from django.db import migrations, models
from django.db.models.functions import Now

# However a picture is sent on its way again, its clock starts anew.
CLOCK = """
CREATE FUNCTION catalog_image_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.waiting_since := now();
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_image_waits BEFORE UPDATE OF status ON catalog_image FOR EACH ROW
    WHEN (NEW.status = 'pending' AND OLD.status <> 'pending') EXECUTE FUNCTION catalog_image_waits();
"""
NO_CLOCK = "DROP FUNCTION catalog_image_waits() CASCADE"


class Migration(migrations.Migration):

    dependencies = [
        ("catalog", "0002_image_folder"),
    ]

    operations = [
        migrations.AddField(
            model_name="image",
            name="waiting_since",
            field=models.DateTimeField(db_default=Now(), editable=False, help_text="when it last became pending"),
        ),
        migrations.RunSQL("UPDATE catalog_image SET waiting_since = created_at", migrations.RunSQL.noop),
        migrations.RunSQL(CLOCK, NO_CLOCK),
        migrations.CreateModel(
            name="LateDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("pictures", models.PositiveBigIntegerField(default=0)),
            ],
        ),
    ]
