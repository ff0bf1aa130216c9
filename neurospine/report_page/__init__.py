"""One page of HTML about runs: what was run, scores, figures to look through, sources."""
