"""A shop of a bench's own: folder, PostgreSQL, worker and web servers, beside whatever else runs on this machine."""
