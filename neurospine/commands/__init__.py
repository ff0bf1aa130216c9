"""Commands in modules of their own; `cli` puts them together."""
