"""Circuits of spiking neurons that learn classes of images."""
