"""What the gate found, in every form in which it is told.

`documents` has the one record that all forms are made of, and is what programs read; `text` is for people, `sarif` for
code scanning, `github` and `markdown` for workflows.
"""
