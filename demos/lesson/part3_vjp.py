# %% [markdown]
# ## 3. What `backward()` does: the VJP
#
# Next we leave out the optimizer, and then `backward()` itself. So we look at what they do. To
# get a gradient with respect to a tensor, we ask for it by `requires_grad=True`. Such a tensor
# that no op made is called a *leaf*.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd
import viz

x = autograd.linspace(0, 2 * np.pi, 100, requires_grad=True)
f = autograd.sin(x)
viz.draw(f)

# %% [markdown]
# A tensor that was computed from a leaf knows the op that made it: its `grad_fn`.

# %%
print(f.grad_fn)

# %% [markdown]
# To plot such a tensor, or to give it to NumPy, we take it out of the graph by `detach()`.

# %%
plt.plot(x.detach(), f.detach(), label="f = sin(x)")
plt.legend()
plt.show()

# %% [markdown]
# What does `grad_fn` do? It computes a *vector-Jacobian product*, the VJP. To see what that is,
# begin with the chain rule for functions of one variable:
#
# $$ \frac{\partial f(g(x))}{\partial x} =
#    \frac{\partial f}{\partial g}\,\frac{\partial g}{\partial x}. $$
#
# With [many variables](https://en.wikipedia.org/wiki/Chain_rule#Multivariable_case),
# $x\in\mathbb{R}^n$, $g:\mathbb{R}^n\to\mathbb{R}^m$ and $f:\mathbb{R}^m\to\mathbb{R}^k$, the
# derivatives are matrices, the Jacobians, and the chain rule is their product:
#
# $$ J_{f\circ g}(x) = J_f(g(x))\; J_g(x), \qquad\text{in components}\qquad
#    \frac{\partial f_i}{\partial x_j} =
#    \sum_k \frac{\partial f_i}{\partial g_k}\,\frac{\partial g_k}{\partial x_j}. $$
#
# A loss $L$ is **one number**, so its derivative is one row, a vector:
#
# $$ \frac{\partial L}{\partial x_j} = \sum_k
#    \underbrace{\frac{\partial L}{\partial g_k}}_{\text{vector } v}\;
#    \underbrace{\frac{\partial g_k}{\partial x_j}}_{\text{Jacobian } J}. $$
#
# So in each step backward, the **incoming gradient** $v$ is multiplied with the **Jacobian** of
# an op: this is $v^T J$, the **vector-Jacobian product**. (Another word for the incoming gradient
# is *cotangent*.)
#
# The nice thing: we hardly ever need the Jacobian itself. The sine works on each number by
# itself, so its Jacobian is diagonal, with $\cos(x_j)$ in row $j$, and its VJP is a product
# number by number. Take ones as the incoming gradient:

# %%
v = autograd.ones_like(f)
print("v =", v)

# %%
vjp = v * autograd.cos(x.detach())
print("vjp =", vjp)

# %% [markdown]
# This is what `grad_fn` does:

# %%
print("f.grad_fn(v) =", f.grad_fn(v))
print("the same:", (f.grad_fn(v) == vjp).all())

# %% [markdown]
# Here is $J$ after all, for 4 points, to see that $v^T J$ is the same thing.

# %%
few = autograd.linspace(0, 2 * np.pi, 4)
J = autograd.functional.jacobian(autograd.sin, few)
print("J =", J)
print("v @ J =", autograd.ones(4) @ J)
print("cos(x) =", autograd.cos(few))

# %% [markdown]
# `backward` goes through a whole chain of ops and takes the VJP of each. Here the chain is one
# op. And since `f` is no single number, we have to say what comes in: `v`.

# %%
f.backward(v)

# %% [markdown]
# It returns nothing, but leaves the result in `.grad` of the leaves:

# %%
print("x.grad =", x.grad)
print("the same:", (x.grad == vjp).all())

# %%
plt.plot(x.detach(), f.detach(), label="f = sin(x)")
plt.plot(x.detach(), x.grad, label="x.grad = cos(x)")
plt.legend()
plt.show()

# %% [markdown]
# A second backward pass *adds* to what is there. This is why each step begins with `zero_grad`:

# %%
autograd.sin(x).backward(v)
print("twice as much:", (x.grad == 2 * vjp).all())
