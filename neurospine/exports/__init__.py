"""Results in the formats of others: NWB and SONATA, streamed from the result file."""
