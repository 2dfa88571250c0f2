"""The benchmark suite: what decoding costs here, against bare decoders and against other libraries.

`nox -s bench` runs everything, `python -m benchmarks --help` tells the rest. How it measures is written on the page
`docs/explanation/speed.md`, whose figures this suite prints.
"""
