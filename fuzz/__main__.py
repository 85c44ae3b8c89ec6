"""``python -m fuzz``: change honest archives for some seconds, and say what came of it."""

from __future__ import annotations

import os
import sys

# Before any library is imported: a fork may not inherit threads of OpenMP or BLAS.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

from fuzz.command import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
