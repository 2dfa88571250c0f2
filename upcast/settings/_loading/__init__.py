"""Loading settings: each source is migrated on its own, before the sources merge."""
