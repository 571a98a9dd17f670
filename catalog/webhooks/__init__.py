"""What other programs are told of: an outbox in the database, and signed requests that empty it."""
