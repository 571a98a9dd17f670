# The index in two tiers: half-precision vectors, generations, and the feed of changes that every process follows.

import django.db.models.deletion
import django.db.models.functions.datetime
import pgvector.django.halfvec
import search.models
from django.db import migrations, models

# The indexes on vector::halfvec(dim) covered all of a bundle's rows; they cover the hot ones now.
DROP_INDEXES = """
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT indexname FROM pg_indexes WHERE tablename = 'search_imagevector' AND indexname LIKE 'hnsw%' LOOP
        EXECUTE format('DROP INDEX %I', name);
    END LOOP;
END $$
"""

MAKE_INDEXES = """
DO $$
DECLARE bundle record;
BEGIN
    FOR bundle IN SELECT id, dim FROM search_bundle LOOP
        EXECUTE format(
            'CREATE INDEX %I ON search_imagevector USING hnsw ((vector::halfvec(%s)) halfvec_ip_ops)'
            ' WHERE bundle_id = %L AND hot',
            'hnsw_' || left(encode(sha256(convert_to(bundle.id, 'UTF8')), 'hex'), 16), bundle.dim, bundle.id
        );
    END LOOP;
END $$
"""

# Whoever writes a vector, by whatever way, makes it hot and newer than every watermark that was taken before.
WRITTEN = """
CREATE FUNCTION search_vector_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.written := pg_current_xact_id();
    NEW.hot := true;
    RETURN NEW;
END $$;
CREATE TRIGGER search_vector_written BEFORE INSERT OR UPDATE OF vector, image_id, product_id, bundle_id
    ON search_imagevector FOR EACH ROW EXECUTE FUNCTION search_vector_written();
"""
UNWRITTEN = """
DROP TRIGGER search_vector_written ON search_imagevector;
DROP FUNCTION search_vector_written();
"""

# One statement, one look at the rows it touched, one notification; rows whose facts stayed the same are not logged.
CHANGED = """
CREATE FUNCTION search_{table}_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO search_change (product_id) SELECT DISTINCT {product} FROM now_rows WHERE {product} IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO search_change (product_id) SELECT DISTINCT {product} FROM old_rows;
    ELSE
        INSERT INTO search_change (product_id)
            SELECT DISTINCT touched.product FROM old_rows o JOIN now_rows n USING (id),
                LATERAL (VALUES (o.{product}), (n.{product})) AS touched (product)
            WHERE ({old_facts}) IS DISTINCT FROM ({now_facts});{also}
    END IF;
    IF FOUND THEN
        PERFORM pg_notify('sightline_changed', '');
    END IF;
    RETURN NULL;
END $$;
"""
ON_INSERT = """
CREATE TRIGGER search_{table}_inserted AFTER INSERT ON {owner}_{table}
    REFERENCING NEW TABLE AS now_rows FOR EACH STATEMENT EXECUTE FUNCTION search_{table}_changed();
"""
ON_CHANGE = """
CREATE TRIGGER search_{table}_updated AFTER UPDATE ON {owner}_{table}
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS now_rows
    FOR EACH STATEMENT EXECUTE FUNCTION search_{table}_changed();
CREATE TRIGGER search_{table}_deleted AFTER DELETE ON {owner}_{table}
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION search_{table}_changed();
"""

# owner, table, its product, what search goes by, whether its insertion alone changes anything. A picture or product
# without a vector cannot be found, so its insertion changes nothing.
WATCHED = [
    ("catalog", "offer", "product_id",
     ["{row}.product_id", "{row}.seller_id", "{row}.price", "{row}.availability", "{row}.quantity"], True),
    ("catalog", "product", "id", ["{row}.blocked", "{row}.category_id", "{row}.attributes"], False),
    ("catalog", "image", "product_id",
     ["{row}.product_id", "{row}.blocked", "{row}.status IN ('rejected', 'failed')"], False),
    ("search", "imagevector", "product_id", ["{row}.written"], True),
]
PINNED_HOT = """
        IF EXISTS (SELECT FROM old_rows o JOIN now_rows n USING (id) WHERE n.hot > o.hot) THEN
            PERFORM pg_notify('sightline_changed', '');
        END IF;"""


def watch(owner, table, product, facts, inserted):
    """The function and the triggers of one table. One branch of the function runs, so each may name its own rows."""
    old, new = (", ".join(fact.format(row=row) for fact in facts) for row in "on")
    also = PINNED_HOT if table == "imagevector" else ""
    sql = CHANGED.format(table=table, product=product, old_facts=f"ROW({old})", now_facts=f"ROW({new})", also=also)
    if inserted:
        sql += ON_INSERT.format(owner=owner, table=table)
    return sql + ON_CHANGE.format(owner=owner, table=table)


def unwatch(owner, table, product, facts, inserted):
    return f"DROP FUNCTION search_{table}_changed() CASCADE;"


# What is served, and how far a build has come.
SERVING = """
CREATE FUNCTION search_serving_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('sightline_serving', '');
    RETURN NULL;
END $$;
CREATE TRIGGER search_serving_changed AFTER INSERT OR DELETE OR UPDATE OF state ON search_generation
    FOR EACH STATEMENT EXECUTE FUNCTION search_serving_changed();
CREATE TRIGGER search_serving_changed AFTER INSERT OR DELETE OR UPDATE OF state, share ON search_bundle
    FOR EACH STATEMENT EXECUTE FUNCTION search_serving_changed();
CREATE TRIGGER search_serving_changed AFTER INSERT OR DELETE OR UPDATE ON search_pin
    FOR EACH STATEMENT EXECUTE FUNCTION search_serving_changed();

CREATE FUNCTION search_generation_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('sightline_progress', NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER search_generation_progress AFTER INSERT OR UPDATE OF progress, state ON search_generation
    FOR EACH ROW EXECUTE FUNCTION search_generation_progress();
"""
UNSERVING = """
DROP FUNCTION search_serving_changed() CASCADE;
DROP FUNCTION search_generation_progress() CASCADE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_image_folder'),
        ('search', '0002_bundles_building'),
    ]

    operations = [
        migrations.RunSQL(DROP_INDEXES, MAKE_INDEXES.replace(' AND hot', '')),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product_id', models.BigIntegerField()),
                ('xid', search.models.Xid8Field(db_index=True)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Generation',
            fields=[
                ('id', models.CharField(help_text='<utc yyyymmdd-hhmmss>-<6 hex>: also its folder', max_length=40, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('building', 'Building'), ('ready', 'Ready'), ('live', 'Live'), ('retired', 'Retired'), ('failed', 'Failed')], default='building', max_length=10)),
                ('watermark', models.TextField(blank=True, help_text='pg_current_snapshot(), taken before the rows were read')),
                ('rows', models.BigIntegerField(default=0)),
                ('bytes_disk', models.BigIntegerField(default=0)),
                ('bytes_ram', models.BigIntegerField(default=0)),
                ('manifest', models.JSONField(default=dict)),
                ('recall', models.JSONField(default=dict)),
                ('progress', models.JSONField(default=dict, help_text='stage, done, total')),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('ready_at', models.DateTimeField(blank=True, null=True)),
                ('promoted_at', models.DateTimeField(blank=True, null=True)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Pin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(choices=[('policy', 'Policy'), ('traffic', 'Traffic')], default='policy', max_length=10)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='QuerySample',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('vector', pgvector.django.halfvec.HalfVectorField()),
                ('at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='ServingEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('actor', models.CharField(blank=True, max_length=150)),
                ('verb', models.CharField(max_length=30)),
                ('generation_id', models.CharField(blank=True, max_length=40)),
                ('bundle_id', models.CharField(blank=True, max_length=120)),
                ('detail', models.JSONField(default=dict)),
            ],
            options={
                'db_table': 'search_event',
            },
        ),
        migrations.AddField(
            model_name='bundle',
            name='promoted_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='bundle',
            name='retired_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='bundle',
            name='share',
            field=models.FloatField(default=0.0, help_text='of the visitors whose searches a shadow bundle answers, 0 to 1'),
        ),
        migrations.AddField(
            model_name='imagevector',
            name='hot',
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name='imagevector',
            name='written',
            field=search.models.Xid8Field(),
        ),
        migrations.AlterField(
            model_name='bundle',
            name='state',
            field=models.CharField(choices=[('building', 'Building'), ('shadow', 'Shadow'), ('live', 'Live'), ('retired', 'Retired')], default='live', max_length=10),
        ),
        migrations.AlterField(
            model_name='imagevector',
            name='vector',
            field=pgvector.django.halfvec.HalfVectorField(),
        ),
        migrations.AddIndex(
            model_name='imagevector',
            index=models.Index(condition=models.Q(('hot', True)), fields=['bundle', 'image'], name='hot_vectors'),
        ),
        migrations.AddConstraint(
            model_name='bundle',
            constraint=models.CheckConstraint(condition=models.Q(('share__gte', 0), ('share__lte', 1)), name='share_from_0_to_1'),
        ),
        migrations.AddField(
            model_name='generation',
            name='bundle',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='generations', to='search.bundle'),
        ),
        migrations.AddField(
            model_name='pin',
            name='category',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='pin', to='catalog.category'),
        ),
        migrations.AddField(
            model_name='querysample',
            name='bundle',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='samples', to='search.bundle'),
        ),
        migrations.AddConstraint(
            model_name='generation',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'live')), fields=('bundle',), name='one_live_generation_per_bundle'),
        ),
        migrations.RunSQL(MAKE_INDEXES, DROP_INDEXES),
        migrations.RunSQL(WRITTEN, UNWRITTEN),
        *(migrations.RunSQL(watch(*table), unwatch(*table)) for table in WATCHED),
        migrations.RunSQL(SERVING, UNSERVING),
    ]
