"""A human's report: how bad is what it tells, and why."""
