"""`python -m tests.faults`: see runner.py."""

import sys

from tests.faults.runner import main

if __name__ == "__main__":
    sys.exit(main())
