"""The worker: Faust agents, what they keep, and the watchdog over them."""
