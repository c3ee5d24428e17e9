import numpy as np


def repeats(index):
    parts = index if isinstance(index, tuple) else (index,)
    return any((getattr(part, 'ndim', 0) and part.dtype != bool for part in parts))


def put(g, *, index, shape):
    x = np.zeros(shape, g.dtype)
    if repeats(index):
        np.add.at(x, index, g)
    else:
        x[index] = g
    return x


def backward(X, w, b, y):
    # forward
    z = X @ w + b                                           # (50, 3)
    sub = z - z.max(-1, keepdims=True)                      # (50, 3)
    sub2 = sub - np.log(np.exp(sub).sum(1, keepdims=True))  # (50, 3)
    loss = np.mean(-sub2[np.arange(50), y])

    # backward
    put2 = put(
        np.full((50,), -1 / 50, np.float32), index=(np.arange(50), y), shape=(50, 3)
    )
    dz = put2 - np.exp(sub2) * put2.sum(1, keepdims=True)   # (50, 3)
    db = dz.sum(0)                                          # (3,)
    dw = X.T @ dz                                           # (4, 3)
    return loss, dw, db
