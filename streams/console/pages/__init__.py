"""The pages: each a module with a template, a query over the store, and `ROUTES`."""
