"""What the `form` detector looks at: verse, loops, broken ends, languages."""
