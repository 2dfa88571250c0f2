"""Edits that bring a file of settings to today's keys, and what must not be shown of it."""
