"""The window agent's state: one set of panes a deployment, its snapshots and baselines."""
