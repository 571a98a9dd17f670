from django.db import migrations

# The words of a product are part of its pictures' vectors (ml.encode.catalog_words), so other words send the pictures
# back to be encoded. One that is being encoded at this moment, with the words as they were, is waited for and sent, too.
WORDS = """
CREATE FUNCTION catalog_words_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog_image image SET status = 'inspected', waiting_since = now()
        FROM old_rows o JOIN now_rows n USING (id)
        WHERE image.product_id = n.id AND image.status IN ('indexed', 'inspected') AND
            (o.title, o.attributes -> 'color', o.attributes -> 'material', o.attributes -> 'pattern') IS DISTINCT FROM
            (n.title, n.attributes -> 'color', n.attributes -> 'material', n.attributes -> 'pattern');
    RETURN NULL;
END $$;
CREATE TRIGGER catalog_words_changed AFTER UPDATE ON catalog_product
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS now_rows
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_words_changed();
"""
NO_WORDS = "DROP FUNCTION catalog_words_changed() CASCADE"


class Migration(migrations.Migration):

    dependencies = [
        ("catalog", "0003_image_waiting_since"),
    ]

    operations = [migrations.RunSQL(WORDS, NO_WORDS)]
