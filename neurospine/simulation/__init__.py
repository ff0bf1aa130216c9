"""Objects become a running Brian2 network."""
