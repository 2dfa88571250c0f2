"""Valkey Streams: what consumes them, what keeps dead letters, and a server to try it all on.

Nothing is imported here: each module loads the extra it stands on where it uses it.
"""
