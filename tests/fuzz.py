"""Random programs, run by us and by torch: values, gradients and second derivatives must agree.

A program is text, one op a line, that both libraries read alike: ``m`` is the one or the other and
``F`` its nn.functional. ``python -m tests.fuzz 1000 7`` runs 1,000 programs from seed 7 on.
"""

import random
import re
import sys
import warnings

import numpy as np

import autograd
import nn

from .oracles import torch

SPACES = {
    "ours": {"m": autograd, "F": nn.functional, "np": np},
    "torch": {"m": torch, "F": torch.nn.functional, "np": np},
}
LARGEST = 48  # elements: what is larger is summed

UNARY = [
    "m.sin({0})", "m.cos({0})", "m.tanh({0})", "m.sigmoid({0})", "m.relu({0})", "m.abs({0})",
    "-{0}", "{0} * 0.7", "2 - {0}", "{0} / 3", "m.exp(-m.abs({0}))", "m.exp(m.tanh({0}))",
    "m.log({0} * {0} + 1)", "m.sqrt({0} * {0} + 0.5)", "m.square({0}) * 0.3", "m.tanh({0}) ** 3",
    "({0} * {0} + 1) ** -0.5", "2 ** m.tanh({0})", "1 / ({0} * {0} + 1)", "m.atan({0})",
    "m.asinh({0})", "m.asin(m.tanh({0}) * 0.9)", "m.acos(m.tanh({0}) * 0.9)",
    "m.atanh(m.tanh({0}) * 0.9)", "m.expm1(m.tanh({0}))", "m.log1p(m.abs({0}))",
    "m.log2(m.abs({0}) + 1)", "m.log10(m.abs({0}) + 1)", "m.exp2(m.tanh({0}))", "m.erf({0})",
    "m.sinh(m.tanh({0}))", "m.cosh(m.tanh({0}))", "m.tan(m.tanh({0}))", "m.acosh(m.abs({0}) + 1.5)",
    "F.softplus(m.tanh({0}) * 5)", "F.gelu({0})", "F.silu({0})", "F.leaky_relu({0}, 0.2)",
    "F.gelu({0}, approximate='tanh')", "m.clamp({0}, -0.5, 0.8)", "m.clamp({0}, min=-0.3)",
    "{0} - m.floor({0})", "{0} - m.trunc({0})", "m.remainder({0}, 1.3)", "m.sign({0}) * {0}",
    "m.round({0}) * 0.1 + {0}", "{0}.clone()", "m.reciprocal(m.exp(m.tanh({0})))",
    "{0}.float().double()", "m.deg2rad({0} * 20)",
]  # fmt: skip

BINARY = [
    "{0} + {1}", "{0} - {1}", "{0} * m.tanh({1})", "{0} / ({1} * {1} + 1)", "m.maximum({0}, {1})",
    "m.minimum({0}, {1})", "m.where({0} > {1}, {0}, {1} * 0.5)", "m.atan2({0}, {1} * {1} + 0.5)",
    "m.hypot({0}, m.abs({1}) + 0.1)", "m.logaddexp(m.tanh({0}), m.tanh({1}))",
    "(m.abs({0}) + 0.5) ** m.tanh({1})", "m.clamp({0}, min=m.minimum({1}, {1} * 0))",
    "m.add({0}, {1}, alpha=0.5)", "m.sub({0}, {1}, alpha=-0.5)",
    "m.remainder({0}, m.abs({1}) + 0.7)", "m.max({0}, {1})",
]  # fmt: skip

# With d a dimension, e another, k a number of elements along d: for one dimension or more.
ALONG = [
    "{0}.sum({d})", "{0}.sum({d}, keepdim=True)", "{0}.mean({d})", "{0}.amax({d})",
    "{0}.amin({d}, keepdim=True)", "{0}.max({d}).values", "{0}.min({d}).values",
    "{0}.norm(2, {d})", "{0}.norm(3, {d})", "{0}.norm(1, {d})", "m.logsumexp({0}, {d})",
    "m.softmax({0}, {d})", "m.log_softmax(m.tanh({0}), {d})", "m.prod(m.tanh({0}), {d})",
    "m.cumsum({0}, {d}) * 0.5", "m.cumprod(m.tanh({0}), {d})", "m.flip({0}, ({d},))",
    "m.roll({0}, 2, {d})", "m.sort({0}, {d}).values", "m.sort({0}, {d}, descending=True).values",
    "m.topk({0}, {k}, {d}).values", "m.median({0} * 1, {d}).values", "{0}.unsqueeze({d})",
    "{0}.transpose({d}, {e})", "m.swapaxes({0}, {d}, {e})", "m.movedim({0}, {d}, {e})",
    "m.split({0}, {k}, {d})[0]", "m.chunk({0}, 2, {d})[0]", "m.tensor_split({0}, {k}, {d})[-1]",
    "m.unbind({0}, {d})[-1]", "m.cat([{0}, {0} * 0.5], {d})", "m.stack([{0}, m.sin({0})], {d})",
    "m.repeat_interleave({0}, 2, {d})", "m.index_select({0}, {d}, m.tensor({index}))",
    "m.take_along_dim({0}, m.argsort({0}, {d}), {d})", "m.gather({0}, {d}, m.argsort({0}, {d}))",
    "{0}.flatten({low}, {high})", "{0}.squeeze({d})", "{0}.var({d}, correction=0)",
    "({0} + m.arange({n}).reshape({line})).std({d}, correction=0)",
]  # fmt: skip

WHOLE = [
    "{0}.sum()", "{0}.mean()", "{0}.reshape(-1)", "{0}.T", "{0}[None]", "{0}[..., None]",
    "{0}.unsqueeze(0).expand(2, *{0}.shape)", "m.tile({0}, (2,))", "{0}.norm()", "{0}.max()",
    "{0}.min()", "m.median({0})", "{0} * (m.tanh({0}) > 0)", "{0}[m.tanh({0}) > -2]",
    "m.masked_fill({0}, {0} > 0.5, 0.25)", "{0}.detach() * {0}", "assigned({0})",
    "F.mse_loss({0}, m.sin({0}))", "F.l1_loss({0}, m.sin({0}))", "m.prod(m.tanh({0}))",
    "F.binary_cross_entropy(m.sigmoid({0}), m.sigmoid({0} * 2))",
    "F.binary_cross_entropy_with_logits({0}, m.sigmoid({0}).detach())",
]  # fmt: skip

MATRIX = [  # of a matrix or a stack of matrices
    "{0} @ m.tanh({0}).mT", "m.tril({0}, diagonal=-1)", "m.triu({0}, diagonal=1)", "{0}.mT",
    "m.diagonal({0}, 0, -2, -1)", "{0} @ m.tanh({0}[..., :1, :]).mT", "F.pad({0}, (1, 0, 0, 1))",
    "m.einsum('...ij,...kj->...ik', {0}, m.sin({0}))", "{0}[..., 1:, :-1]", "{0}[..., ::2]",
    "{0}[..., [0, -1, 0]]",
]  # fmt: skip

FLAT = [  # of a vector
    "m.outer({0}, m.tanh({0}))", "m.dot({0}, m.cos({0}))", "m.diag({0})", "m.diag({0}, 1)",
    "m.kron({0}, m.tensor([1.0, 0.5], dtype=m.float64))", "m.einsum('i,j->ij', {0}, {0} * 0.3)",
    "m.inner({0}, {0} * 0.2)", "F.linear(m.outer({0}, {0} * 0.1), m.outer({0}, {0} * 0.2), {0})",
    "F.cross_entropy(m.outer({0}, m.sin({0})), m.arange({n}))", "{0}[:, None] * {0}",
]  # fmt: skip


def assigned(x):
    """A copy changed in place."""
    y = x * 1
    if y.ndim:
        y[..., :1] = 0.5
    y *= 0.9
    y += x
    return y


def program(chance: random.Random, count: int, shapes: list) -> list[str]:
    """Lines of a program on ``v0``, ``v1``, ... of these shapes; ``loss`` comes last."""
    arrays = [np.linspace(-1.0, 1.0, int(np.prod(s))).reshape(s) for s in shapes]
    space = {**SPACES["ours"], "assigned": assigned}
    space |= {f"v{i}": autograd.tensor(a) for i, a in enumerate(arrays)}
    names = [f"v{i}" for i in range(len(shapes))]
    lines: list[str] = []
    with autograd.no_grad():
        while len(lines) < count:
            recent = names[-4:] if chance.random() < 0.7 else names
            text = chosen(chance, chance.choice(recent), names, space)
            name = f"v{len(names)}"
            try:
                exec(f"{name} = {text}", space)
            except Exception:
                if not refused_by_torch(text, space):
                    raise
                continue
            lines.append(f"{name} = {text}")
            names.append(name)
            if space[name].numel() > LARGEST:
                lines.append(f"{name} = {name}.sum({chance.randrange(space[name].ndim)}) * 0.3")
                exec(lines[-1], space)
            if space[name].numel() > LARGEST or not space[name].numel():
                lines.append(f"{name} = {name}.sum() * 0.1")
                exec(lines[-1], space)
    lines.append(f"loss = {' + '.join(f'm.sin({name}).sum()' for name in names[-3:])}")
    return lines


def refused_by_torch(text: str, space: dict) -> bool:
    values = {k: torch.tensor(x.numpy().copy()) for k, x in space.items() if k[0] == "v"}
    try:
        exec(text, {**SPACES["torch"], "assigned": assigned, **values})
    except Exception:
        return True
    return False


def chosen(chance: random.Random, name: str, names: list, space: dict) -> str:
    """One op on ``name``, and perhaps on another value that broadcasts with it."""
    x = space[name]
    ndim = x.ndim
    kind = chance.random()
    if kind < 0.3:
        return chance.choice(UNARY).format(name)
    if kind < 0.55:
        fitting = [other for other in names if broadcasts(x.shape, space[other].shape)]
        pair = [name, chance.choice(fitting)]
        chance.shuffle(pair)
        return chance.choice(BINARY).format(*pair)
    if kind < 0.65 or not ndim or not x.numel():
        return chance.choice(WHOLE).format(name)
    if kind < 0.75 and ndim > 1 and min(x.shape[-2:]) > 1:
        return chance.choice(MATRIX).format(name)
    if kind < 0.85 and ndim == 1 and x.shape[0] <= 6:
        return chance.choice(FLAT).format(name, n=x.shape[0])
    d, e = chance.randrange(-ndim, ndim), chance.randrange(-ndim, ndim)
    n = x.shape[d]
    index = [chance.randrange(n) for _ in range(chance.randrange(1, 4))]
    line = tuple(n if i == d % ndim else 1 for i in range(ndim))
    low, high = sorted((d % ndim, e % ndim))
    return chance.choice(ALONG).format(
        name,
        d=d,
        e=e,
        k=chance.randrange(1, n + 1),
        n=n,
        index=index,
        line=line,
        low=low,
        high=high,
    )


def broadcasts(a: tuple, b: tuple) -> bool:
    try:
        return int(np.prod(np.broadcast_shapes(a, b))) <= LARGEST
    except ValueError:
        return False


def run(which: str, lines: list[str], arrays: list) -> list[np.ndarray]:
    """The loss, its gradients, and the gradients of their sum of squares."""
    lib = SPACES[which]["m"]
    xs = [lib.tensor(a, requires_grad=True) for a in arrays]
    space = {**SPACES[which], "assigned": assigned, **{f"v{i}": x for i, x in enumerate(xs)}}
    exec("\n".join(lines), space)
    loss = space["loss"]
    grad = autograd.grad if which == "ours" else torch.autograd.grad
    found = [loss]
    if loss.requires_grad:
        firsts = grad(loss, xs, create_graph=True, allow_unused=True)
        firsts = [x * 0 if g is None else g for g, x in zip(firsts, xs)]
        total = sum((g * g).sum() for g in firsts)
        seconds = [None] * len(xs)
        if total.requires_grad:
            seconds = grad(total, xs, allow_unused=True)
        found += [*firsts, *[x * 0 if g is None else g for g, x in zip(seconds, xs)]]
    return [np.asarray(y.detach().numpy()) for y in found]


def agree(ours: list, theirs: list) -> bool:
    """Whether all numbers are the same, but for rounding, which second derivatives enlarge.

    Where torch's second derivative is NaN, as that of a norm at 0, ours may be a number; and
    where its gradient is, if the loss itself is NaN.
    """
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        size = np.abs(b[np.isfinite(b)]).max(initial=1.0)
        limit = 1e-9 if i == 0 else 1e-6
        if (i > len(ours) // 2 or np.isnan(theirs[0]).any()) and i:
            a = np.where(np.isnan(b), b, a)
        if a.shape != b.shape or not np.allclose(
            a, b, rtol=limit, atol=limit * size, equal_nan=True
        ):
            return False
    return True


def differs(lines: list[str], arrays: list) -> str | None:
    """What the two make of a program where they differ; None where they agree.

    Rounding may decide which way a kink goes, so other inputs nearby must differ, too.
    """
    for shift in (0.0, 0.0137, -0.0211):
        near = [a + shift * np.cos(np.arange(a.size) * 1.7).reshape(a.shape) for a in arrays]
        try:
            theirs = run("torch", lines, near)
        except RuntimeError:  # it refuses NaN as a probability
            return None
        try:
            ours = run("ours", lines, near)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        if agree(ours, theirs):
            return None
    return f"ours {ours}\ntorch {theirs}"


def smallest(lines: list[str], arrays: list) -> list[str]:
    """The lines that lead to the first value whose derivatives differ."""
    for i, line in enumerate(lines[:-1]):
        name = line.split(" = ")[0]
        short = [*lines[: i + 1], f"loss = m.sin({name}).sum()"]
        if differs(short, arrays):
            kept, used = [], {"loss"}
            for one in reversed(short):
                name, text = one.split(" = ", 1)
                if name in used:
                    kept.append(one)
                    used.update(re.findall(r"v\d+", text))
            return kept[::-1]
    return lines


def drawn(chance: random.Random, most: int = 200) -> tuple[list[str], list]:
    """A program and its inputs."""
    count = min(most, int(chance.choice([1, 2, 4, 8, 15, 30, 60, 110, 200])))
    count = chance.randrange(max(1, count // 2), count + 1)
    shapes = [chance.choice(SHAPES) for _ in range(chance.randrange(1, 4))]
    seed = chance.randrange(2**32)
    lines = program(chance, count, shapes)
    rng = np.random.default_rng(seed)
    return lines, [rng.uniform(-2, 2, s) for s in shapes]


SHAPES = [(), (1,), (3,), (4,), (2, 3), (3, 3), (1, 4), (3, 1), (2, 3, 2), (2, 1, 3), (0,), (2, 0)]


def main(count: int, seed: int) -> None:
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    lengths, failures = [], 0
    for i in range(seed, seed + count):
        lines, arrays = drawn(random.Random(i))
        lengths.append(len(lines))
        found = differs(lines, arrays)
        if found:
            failures += 1
            lines = smallest(lines, arrays)
            print(f"-- seed {i}, shapes {[a.shape for a in arrays]}\n" + "\n".join(lines))
            print((differs(lines, arrays) or found)[:600], flush=True)
    print(f"{count} programs of {min(lengths)} to {max(lengths)} lines from seed {seed}: "
          f"{failures} differ")  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
