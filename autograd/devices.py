"""Devices by torch's names: there is the CPU alone."""

from __future__ import annotations

from typing import Any

from .ops.elementwise import check_device


class device(str):
    """A place where tensors are: ``"cpu"``. Raises ValueError for any other.

    >>> import autograd
    >>> place = device("cuda" if autograd.cuda.is_available() else "cpu")
    >>> autograd.ones(2).to(place).device == place
    True
    """

    type = "cpu"

    def __new__(cls, name: Any = "cpu") -> device:
        check_device("device", name)
        return super().__new__(cls, "cpu")


class cuda:
    """torch's word for GPUs, of which none is used."""

    @staticmethod
    def is_available() -> bool:
        """Whether there is a GPU to compute on: no."""
        return False


CPU = device("cpu")
