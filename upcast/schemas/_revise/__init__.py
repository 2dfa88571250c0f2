"""The next version of an event: steps found, asked for and proven, and written into the source of its class."""
