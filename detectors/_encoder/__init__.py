"""One small transformer with several heads, for what the linear models leave uncertain."""
