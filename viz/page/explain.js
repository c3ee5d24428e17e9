// Where a number came from: the elements it was made of, and the arithmetic written out.
//
// explain(tree, at, run) takes one element of a tree's value. Its parts are texts and, for each
// element of a named array, {text, name, at}; `sources` holds the positions of all that went into
// it, by the array's name. Functions that move elements are asked by giving them positions
// instead of numbers.

const SHOWN_TERMS = 3;  // of a longer sum, then "..."
const MOST_TERMS = 5000;  // beyond, a sum is not followed further
const SPELLED = { "*": " * ", "/": " / ", "+": " + ", "-": " - ", "**": "**", "//": " // ", "%": " % " };

function explain(tree, at, run) {
  const context = { ...run, sources: new Map(), depth: 0 };
  const { parts } = explained(tree, at, context);
  return { parts, sources: context.sources };
}

// {parts, level}: what an element is made of, and how tightly that binds (see levelOf).
function explained(tree, at, context) {
  if (tree.name !== undefined) return named(tree, at, context);
  const value = evaluate(tree, context.values, context.known);
  if (tree.number !== undefined) return { parts: [numberText(value.data[0])], level: levelOf(tree) };
  if (!isArray(value)) return { parts: [String(value)], level: 8 };
  const name = nameOf(tree);
  if (Object.hasOwn(MOVES, name)) return moved(tree, at, context);
  if (Object.hasOwn(REDUCTIONS, name)) return reduced(tree, at, value, context);
  if (Object.hasOwn(PRODUCTS, name) && name !== "einsum") return multiplied(tree, at, value, context);
  if (name === "put") return collected(tree, at, value, context);
  if (name === "astype" || name === "concatenate" || name === "stack") return asNumber(tree, at, value, context);
  if (Object.hasOwn(ELEMENTWISE, name)) return byElement(tree, at, value, context);
  return { parts: [numberText(value.data[at])], level: value.data[at] < 0 ? 6 : 8 };
}

function named(tree, at, { values, sources }) {
  const array = values.get(tree.name);
  if (!sources.has(tree.name)) sources.set(tree.name, new Set());
  sources.get(tree.name).add(at);
  const text = array.dtype === "bool" ? (array.data[at] ? "True" : "False") : numberText(array.data[at]);
  return { parts: [{ text, name: tree.name, at }], level: array.data[at] < 0 ? 6 : 8 };
}

const enclosed = ({ parts, level }, least) => (level > least ? parts : ["(", ...parts, ")"]);

// Where an element of `out` lies in an array that was broadcast to it.
function broadcastAt(at, out, shape) {
  const own = strides(shape), extra = out.length - shape.length, steps = strides(out);
  return shape.reduce((n, size, d) => {
    const i = Math.floor(at / steps[d + extra]) % out[d + extra];
    return n + (size === 1 ? 0 : i * own[d]);
  }, 0);
}

function byElement(tree, at, value, context) {
  const { call } = tree, name = nameOf(tree);
  const argument = x => {
    const array = evaluate(x, context.values, context.known);
    return isArray(array) ? explained(x, broadcastAt(at, value.shape, array.shape), context) : { parts: [spell(x)], level: 8 };
  };
  if (name === "where") {
    const condition = evaluate(tree.args[0], context.values, context.known);
    argument(tree.args[0]);
    return argument(tree.args[condition.data[broadcastAt(at, value.shape, condition.shape)] ? 1 : 2]);
  }
  const args = tree.args.map(argument);
  if (call in LEVELS && LEVELS[call] === 0) {
    const truth = value.data[at] ? "1" : "0";
    return { parts: ["(", ...enclosed(args[0], 0), ` ${call} `, ...enclosed(args[1], 0), ` → ${truth})`], level: 8 };
  }
  if (call in LEVELS) {
    const level = LEVELS[call], right = call === "**" ? 5 : level;
    const sign = SPELLED[call] ?? ` ${call} `;
    return { parts: [...enclosed(args[0], call === "**" ? 7 : level - 1), sign, ...enclosed(args[1], right)], level };
  }
  if (/^[-+~]x$/.test(call)) return { parts: [call[0], ...enclosed(args[0], 6)], level: 6 };
  const inside = args.flatMap((arg, i) => (i ? [", ", ...arg.parts] : arg.parts));
  return { parts: [`${name}(`, ...inside, ")"], level: 8 };
}

// The position, in the first operand, of each element that a call moves.
function origins(tree, values, known) {
  const name = nameOf(tree), array = evaluate(tree.args[0], values, known);
  const rest = tree.args.slice(1).map(x => evaluate(x, values, known));
  return MOVES[name](positions(array.shape), ...rest);
}

function moved(tree, at, context) {
  if (nameOf(tree) === "pad" || /^tri[lu]$/.test(nameOf(tree))) return asNumber(tree, at, evaluate(tree, context.values, context.known), context);
  tree.args.slice(1).forEach(x => noteIndex(x, at, context));
  return explained(tree.args[0], origins(tree, context.values, context.known).data[at], context);
}

// An array that tells which elements are taken is a source, too: its element for `at`.
function noteIndex(tree, at, context) {
  const value = evaluate(tree, context.values, context.known);
  if (isArray(value) && value.data.length > at) explained(tree, at, context);
}

// A function that makes an array of whole operands: only the number itself is shown.
function asNumber(tree, at, value, context) {
  if (nameOf(tree) === "astype") return explained(tree.args[0], at, context);
  return { parts: [numberText(value.data[at])], level: value.data[at] < 0 ? 6 : 8 };
}

// A sum of terms, each given by a function that explains it.
function summed(count, term, value, context, sign = " + ") {
  const many = count > SHOWN_TERMS + 1, parts = [];
  context.depth++;
  let level = count > 1 ? 4 : 8;
  for (let i = 0; i < Math.min(count, MOST_TERMS); i++) {
    const one = term(i);
    if (many && i >= SHOWN_TERMS) continue;
    if (i) parts.push(sign);
    parts.push(...(sign === " + " ? enclosed(one, 3) : one.parts));
    if (count === 1) level = one.level;
  }
  context.depth--;
  if (context.depth) return { parts: [numberText(value)], level: value < 0 ? 6 : 8 };
  if (many) parts.push(`${sign}… ${count - SHOWN_TERMS} more`);
  return { parts, level };
}

function reduced(tree, at, value, context) {
  const name = nameOf(tree), x = tree.args[0];
  const array = evaluate(x, context.values, context.known);
  const axis = plain(evaluate(tree.args[1] ?? tree.settings?.axis ?? { value: null }, context.values));
  const { starts, inside } = groups(array.shape, axis, true);
  const term = i => explained(x, starts[at] + inside[i], context);
  const number = value.data[at];
  if (name === "sum") return summed(inside.length, term, number, context);
  if (name === "mean") {
    const sum = summed(inside.length, term, number * inside.length, context);
    return { parts: [...enclosed(sum, 4), " / ", String(inside.length)], level: 5 };
  }
  const list = summed(inside.length, term, number, context, ", ");
  return context.depth ? list : { parts: [`${name}(`, ...list.parts, ")"], level: 8 };
}

function multiplied(tree, at, value, context) {
  const [x, y] = tree.args, a = evaluate(x, context.values, context.known), b = evaluate(y, context.values, context.known);
  const name = nameOf(tree);
  if (!a.shape.length || !b.shape.length) return byElement({ ...tree, call: "*" }, at, value, context);
  const flat = name === "vdot";
  const [left, right] = flat ? [reshape(a, [-1]), reshape(b, [-1])] : name === "outer" ? [reshape(a, [-1, 1]), reshape(b, [1, -1])] : [a, b];
  const rows = name === "dot" && left.shape.length > 2 ? reshape(left, [-1, left.shape.at(-1)]) : left;
  const { n, k, m, starts } = productPlan(rows, right);
  const [atA, atB] = starts[Math.floor(at / (n * m))], i = Math.floor(at / m) % n, j = at % m;
  const term = l => {
    const factors = [explained(x, atA + i * k + l, context), explained(y, atB + l * m + j, context)];
    return { parts: [...enclosed(factors[0], 4), " * ", ...enclosed(factors[1], 5)], level: 5 };
  };
  return summed(k, term, value.data[at], context);
}

// put: the sum of what was taken from this place.
function collected(tree, at, value, context) {
  const [g, index] = [tree.args[0], tree.args[1] ?? tree.settings.index].map(x => evaluate(x, context.values, context.known));
  const places = MOVES["[]"](positions(value.shape), Array.isArray(index) ? index : [index]);
  const from = [...places.data.keys()].filter(i => places.data[i] === at && i < g.data.length);
  if (!from.length) return { parts: ["0"], level: 8 };
  return summed(from.length, i => explained(tree.args[0], from[i], context), value.data[at], context);
}

// -- numbers as text --------------------------------------------------------------------------

// A number in at most four digits, as Python's %.4g has it.
function numberText(x) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  if (x === 0) return "0";
  const [digits, power] = x.toExponential(3).split("e"), exponent = Number(power);
  if (exponent >= -4 && exponent < 4) return String(Number(x.toFixed(3 - exponent)));
  return `${Number(digits)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

// The indices of an element: "3, 5".
function indicesText(at, shape) {
  return strides(shape).map((step, d) => Math.floor(at / step) % shape[d]).join(", ");
}

const shapeText = shape => (shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`);
