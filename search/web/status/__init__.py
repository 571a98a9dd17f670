"""The doors of the catalog admin's status pages."""
