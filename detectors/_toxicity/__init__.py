"""What answers for the toxicity detector: a linear model that ships, and Detoxify."""
