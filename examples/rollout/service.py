"""The service: `python service.py release_2_1` starts that image, which serves until its input ends.

It loads its settings as the first thing, as services do, and then says in one line of JSON that it is ready.
"""

from __future__ import annotations

import importlib
import json
import sys


def main(image: str) -> None:
    """Start an image.

    Args:
        image: The name of its module.
    """
    module = importlib.import_module(f"images.{image}")
    settings = module.Settings()
    counter = getattr(module, "legacy_keys", None)
    ready = {"ttl": settings.ttl, "metrics": counter.exposition() if counter else ""}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
