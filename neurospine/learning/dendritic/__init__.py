"""Networks of cells with dendrites, and the rules that they learn by."""
