"""Sweeps: one protocol over parameters, sets and seeds, on several processes or machines."""
