"""What the `placement` detector reads: names nobody asked for, and how a sentence praises them."""
