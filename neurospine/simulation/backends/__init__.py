"""Where a network is built and run: one file for each backend."""
