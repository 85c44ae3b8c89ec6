"""Files that multiply are read in time and memory that are linear in their size.

They are read in a process whose processor time and memory are capped by the system.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests import fresh
from tests.conformance.legacy_bombs import BOMBS

_CHILD = """
import json, resource, sys
from pathlib import Path
from holotype.legacy import scan

resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
report = scan(Path(sys.argv[1]), limit=64 << 20)
print(json.dumps([report.verdict, report.complete, len(report.findings)]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_it_is_read_within_the_caps(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.pkl"
    path.write_bytes(BOMBS[name]())
    done = fresh.run(_CHILD, str(path), timeout=300)
    verdict, complete, findings = _said(done.stdout)
    assert verdict == "data" or findings or not complete


def _said(output: str) -> tuple[Any, ...]:
    return tuple(json.loads(output))
