"""What holds for all tests.

Linear algebra runs on one thread: with several, sums may be taken in another order from call to
call, and these tests compare bits. It also leaves the cores to the tests that run side by side.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
