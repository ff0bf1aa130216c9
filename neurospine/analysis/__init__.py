"""Trajectories become measures, verdicts, tables and pictures."""
