"""The command `python -m parity_tests`, which judges an implementation."""

import sys

try:
    from parity_tests.judging.command import main
except ModuleNotFoundError as error:
    if error.name != "hypothesis":
        raise
    message = "the package hypothesis is not installed: python -m pip install hypothesis"
    print(f"python -m parity_tests: error: {message}", file=sys.stderr)
    sys.exit(2)

sys.exit(main())
