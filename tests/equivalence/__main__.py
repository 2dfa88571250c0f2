"""`python tests/equivalence`: the whole suite; see `--help`."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])  # in the place of this folder
    from equivalence.command import main

    sys.exit(main())
