"""Everything a laptop needs to run Jobbing: ``python3 -m infra.local --help``.

Hides: how a bare machine becomes one that serves. Standard library only, because the first
command runs before any requirement is installed.
"""

from __future__ import annotations

import sys

# This module runs before any other of the package is even parsed, so it is the one place where
# a Python too old for the others can still be told so in words.
if sys.version_info < (3, 11):  # noqa: UP036 - a stranger's python3 is what it is.
    sys.exit(
        "Jobbing needs Python 3.11 or newer, and {} is {}.{}. Install a newer one and name it: "
        "make run PYTHON=python3.12".format(sys.executable, *sys.version_info[:2])
    )
