"""What shoppers wanted and did not find, and what the shop has that nobody sees or wants. docs/demand.md."""
