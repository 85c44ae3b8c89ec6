#!/bin/sh
# Prints the command of a Python that can make this project's environment: 3.11 or newer, with venv.
# PYTHON=... picks one; otherwise the newest tested version on PATH is taken.
#
# Every candidate is run, not only looked up: a version manager's shim may exist for a Python that
# it will not start.
set -eu

without_venv=""
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
    if "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        echo "$candidate"
        exit 0
    fi
    without_venv="$candidate"
done

if [ -n "$without_venv" ]; then
    echo "error: $without_venv cannot make virtual environments" >&2
    echo "       on Debian: apt install python3-venv" >&2
elif [ -n "${PYTHON:-}" ]; then
    echo "error: PYTHON=$PYTHON is not a Python 3.11 or newer" >&2
else
    echo "error: no Python 3.11 or newer found; on Debian: apt install python3 python3-venv" >&2
    echo "       or name one: make PYTHON=/path/to/python3" >&2
fi
exit 1
