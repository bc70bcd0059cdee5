"""Makes the shipped encoder: what it reads, how it is fitted, quantized, joined and told of."""
