"""A formula as data: the NumPy expression that a step prints, as a tree that the page computes.

A tree is one of

    {"name": "z1"}                    a value by its name; "text" if it is written otherwise
    {"number": "0.5"}                 a number as it is written, which tells a float from an int
    {"value": None}                   None, True, False or a text
    {"dtype": "float32"}              np.float32
    {"list": [tree, ...]}             a tuple or list, such as a shape
    {"index": [tree, ...]}            what stands between brackets
    {"slice": [0, 3, None]}           0:3, within an index
    {"call": "@", "args": [...], "settings": {"axis": tree}}

A call is named as it is written: ``np.exp`` is a function, ``.sum`` a method or attribute, ``@`` an
operator, ``-x`` and ``~x`` signs, ``[]`` takes an index.

>>> tree_of("dz.T @ x")
{'call': '@', 'args': [{'call': '.T', 'args': [{'name': 'dz'}]}, {'name': 'x'}]}
"""

import ast
from collections.abc import Mapping
from typing import Any

OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.USub: "-x", ast.UAdd: "+x", ast.Invert: "~x",
}  # fmt: skip
NUMBERS = ("inf", "nan", "pi", "e")
DTYPES = (
    "float16", "float32", "float64", "int8", "int16", "int32", "int64",
    "uint8", "uint16", "uint32", "uint64", "bool", "bool_",
)  # fmt: skip


def tree_of(formula: str, renamed: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The tree of an expression; ``renamed`` are other names for parts of it, by their text.

    >>> tree_of("x[index[0]]", {"index[0]": "y.index[0]"})["args"][1]
    {'index': [{'name': 'y.index[0]', 'text': 'index[0]'}]}
    """
    return tree(ast.parse(formula, mode="eval").body, renamed or {})


def tree(node: ast.expr, renamed: Mapping[str, str]) -> dict[str, Any]:
    """The tree of a node of Python's syntax."""
    text = ast.unparse(node)

    def inner(x: ast.expr) -> dict[str, Any]:
        return tree(x, renamed)

    def call(name: str, *args: ast.expr) -> dict[str, Any]:
        return {"call": name, "args": [inner(x) for x in args]}

    if text in renamed:
        return {"name": renamed[text], "text": text}
    match node:
        case ast.Name(name):
            return {"name": name}
        case ast.Constant(value) if type(value) in (int, float):
            return {"number": text}
        case ast.Constant(value):
            return {"value": "..." if value is ... else value}
        case ast.Tuple(items) | ast.List(items):
            return {"list": [inner(x) for x in items]}
        case ast.BinOp(left, operator, right):
            return call(OPERATORS[type(operator)], left, right)
        case ast.Compare(left, [operator], [right]) if type(operator) in OPERATORS:
            return call(OPERATORS[type(operator)], left, right)
        case ast.UnaryOp(ast.USub(), ast.Constant()):
            return {"number": text}
        case ast.UnaryOp(operator, x) if type(operator) in OPERATORS:
            return call(OPERATORS[type(operator)], x)
        case ast.Subscript(ast.Attribute(ast.Name("np"), "s_"), index):
            return {"index": index_items(index, renamed)}
        case ast.Subscript(x, index):
            return {"call": "[]", "args": [inner(x), {"index": index_items(index, renamed)}]}
        case ast.Attribute(ast.Name("np"), name) if name in NUMBERS:
            return {"number": name}
        case ast.Attribute(ast.Name("np"), name) if name in DTYPES:
            return {"dtype": name.rstrip("_")}
        case ast.Attribute(x, name):
            return call(f".{name}", x)
        case ast.Call(ast.Attribute(ast.Name("np"), name)):
            made = call(f"np.{name}", *node.args)
        case ast.Call(ast.Attribute(x, name)):
            made = call(f".{name}", x, *node.args)
        case ast.Call(ast.Name(name)):
            made = call(name, *node.args)
        case _:
            return {"call": text, "args": []}  # which the page says that it does not know
    settings = {keyword.arg: inner(keyword.value) for keyword in node.keywords}
    return made | ({"settings": settings} if settings else {})


def index_items(node: ast.expr, renamed: Mapping[str, str]) -> list[dict[str, Any]]:
    """The items of an index, slices among them."""
    items = node.elts if isinstance(node, ast.Tuple) else [node]
    made = []
    for item in items:
        if isinstance(item, ast.Slice):
            parts = [item.lower, item.upper, item.step]
            made.append({"slice": [x and ast.literal_eval(x) for x in parts]})
        else:
            made.append(tree(item, renamed))
    return made
