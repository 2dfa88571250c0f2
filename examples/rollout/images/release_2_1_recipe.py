"""Release 2.1 with the usual recipe: both keys are optional, and a validator fills in the new one."""

from __future__ import annotations

import warnings
from typing import Any

from pydantic import model_validator

from images.release_2_0 import Sources


class Settings(Sources):
    """Settings of release 2.1, with a validator that runs when the sources have been merged."""

    cache_ttl_seconds: int | None = None
    legacy_cache_timeout: int | None = None

    @model_validator(mode="before")
    @classmethod
    def take_legacy(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Take the old key where the new one is not set."""
        if data.get("cache_ttl_seconds") is None and data.get("legacy_cache_timeout") is not None:
            warnings.warn("LEGACY_CACHE_TIMEOUT is deprecated", DeprecationWarning, stacklevel=2)
            data["cache_ttl_seconds"] = data["legacy_cache_timeout"]
        return data

    @property
    def ttl(self) -> int | None:
        """How long the service caches, in seconds."""
        return self.cache_ttl_seconds
