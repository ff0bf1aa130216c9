"""Networks of dense and convolutional layers, and methods against overfitting."""
