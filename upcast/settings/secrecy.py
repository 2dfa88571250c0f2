"""Which settings are secrets, so that nothing ever shows what they are set to."""

from __future__ import annotations

import re

from pydantic import SecretBytes, SecretStr

from upcast._paths import Path

__all__ = ["is_secret"]

_SECRET = re.compile(
    r"pass(word|wd|phrase)?|secret|token|credential|api_?key|private|(^|_)(key|keys|auth|dsn|url|uri|pwd|salt|cert)($|_)",
    re.IGNORECASE,
)


def is_secret(path: Path, annotation: object) -> bool:
    """Whether a setting is never shown, by its type or by what it is called.

    Args:
        path: The setting.
        annotation: Its annotation, or None where it is not known.
    """
    typed = any(kind.__name__ in str(annotation) for kind in (SecretStr, SecretBytes))
    return typed or any(_SECRET.search(part) for part in path)
