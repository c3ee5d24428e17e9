import numpy as np


@np.errstate(all="ignore")
def backward(x, weight0, bias0, weight2, bias2, target):
    # forward
    linear = x @ weight0.T + bias0                        # (100, 32)
    relu = np.maximum(linear, 0)                          # (100, 32)
    linear2 = relu @ weight2.T + bias2                    # (100, 1)
    sigmoid = 1 / (1 + np.exp(-linear2))                  # (100, 1)
    squeeze = sigmoid.squeeze(1)                          # (100,)
    log_p = np.maximum(np.log(squeeze), -100)             # (100,)
    log_q = np.maximum(np.log1p(-squeeze), -100)          # (100,)
    loss = (np.vdot(target - 1, log_q) - np.vdot(target, log_p)) / 100

    # backward
    maximum = np.maximum((1 - squeeze) * squeeze, 1e-12)  # (100,)
    dsqueeze = (squeeze - target) / maximum / 100         # (100,)
    dsigmoid = dsqueeze[:, None]                          # (100, 1)
    dlinear2 = dsigmoid * (1 - sigmoid) * sigmoid         # (100, 1)
    dweight2 = dlinear2.T @ relu                          # (1, 32)
    dbias2 = dlinear2.sum(0)                              # (1,)
    drelu = dlinear2 @ weight2                            # (100, 32)
    dlinear = np.where(relu <= 0, 0, drelu)               # (100, 32)
    dweight0 = dlinear.T @ x                              # (32, 2)
    dbias0 = dlinear.sum(0)                               # (32,)
    return loss, dweight0, dbias0, dweight2, dbias2
