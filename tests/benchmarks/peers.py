"""Who is timed: the peers, their versions, and how each is kept to one thread."""

import os
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType

NUMPY = "NumPy by hand"
OURS = "moongrad"
COMPILED = "moongrad, compiled"
TORCH = "torch"
JAX = "jax.jit"
MYGRAD = "MyGrad"
HIPS = "HIPS autograd"
MICROGRAD = "micrograd"

DISTRIBUTIONS = {
    NUMPY: "numpy",
    OURS: "moongrad",
    COMPILED: "moongrad",
    TORCH: "torch",
    JAX: "jax",
    MYGRAD: "mygrad",
    HIPS: "autograd",
    MICROGRAD: "micrograd",
}

# HIPS's package is called autograd like ours: only its own process looks into this folder.
HIPS_FOLDER = Path(sys.prefix) / "hips"

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}


def stay_on_one_core() -> None:
    """Keep this process, and those that it starts, on one core and to one thread."""
    os.environ.update(ONE_THREAD)
    if hasattr(os, "sched_setaffinity"):  # Linux
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def version(peer: str) -> str | None:
    """The version of ``peer``; None if it is not installed."""
    path = [str(HIPS_FOLDER)] if peer == HIPS else sys.path
    found = metadata.distributions(name=DISTRIBUTIONS[peer], path=path)
    return next((distribution.version for distribution in found), None)


def why_missing(peer: str) -> str | None:
    """Why ``peer`` cannot run here; None if it can."""
    return "not installed" if version(peer) is None else None


def import_torch() -> ModuleType:
    import torch

    torch.set_num_threads(1)
    return torch


def import_jax() -> ModuleType:
    import jax

    jax.config.update("jax_cpu_enable_async_dispatch", False)  # faster for steps this small
    return jax


def import_hips() -> ModuleType:
    sys.path.insert(0, str(HIPS_FOLDER))
    import autograd

    return autograd
