"""The command `python -m parity_tests`, which judges an implementation."""

import sys

from parity_tests.judging.command import main

sys.exit(main())
