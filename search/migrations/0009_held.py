# A held picture is in no search, as a rejected one.

from django.db import migrations

IMAGE = """
CREATE OR REPLACE FUNCTION search_image_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO search_change (product_id) SELECT DISTINCT product_id FROM old_rows;
    ELSE
        INSERT INTO search_change (product_id)
            SELECT DISTINCT touched.product FROM old_rows o JOIN now_rows n USING (id),
                LATERAL (VALUES (o.product_id), (n.product_id)) AS touched (product)
            WHERE (o.product_id, o.blocked, o.status IN ({hidden})) IS DISTINCT FROM
                (n.product_id, n.blocked, n.status IN ({hidden}));
    END IF;
    IF FOUND THEN
        PERFORM pg_notify('sightline_changed', '');
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("catalog", "0010_inspection"),
        ("search", "0008_hidden_offers"),
    ]

    operations = [
        migrations.RunSQL(
            IMAGE.format(hidden="'rejected', 'failed', 'held'"), IMAGE.format(hidden="'rejected', 'failed'")
        ),
    ]
