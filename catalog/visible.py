"""Which pictures shoppers may see, once in SQL; which products, says SOLD in catalog/queries.py."""

SHOWN = "NOT i.blocked AND i.status NOT IN ('rejected', 'failed', 'held')"  # of catalog_image i
