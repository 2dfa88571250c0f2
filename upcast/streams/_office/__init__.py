"""The inside of the dead letter office: which letters, what they have in common, and how each is settled."""
