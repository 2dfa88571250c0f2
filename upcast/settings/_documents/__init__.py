"""Documents of each kind: read by the library of the format, edited by spans of the text."""
