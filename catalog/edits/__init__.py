"""Changes of many rows as one, and taking them back."""
