"""Makes the threat detector's model out of labelled sets and written sentences."""
