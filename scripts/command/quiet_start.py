"""Starts TensorFlow without its log lines, and with the settings that the scripts rely on."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# Environment variables that change precision, compile without being asked, or end a training early.
NOT_USED = (
    "KERAS_MAX_EPOCHS",
    "KERAS_MAX_STEPS_PER_EPOCH",
    "KERAS_NNX_ENABLED",
    "TF_USE_LEGACY_KERAS",
    "TF_XLA_FLAGS",
    "TF_ENABLE_AUTO_MIXED_PRECISION",
    "TF_SET_ONEDNN_FPMATH_MODE",
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "DNNL_DEFAULT_FPMATH_MODE",
    "NVIDIA_TF32_OVERRIDE",
)


def use_keras_defaults() -> None:
    """Let Keras compute with TensorFlow, in float32 and with its own constants, whatever the user's settings are.

    Must precede the import of Keras. Keras then neither reads nor writes the file keras.json of the user, because its
    folder is a path that cannot exist. Processes that this one starts inherit these settings.
    """
    for name in NOT_USED:
        os.environ.pop(name, None)
    os.environ.update(KERAS_BACKEND="tensorflow", KERAS_HOME=os.devnull)


@contextmanager
def quiet_start() -> Iterator[None]:
    """Import TensorFlow in the block: with Keras's defaults, and without what the libraries write to stderr.

    These lines appear before any log level takes effect. If the import fails, they are shown. Afterwards TensorFlow
    reports errors only.
    """
    use_keras_defaults()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("absl").setLevel(logging.ERROR)
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as hidden:
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        except ImportError:
            hidden.seek(0)
            os.write(stderr, hidden.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
