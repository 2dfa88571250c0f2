"""The images of one small service, a module each: what its settings are in each release."""
