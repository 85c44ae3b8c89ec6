"""What judges a backend: suites that its author runs, and places that count and fail on purpose."""

from __future__ import annotations

from holotype.testing.places import CountingPlace, FaultyPlace, PlaceSuite
from holotype.testing.stores import StoreSuite

__all__ = ["CountingPlace", "FaultyPlace", "PlaceSuite", "StoreSuite"]
