"""Speed, as ratios taken in one run. Not collected by pytest; `make bench` runs it."""
