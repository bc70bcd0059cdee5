"""What works on files or past records, without a worker."""
