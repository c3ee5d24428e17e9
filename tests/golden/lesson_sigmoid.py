import numpy as np


@np.errstate(all="ignore")
def backward(X, w1, b1, w2, b2, y):
    # forward
    z1 = X @ w1 + b1                       # (100, 32)
    a1 = np.maximum(z1, 0)                 # (100, 32)
    z2 = (a1 @ w2 + b2).squeeze(1)         # (100,)
    y_pred = 1 / (1 + np.exp(-z2))         # (100,)
    loss = np.mean((y - y_pred) ** 2)

    # backward
    dy_pred = -2 / 100 * (y - y_pred)      # (100,)
    dz2 = dy_pred * (1 - y_pred) * y_pred  # (100,)
    db2 = dz2[:, None].sum(0)              # (1,)
    dw2 = a1.T @ dz2[:, None]              # (32, 1)
    da1 = dz2[:, None] @ w2.T              # (100, 32)
    dz1 = np.where(a1 <= 0, 0, da1)        # (100, 32)
    db1 = dz1.sum(0)                       # (32,)
    dw1 = X.T @ dz1                        # (2, 32)
    return loss, dw1, db1, dw2, db2
