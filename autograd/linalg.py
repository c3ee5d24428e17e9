"""Linear algebra by torch's names: ``linalg.inv``, ``linalg.solve``, ``linalg.norm``."""

from .ops import cholesky, det, inv, matmul, matrix_norm, slogdet, solve
from .ops.norms import linalg_norm as norm
from .ops.norms import vector_norm

__all__ = [
    "cholesky",
    "det",
    "inv",
    "matmul",
    "matrix_norm",
    "norm",
    "slogdet",
    "solve",
    "vector_norm",
]
