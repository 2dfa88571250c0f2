"""What helps to test code that uses `upcast`: fixtures for pytest, in `upcast.testing.plugin`."""
