"""Where each picture stands on its way into the index, and whether the index agrees with the catalog."""
