"""From incidents to people: one bridge, and a file for each receiver."""
