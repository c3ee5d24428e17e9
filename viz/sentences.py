"""Each step of the page in one sentence, in words that a student knows.

The two tables below are by op, and for backward by operand, too. ``{y}`` is the op's output and
``{dy}`` its gradient; operands and settings are called as in the op (``{x}``, ``{weight}``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd import Node
from autograd.printing import short
from autograd.steps import Contribution, Step, key_of, number

FORWARD = {
    "add": "{a} and {b} are added.",
    "sub": "{b} is subtracted from {a}.",
    "mul": "{a} and {b} are multiplied.",
    "div": "{a} is divided by {b}.",
    "pow": "{a} is raised to the power {b}.",
    "neg": "{x} gets the other sign.",
    "matmul": "Each row of {a} meets each column of {b}: their numbers are multiplied pair by pair "
    "and summed up.",
    "linear": "A layer of neurons: each of the {rows} of {x} is multiplied by each row of {weight} "
    "and summed up, and {bias} is added.",
    "pair": "Products of {a} and {b} are summed up ({terms} to {out}).",
    "relu": "What is negative in {x} becomes 0; the rest stays as it is.",
    "sigmoid": "Each number of {x} is squeezed into the range from 0 to 1.",
    "tanh": "Each number of {x} is squeezed into the range from -1 to 1.",
    "sqrt": "The square root of each number of {x}.",
    "abs": "{x} without its signs.",
    "maximum": "The larger of {a} and {b}, number by number.",
    "minimum": "The smaller of {a} and {b}, number by number.",
    "where": "{a} where {condition} is true, {b} elsewhere.",
    "clip": "{x} is held between {min} and {max}.",
    "cast": "{x} in another dtype: {dtype}.",
    "sum": "The numbers of {x} are summed up{along}.",
    "mean": "The numbers of {x} are averaged{along}.",
    "var": "How far the numbers of {x} are spread{along}: the mean of their squared distances from "
    "the mean.",
    "norm": "The length of {x}{along}: the root of the sum of its squares.",
    "amax": "The largest number of {x}{along}.",
    "amin": "The smallest number of {x}{along}.",
    "cumsum": "Running sums of {x}{along}.",
    "logsumexp": "The logarithm of the sum of the exponentials of {x}{along}.",
    "softmax": "The scores {x} become shares that sum up to 1{along}: the larger the score, the "
    "larger its share.",
    "log_softmax": "The scores {x} become logarithms of shares that sum up to 1{along}.",
    "uniform": "Random numbers from 0 to 1 are drawn.",
    "normal": "Random numbers around 0 are drawn.",
    "softplus": "A smooth relu: log(1 + exp(x)) of each number of {x}.",
    "reshape": "The numbers of {x} are arranged in the shape {shape}.",
    "permute": "{turned} of {x} change places.",
    "squeeze": "A dimension of size 1 is taken out of {x}.",
    "unsqueeze": "A dimension of size 1 is put into {x}.",
    "expand": "{x} is repeated to fill the shape {shape}.",
    "getitem": "Some of the numbers of {x} are picked out.",
    "take_along": "From each row of {x} the numbers at the given places are picked out.",
    "put": "The numbers of {g} are put back to where they were picked.",
    "setitem": "{value} is written into a part of {x}.",
    "concatenate": "{xs} are put one after the other.",
    "stack": "{xs} are stacked.",
    "flip": "{x} is turned round.",
    "roll": "{x} is shifted around.",
    "pad": "{x} gets a margin.",
    "binary_cross_entropy": "How wrong the probabilities {p} are about the classes {target}: the "
    "mean of -log of the probability that the right class got.",
    "binary_cross_entropy_with_logits": "How wrong the scores {x} are about the classes {target}, "
    "as one number.",
    "cross_entropy": "For each row of {x}: -log of the share that softmax gives to the right "
    "class.",
}

BACKWARD = {
    "add": "A sum hands {dy} on to each of its parts as it is",
    "sub a": "A difference hands {dy} on to its first part as it is",
    "sub b": "{b} was subtracted, so it gets {dy} with the other sign",
    "mul a": "{dy} is multiplied by the other factor, {b}",
    "mul b": "{dy} is multiplied by the other factor, {a}",
    "div a": "{a} was divided by {b}, and so is {dy}",
    "div b": "{dy} is multiplied by the slope of {a} / {b} in {b}, which is -{a} / {b}**2",
    "pow a": "{dy} is multiplied by the slope of {a}**{b}, which is {slope}",
    "pow b": "{dy} is multiplied by the slope of {a}**{b} in {b}, which is {y} * log({a})",
    "neg": "{dy} gets the other sign",
    "matmul a": "Each of the {dy_rows} of {dy} is multiplied by {b}",
    "matmul b": "Each number of {a} is multiplied by the row of {dy} that it went into, and the "
    "{rows} are summed up",
    "linear x": "Each of the {dy_rows} of {dy} is multiplied by {weight}",
    "linear weight": "Each weight gets its input in {x} times the gradient of its neuron in {dy}, "
    "summed up over the {rows}",
    "linear bias": "{bias} was added to each of the {dy_rows}, so the rows of {dy} are summed up",
    "pair": "{dy} is multiplied by the other operand and summed up where that is longer",
    "relu": "{dy} passes where {y} is positive, and is stopped where relu gave 0",
    "sigmoid": "{dy} is multiplied by the slope of the sigmoid, {y} * (1 - {y}): at most 1/4, and "
    "near 0 where {y} is near 0 or 1",
    "tanh": "{dy} is multiplied by the slope of tanh, 1 - {y}**2: 1 in the middle, and near 0 "
    "where {y} is near -1 or 1",
    "exp": "{dy} is multiplied by the slope of exp, which is {y} itself",
    "log": "{dy} is multiplied by the slope of the logarithm, 1 / {x}",
    "sqrt": "{dy} is multiplied by the slope of the root, 1 / (2 * {y})",
    "abs": "{dy} is multiplied by the signs of {x}",
    "maximum": "{dy} passes where this operand was the larger one",
    "minimum": "{dy} passes where this operand was the smaller one",
    "where a": "{dy} passes where {condition} is true",
    "where b": "{dy} passes where {condition} is false",
    "clip": "{dy} passes where {x} was left as it is",
    "cast": "{dy} is handed on in the dtype of {x}",
    "sum": "Each number of {x} counts once in {y}, so each gets {dy}",
    "mean": "{y} is the mean of {count} numbers, so each of them gets {dy} / {count}",
    "var": "{dy} is multiplied by how far each number of {x} is from the mean",
    "norm": "{dy} is handed on in the direction of {x}",
    "amax": "Only the largest numbers of {x} went into {y}: they get {dy}, the others 0",
    "amin": "Only the smallest numbers of {x} went into {y}: they get {dy}, the others 0",
    "cumsum": "Each number of {x} is in all sums from its place on, so it gets their {dy}, summed",
    "logsumexp": "{dy} is shared out as softmax shares: the larger a number, the more it gets",
    "softmax": "The shares sum up to 1, so what one wins the others lose: {dy} minus its mean by "
    "shares, times the share",
    "log_softmax": "{dy} minus the share of each class in the sum of {dy}",
    "softplus": "{dy} is multiplied by the slope of softplus, the sigmoid of {x}",
    "getitem": "What was picked gets its {dy}, all the rest of {x} gets 0",
    "take_along": "What was picked gets its {dy}, all the rest of {x} gets 0",
    "put": "What was put somewhere gets the {dy} of that place",
    "setitem x": "What was overwritten gets 0, the rest its {dy}",
    "setitem value": "{value} gets the {dy} of the part that it was written into",
    "expand": "{x} was repeated, so the {dy} of its copies are summed up",
    "concatenate": "It gets its own part of {dy}",
    "stack": "It gets its own part of {dy}",
    "binary_cross_entropy p": "{p} - {target}, divided by the slope {p} * (1 - {p}) and by the "
    "number of points: the surer and the more wrong, the larger",
    "binary_cross_entropy_with_logits x": "sigmoid({x}) - {target}, divided by the number of "
    "points",
    "cross_entropy": "The share that softmax gives to each class, minus 1 for the right one, times "
    "{dy} of the row",
}
BACK_AGAIN = ("reshape", "permute", "squeeze", "unsqueeze", "flip", "roll", "pad")
BROADCASTING = ("add", "sub", "mul", "div", "pow", "maximum", "minimum", "where")


def forward_sentence(node: Node, known: Mapping[Any, str]) -> str:
    """What an op computes."""
    words = words_of(node, known)
    if node.name == "mul" and key_of(node.args[0]) not in known:
        sentence = "{b} is multiplied by {a}.".format_map(words)
    elif node.name == "mul" and words["a"] == words["b"]:
        sentence = "{a} is multiplied by itself.".format_map(words)
    elif node.name == "pow" and words["b"] == "2":
        sentence = "{a} is squared.".format_map(words)
    else:
        template = FORWARD.get(node.name, "Each number of {first} goes through {op}.")
        if node.shape == ():
            template = re.sub("[Ee]ach number of ", "", template)
        sentence = template.format_map(words)
    if node.name in BROADCASTING:
        stretched = [
            f"{name} {np.shape(x)} is stretched to {node.shape}"
            for name, x in zip(words["operands"], node.args)
            if np.shape(x) not in ((), node.shape)
        ]
        if stretched:
            sentence = f"{sentence[:-1]}; {' and '.join(stretched)} by repeating it."
    return sentence


def backward_sentence(step: Step, line: Contribution, known: Mapping[Any, str], root: str) -> str:
    """How the gradient of an op's output becomes that of one operand, and what that means."""
    node = step.node
    words = words_of(node, known)
    found = BACKWARD.get(f"{node.name} {line.operand}") or BACKWARD.get(node.name)
    if found is None and node.name in BACK_AGAIN:
        found = f"The numbers of {{dy}} go back to where they were in {line.label}"
    template = found or f"{{dy}} is multiplied by the slope of {node.name}"
    sentence = template.format_map(words)
    shape = line.cotangent.shape
    if node.name in BROADCASTING and shape != node.shape:
        sentence += f"; {line.label} {shape} was repeated, so what comes to its copies is summed up"
    joint = ". This is" if ":" in sentence else ":"
    sentence += f"{joint} how much {root} changes with {line.label}."
    if line.adds:
        sentence += f" It is added to what {line.label} got before."
    return sentence


def words_of(node: Node, known: Mapping[Any, str]) -> dict[str, Any]:
    """What the templates may mention."""
    operands = [name_of(x, known) for x in node.args]
    called: dict[str, list[str]] = {}
    for name, operand in zip(node.operand_names, operands):
        called.setdefault(name, []).append(operand)
    words: dict[str, Any] = {key: short(value, 30) for key, value in node.keywords.items()}
    words |= {name: ", ".join(found) for name, found in called.items()}
    shape = np.shape(node.args[0]) if node.args else ()
    return words | {
        "y": known[node],
        "dy": f"d{known[node]}",
        "op": node.name,
        "first": ", ".join(operands[:1]),
        "operands": operands,
        "rows": rows(shape),
        "dy_rows": rows(node.shape),
        "count": math.prod(shape) // max(1, math.prod(node.shape)),
        "along": along(node.keywords),
        "slope": slope(*node.args, *operands) if node.name == "pow" else "",
        "turned": "Rows and columns" if len(node.shape) == 2 else "The dimensions",
    }


def slope(a: Any, b: Any, base: str, power: str) -> str:
    """The derivative of ``base ** power`` as a person writes it."""
    if np.ndim(b) or not isinstance(b, int | float):
        return f"{power} * {base}**({power} - 1)"
    return f"{power} * {base}" if b == 2 else f"{power} * {base}**{number(b - 1)}"


def name_of(x: Any, known: Mapping[Any, str]) -> str:
    """An operand's name, or its number."""
    return known.get(key_of(x)) or (number(x) if np.ndim(x) == 0 else "the array")


def rows(shape: tuple) -> str:
    n = math.prod(shape[:-1])
    return f"{n} row" if n == 1 else f"{n} rows"


def along(keywords: Mapping[str, Any]) -> str:
    """Which dimensions a reduction goes over."""
    axis = keywords.get("axis")
    axes = list(axis) if isinstance(axis, tuple) else [axis]
    if axis is None:
        return ""
    if axes == [-1]:
        return ", row by row"
    return f" along dimension{'s' * (len(axes) > 1)} {' and '.join(map(str, axes))}"
