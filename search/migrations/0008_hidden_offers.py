from django.db import migrations

# As in 0003_generations, and an offer that is hidden with its seller has changed, too.
OFFER_CHANGED = """
CREATE OR REPLACE FUNCTION search_offer_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO search_change (product_id) SELECT DISTINCT product_id FROM now_rows WHERE product_id IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO search_change (product_id) SELECT DISTINCT product_id FROM old_rows;
    ELSE
        INSERT INTO search_change (product_id)
            SELECT DISTINCT touched.product FROM old_rows o JOIN now_rows n USING (id),
                LATERAL (VALUES (o.product_id), (n.product_id)) AS touched (product)
            WHERE ROW(o.product_id, o.seller_id, o.price, o.availability, o.quantity{old})
                IS DISTINCT FROM ROW(n.product_id, n.seller_id, n.price, n.availability, n.quantity{now});
    END IF;
    IF FOUND THEN
        PERFORM pg_notify('sightline_changed', '');
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("catalog", "0008_history"),
        ("search", "0007_flag"),
    ]

    operations = [
        migrations.RunSQL(
            OFFER_CHANGED.format(old=", o.hidden", now=", n.hidden"), OFFER_CHANGED.format(old="", now="")
        ),
    ]
