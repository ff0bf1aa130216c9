"""Protocols that are killed and interrupted while they run; `{length}` says how long they take."""

PLASTIC = """
schema       = 1
kind         = "protocol"
name         = "plastic"
summary      = "A plastic network of 300 neurons."
step         = "0.1 ms"
record_every = "0.5 s"

[model]
circuit = "recurrent_network"

[[phases]]
name     = "activity"
duration = "{length} s"

[measures.change]
kind    = "relative_change"
meaning = "Change of weight"
phase   = "activity"
"""

LIVING = """
schema       = 1
kind         = "protocol"
name         = "living"
summary      = "Activity by day, consolidation and turnover by night."
step         = "0.1 ms"
spine_step   = "50 ms"
record_every = "0.1 s"

[model]
circuit = "recurrent_network"
spine   = "living_pair_stdp"

[[phases]]
name     = "wake"
duration = "0.5 s"

[[phases]]
name         = "sleep"
kind         = "consolidation"
duration     = "1 day"
tick         = "10 minute"
record_every = "1 hour"

[cycle]
phases = ["wake", "sleep"]
count  = {length}

[measures.turnover]
kind    = "turnover"
meaning = "Share of spines that came or went"
phase   = "sleep_1"
every   = "6 hour"
"""

REWARDED = """
schema       = 1
kind         = "protocol"
name         = "rewarded"
summary      = "Dopamine seconds after two neurons have fired one after the other."
step         = "1 ms"
record_every = "1 s"

[model]
circuit = "rewarded_network"

[[phases]]
name     = "minute"
duration = "{length} s"

[measures.chosen]
kind       = "trial_size"
meaning    = "Weight of the spine between the two neurons"
projection = "chosen"
phase      = "minute"
variable   = "weight"
"""
