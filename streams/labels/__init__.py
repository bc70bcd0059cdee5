"""What people say of records: labels, and what may be concluded from them."""
