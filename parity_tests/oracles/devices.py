"""The device on which TensorFlow computes in a test run, and the full precision of float32 products there.

On GPUs that support TF32, TensorFlow rounds the operands of float32 products to 10 bits of fraction, unless that is
switched off.
"""

import tensorflow as tf

NO_GPU = "no GPU is visible to TensorFlow"


def prepare(on_gpu: bool) -> None:
    """Switches TF32 off, and makes TensorFlow compute on its first GPU, or on no GPU.

    Must precede TensorFlow's first operation. GPU memory is allocated as needed. The CPU becomes two logical devices:
    TensorFlow uses the first one, and the tests of distributed training use both.
    """
    switch_tf32(False)
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        tf.config.set_visible_devices(gpus[:1] if on_gpu else [], "GPU")
    for gpu in gpus[:1] if on_gpu else []:
        tf.config.experimental.set_memory_growth(gpu, True)


def switch_tf32(on: bool) -> None:
    """Allows or forbids TF32 in float32 products; a CPU never uses it."""
    tf.config.experimental.enable_tensor_float_32_execution(on)


def has_gpu() -> bool:
    """Whether TensorFlow computes on a GPU."""
    return bool(tf.config.get_visible_devices("GPU"))


def why_not() -> str:
    """The reason for which a test that needs a GPU is skipped."""
    gpus = tf.config.list_physical_devices("GPU")
    return "only python -m pytest -m gpu runs this test on the GPU" if gpus else NO_GPU


def library() -> str:
    """The library in `bounds.ULPS` for the device on which TensorFlow computes."""
    return "tensorflow-gpu" if has_gpu() else "tensorflow"


def name() -> str:
    """`CPU`, or the name of the GPU."""
    gpus = tf.config.get_visible_devices("GPU")
    return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU") if gpus else "CPU"


def describe() -> str:
    """A line with the device and the state of TF32, for the head of a test run."""
    tf32 = "on" if tf.config.experimental.tensor_float_32_execution_enabled() else "off"
    return f"TensorFlow: computes on {name()}, TF32 {tf32}"
