"""Who may come in, person or program. Knows roles' permission codes by name only, and nothing of the shop."""
