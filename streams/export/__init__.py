"""Verdicts as flat rows for a warehouse: Parquet, JSON lines, CSV, and a table for ClickHouse."""
