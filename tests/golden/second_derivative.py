import numpy as np


def backward(x):
    # forward
    dx = 3 * x ** 2    # (2,)
    norm = np.sum(dx * dx)

    # backward
    ddx = 2 * dx       # (2,)
    dx2 = 6 * ddx * x  # (2,)
    return norm, dx2
