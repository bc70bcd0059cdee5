"""Makes the persona detector's model out of labelled sets and written sentences."""
