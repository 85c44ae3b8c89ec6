"""No test leaves its module behind."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_case_left() -> Iterator[None]:
    """The module of a case is known to the test that loaded it, and to no other."""
    yield
    sys.modules.pop("case", None)
