"""What the tests of compile share."""

import numpy as np

import autograd


def assert_same(found, expected):
    """The same bits, and None where the other is None."""
    for a, b in zip(found, expected, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            a, b = np.asarray(a.detach().data), np.asarray(b.detach().data)
            assert a.dtype == b.dtype and a.shape == b.shape
            np.testing.assert_array_equal(a, b)


def results(step, arrays):
    """The value of a step and the gradients that it leaves on its arguments."""
    xs = [autograd.tensor(a, requires_grad=True) for a in arrays]
    y = step(*xs)
    return [y, *[x.grad for x in xs]]
