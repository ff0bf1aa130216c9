"""Networks that learn: dendritic target propagation and what it is compared with, in JAX."""
