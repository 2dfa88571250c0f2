"""JSON Schema, both ways."""
