"""Training as an experiment: what is trained, its course, its file and its pictures."""
