"""Which device TensorFlow computes on in a test run, and that float32 products keep all their bits there.

TensorFlow rounds the operands of float32 products to TF32, 10 bits of fraction, on GPUs that have the units for it,
unless it is told not to.
"""

import tensorflow as tf

NO_GPU = "no GPU is visible to TensorFlow"


def prepare(on_gpu: bool) -> None:
    """Switches TF32 off, and leaves to TensorFlow the first GPU, or none.

    Comes before TensorFlow's first operation. GPU memory is taken as it is needed.
    """
    switch_tf32(False)
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        tf.config.set_visible_devices(gpus[:1] if on_gpu else [], "GPU")
    for gpu in gpus[:1] if on_gpu else []:
        tf.config.experimental.set_memory_growth(gpu, True)


def switch_tf32(on: bool) -> None:
    """Lets float32 products round their operands to TF32, or not; of no effect on a CPU."""
    tf.config.experimental.enable_tensor_float_32_execution(on)


def has_gpu() -> bool:
    """Whether TensorFlow computes on a GPU."""
    return bool(tf.config.get_visible_devices("GPU"))


def why_not() -> str:
    """Why a test that needs a GPU has none."""
    return "python -m pytest -m gpu runs it on the GPU" if tf.config.list_physical_devices("GPU") else NO_GPU


def library() -> str:
    """The row of `bounds.ULPS` for the device that TensorFlow's operations run on."""
    return "tensorflow-gpu" if has_gpu() else "tensorflow"


def name() -> str:
    """`CPU`, or the GPU's name."""
    gpus = tf.config.get_visible_devices("GPU")
    return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU") if gpus else "CPU"


def describe() -> str:
    """The device and whether TF32 is off, for the head of a test run."""
    tf32 = "on" if tf.config.experimental.tensor_float_32_execution_enabled() else "off"
    return f"TensorFlow: computes on {name()}, TF32 {tf32}"
