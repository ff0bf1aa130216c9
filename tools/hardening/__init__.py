"""Attacks on neurospine: inputs from strangers, kills at any moment, surroundings that fail."""
