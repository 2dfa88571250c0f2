"""Values as Python source, with double quotes."""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["literal"]


def literal(value: Any) -> str:
    """A JSON value as a Python expression."""
    if isinstance(value, str):
        # Whatever JSON escapes, Python escapes in the same way; anything else stands for itself in both.
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal(key)}: {literal(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, float) and not math.isfinite(value):  # a literal that no float can hold
        raise ValueError("a number without a Python literal")
    return repr(value)
