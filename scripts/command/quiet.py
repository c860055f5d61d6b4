"""Starts TensorFlow without its log lines."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_start() -> Iterator[None]:
    """Withholds what TensorFlow's libraries write while they load, before any log level holds.

    It is shown if they can't be loaded. Afterwards they report errors alone.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("absl").setLevel(logging.ERROR)
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as withheld:
        os.dup2(withheld.fileno(), 2)
        try:
            yield
        except ImportError:
            withheld.seek(0)
            os.write(stderr, withheld.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
