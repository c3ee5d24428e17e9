import numpy as np


def backward(a, b, c, f):
    # forward
    e = a * b
    d = e + c
    L = d * f

    # backward
    df = d
    dd = f
    dc = dd
    de = dd
    da = de * b
    db = de * a
    return L, da, db, dc, df
