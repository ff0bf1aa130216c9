"""What a run leaves: segments while it goes on, one HDF5 file at the end."""
