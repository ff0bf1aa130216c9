"""Words that files of networks choose from, where also programs need them; read without JAX."""

from __future__ import annotations

from typing import Literal

#: What the start of bounds counts as 1.
Relative = Literal["one", "inputs", "largest"]
#: What tells that a weight falls: that it became smaller, or its gradient.
Evidence = Literal["trend", "gradient"]
