"""The CUDA backend: Brian2CUDA's programs with our own synapses, recording and driver."""
