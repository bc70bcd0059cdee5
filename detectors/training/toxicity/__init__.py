"""Makes the toxicity detector's linear model out of labelled sets and written sentences."""
