"""A small shop whose events have outlived several releases."""
