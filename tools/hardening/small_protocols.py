"""Small protocols, as files have them."""

TINY = """
schema       = 1
kind         = "protocol"
name         = "tiny"
summary      = "Two pairs of spikes."
step         = "1 ms"
record_every = "10 ms"

[model]
circuit = "independent_pairs"

[conditions.interval]
values  = [5, -5]
unit    = "ms"
meaning = "Postsynaptic minus presynaptic spike"

[[phases]]
name     = "pairing"
duration = "50 ms"

[[phases.stimuli]]
kind         = "pairing"
presynaptic  = "presynaptic"
postsynaptic = "postsynaptic"
interval     = "interval"
rate         = "50 Hz"
count        = 2

[measures.change]
kind    = "relative_change"
meaning = "Change of weight"
phase   = "pairing"

[plot]
title   = "Two pairs"
measure = "change"
x       = "interval"
"""

LIVES = """
kind    = "protocol"
name    = "lives"
summary = "Four days without activity."
step    = "1 s"

[model]
circuit    = "dendrite"
spine      = "living_spine"
parameters = ["v1_adult"]

[record]
summary = true

[[phases]]
name         = "imaging"
kind         = "consolidation"
duration     = "4 day"
tick         = "12 hour"
record_every = "1 day"

[measures.turnover]
kind    = "turnover"
meaning = "Share of spines that came or went"
phase   = "imaging"
every   = "2 day"
"""


#: Phases of one without conditions.
TRACES = """
[[phases]]
name     = "all"
duration = "20 ms"

[traces.neurons]
variables = ["v"]
cells     = [0]
every     = "1 ms"
"""
