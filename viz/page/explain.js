// Where a number came from: the elements it was made of, and the arithmetic written out.
//
// explain(tree, at, run) takes one element of a tree's value. Its parts are texts and, for each
// element of a named array, {text, name, at}; `sources` holds the positions of all that went into
// it, by the array's name. Functions that move elements are asked by giving them positions
// instead of numbers.

const SHOWN_TERMS = 3; // of a longer sum, then "..."
const MOST_TERMS = 5000; // beyond, a sum is not followed further

function explain(tree, at, run) {
  const context = { ...run, tree, sources: new Map(), origins: new Map(), depth: 0 };
  const { parts } = explained(tree, at, context);
  return { parts, sources: context.sources };
}

// {parts, level}: what an element is made of, and how tightly that binds (see levelOf).
function explained(tree, at, context) {
  if (tree.name !== undefined) return ofName(tree, at, context);
  const value = evaluate(tree, context.values, context.known);
  if (!isArray(value)) return { parts: [String(value)], level: 8 };
  if (tree.number !== undefined) return justNumber(value.data[0]);
  const name = nameOf(tree);
  if (name === "astype") return explained(tree.args[0], at, context);
  if (name === "added_at") return ofAddedAt(tree, at, value, context);
  if (Object.hasOwn(MOVES, name) && !ADDING.includes(name)) return ofMoved(tree, at, context);
  if (Object.hasOwn(REDUCTIONS, name)) return ofReduced(tree, at, value, context);
  if (Object.hasOwn(PRODUCTS, name) && !["einsum", "tensordot"].includes(name))
    return ofProduct(tree, at, value, context);
  if (Object.hasOwn(ELEMENTWISE, name)) return ofElementwise(tree, at, value, context);
  return justNumber(value.data[at]);
}

const ADDING = ["pad", "tril", "triu"]; // move elements, and add zeros
const justNumber = x => ({ parts: [numberText(x)], level: x < 0 ? 6 : 8 });

function ofName(tree, at, { values, sources }) {
  const array = values.get(tree.name),
    x = array.data[at];
  if (!sources.has(tree.name)) sources.set(tree.name, new Set());
  sources.get(tree.name).add(at);
  return { parts: [{ text: elementText(array, x), name: tree.name, at }], level: x < 0 ? 6 : 8 };
}

const enclosed = ({ parts, level }, least) => (level > least ? parts : ["(", ...parts, ")"]);

// Where an element of `out` lies in an array that was broadcast to it.
function broadcastAt(at, out, shape) {
  const own = strides(shape),
    extra = out.length - shape.length,
    steps = strides(out);
  return shape.reduce((n, size, d) => {
    const i = Math.floor(at / steps[d + extra]) % out[d + extra];
    return n + (size === 1 ? 0 : i * own[d]);
  }, 0);
}

function ofElementwise(tree, at, value, context) {
  const { call } = tree,
    name = nameOf(tree);
  const argument = x => {
    const array = evaluate(x, context.values, context.known);
    return isArray(array)
      ? explained(x, broadcastAt(at, value.shape, array.shape), context)
      : { parts: [spell(x)], level: 8 };
  };
  if (name === "where") {
    const condition = evaluate(tree.args[0], context.values, context.known);
    const why = argument(tree.args[0]),
      isTrue = condition.data[broadcastAt(at, value.shape, condition.shape)];
    const { parts, level } = argument(tree.args[isTrue ? 1 : 2]);
    return tree === context.tree
      ? { parts: [...parts, " as ", ...why.parts], level }
      : { parts, level };
  }
  const args = tree.args.map(argument);
  if (call in LEVELS && LEVELS[call] === 0) {
    const truth = value.data[at] ? "1" : "0";
    const sides = args.map(arg => enclosed(arg, 0));
    return { parts: ["(", ...sides[0], ` ${call} `, ...sides[1], ` → ${truth})`], level: 8 };
  }
  if (call in LEVELS) {
    const [left, right] = sidesOf(call),
      sign = call === "**" ? call : ` ${call} `;
    const parts = [...enclosed(args[0], left), sign, ...enclosed(args[1], right)];
    return { parts, level: LEVELS[call] };
  }
  if (isSign(call)) return { parts: [call[0], ...enclosed(args[0], 6)], level: 6 };
  const inside = args.flatMap((arg, i) => (i ? [", ", ...arg.parts] : arg.parts));
  return { parts: [`${name}(`, ...inside, ")"], level: 8 };
}

// The position, in the first operand, of each element that a call moves.
function origins(tree, values, known) {
  const [array, ...rest] = tree.args.map(x => evaluate(x, values, known));
  return MOVES[nameOf(tree)](positions(array.shape), ...rest);
}

function ofMoved(tree, at, context) {
  for (const x of tree.args.slice(1)) {
    const index = evaluate(x, context.values, context.known); // a source, too
    if (isArray(index) && index.data.length > at) explained(x, at, context);
  }
  if (!context.origins.has(tree))
    context.origins.set(tree, origins(tree, context.values, context.known));
  return explained(tree.args[0], context.origins.get(tree).data[at], context);
}

// A sum of terms, each given by a function that explains it.
function summed(count, term, value, context, sign = " + ") {
  const many = count > SHOWN_TERMS + 1,
    parts = [];
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
  if (context.depth) return justNumber(value);
  if (many) parts.push(`${sign}… ${count - SHOWN_TERMS} more`);
  return { parts, level };
}

function ofReduced(tree, at, value, context) {
  const name = nameOf(tree),
    x = tree.args[0];
  const array = evaluate(x, context.values, context.known);
  const axis = plain(
    evaluate(tree.args[1] ?? tree.settings?.axis ?? { value: null }, context.values),
  );
  const { starts, inside } = groupsOf(array.shape, axis, true);
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

function ofProduct(tree, at, value, context) {
  const name = nameOf(tree);
  let [a, b] = tree.args.map(x => evaluate(x, context.values, context.known));
  if (!a.shape.length || !b.shape.length)
    return ofElementwise({ ...tree, call: "*" }, at, value, context);
  if (name === "vdot") [a, b] = [reshape(a, [-1]), reshape(b, [-1])];
  if (name === "outer") [a, b] = [reshape(a, [-1, 1]), reshape(b, [1, -1])];
  if (name === "dot" && a.shape.length > 2) a = reshape(a, [-1, a.shape.at(-1)]);
  const { n, k, m, starts } = productPlan(a, b);
  const [atA, atB] = starts[Math.floor(at / (n * m))];
  const row = atA + (Math.floor(at / m) % n) * k,
    column = atB + (at % m);
  const term = l => {
    const left = explained(tree.args[0], row + l, context);
    const right = explained(tree.args[1], column + l * m, context);
    return { parts: [...enclosed(left, 4), " * ", ...enclosed(right, 5)], level: 5 };
  };
  return summed(k, term, value.data[at], context);
}

// The sum of all that was taken from this place, where it is added to zeros.
function ofAddedAt(tree, at, value, context) {
  const [target, where, g] = tree.args;
  if (target.call !== "np.zeros") return justNumber(value.data[at]);
  const places = placesOf(value.shape, evaluate(where, context.values, context.known));
  const from = [...places.data.keys()].filter(i => places.data[i] === at);
  if (!from.length) return justNumber(0);
  return summed(from.length, i => explained(g, from[i], context), value.data[at], context);
}

// -- numbers as text --------------------------------------------------------------------------

// A number in at most four digits. Zeros at the end tell that it was rounded: 0.5, but 0.6900.
function numberText(x) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  if (x === 0) return "0";
  const [digits, power] = x.toExponential(3).split("e"),
    exponent = Number(power),
    isExact = Math.abs(`${digits}e${power}` - x) <= 1e-6 * Math.abs(x),
    short = text => (isExact ? String(Number(text)) : text);
  if (exponent >= -4 && exponent < 4) return short(x.toFixed(3 - exponent));
  return `${short(digits)}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

// The indices of an element: "3, 5".
function indicesText(at, shape) {
  return strides(shape)
    .map((step, d) => Math.floor(at / step) % shape[d])
    .join(", ");
}

const shapeText = shape => (shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`);
