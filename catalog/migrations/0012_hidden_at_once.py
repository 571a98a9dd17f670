# An offer that is written while its seller is being blocked waits for that, and the block for it: each sees the other.

from django.db import migrations

HIDDEN = """
CREATE OR REPLACE FUNCTION catalog_offer_hidden() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.hidden := coalesce((SELECT blocked FROM catalog_seller WHERE id = NEW.seller_id{lock}), false);
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("catalog", "0011_import_edit"),
    ]

    operations = [
        migrations.RunSQL(HIDDEN.format(lock=" FOR SHARE"), HIDDEN.format(lock="")),
    ]
