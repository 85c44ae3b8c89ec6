"""What holds for all tests.

Linear algebra runs on one thread: with several, sums may be taken in another order from call to
call, and these tests compare bits. It also leaves the cores to the tests that run side by side.
"""

import gc
import os

import pytest

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")


@pytest.fixture(scope="module", autouse=True)
def _what_is_old_is_left_alone() -> None:
    """Frameworks that other modules imported are millions of objects: no collection walks them."""
    gc.collect()
    gc.freeze()
