# %% [markdown]
# ## 3. What `backward()` does: the VJP
#
# A tensor that comes from one that requires grad knows the op that made it, its `grad_fn`.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd

x = autograd.linspace(0, 2 * np.pi, 100, requires_grad=True)
f = autograd.sin(x)
print(f.grad_fn)

# %% [markdown]
# The chain rule for a scalar $L$ that depends on $x$ through $f$ is
#
# $$ \frac{\partial L}{\partial x_j} = \sum_k
#    \underbrace{\frac{\partial L}{\partial f_k}}_{\text{vector } v}\;
#    \underbrace{\frac{\partial f_k}{\partial x_j}}_{\text{Jacobian}}. $$
#
# So an op needs to turn an incoming vector $v$, the *cotangent*, into the product $v^T J$: the
# vector-Jacobian product. It hardly ever needs $J$ itself. The Jacobian of the sine is
# diagonal, with $\cos(x_j)$ in row $j$, and its VJP is an elementwise product:

# %%
v = autograd.ones_like(f)
vjp = v * autograd.cos(x)
print((f.grad_fn(v) == vjp).all())

# %% [markdown]
# Here is $J$ after all, for 4 points, to see that $v^T J$ is the same thing.

# %%
few = autograd.linspace(0, 2 * np.pi, 4)
J = autograd.functional.jacobian(autograd.sin, few)
print(J)
print(autograd.ones(4) @ J, autograd.cos(few))

# %% [markdown]
# `backward` calls the VJPs of a whole graph, one after the other. This graph has one op; and
# since `f` is not a scalar, we say what $v$ is.

# %%
f.backward(v)
print((x.grad == vjp).all())

plt.plot(x.detach(), f.detach(), label="f(x) = sin(x)")
plt.plot(x.detach(), x.grad, label="x.grad = cos(x)")
plt.legend()
plt.show()

# %% [markdown]
# The VJP rules are ops as well, so a gradient can be differentiated again.

# %%
x.grad = None
(df,) = autograd.grad(autograd.sin(x), x, v, create_graph=True)
(ddf,) = autograd.grad(df, x, v)
print(np.abs(ddf.numpy() + np.sin(x.detach().numpy())).max(), "away from -sin(x)")
