// Arrays as NumPy has them, as far as small networks need them: {shape, dtype, data}.
//
// The data lie row by row. Every result is rounded to its dtype, as in NumPy, so that the page's
// numbers are the engine's but for the order in which sums are added up. Numbers that are written
// in a formula have the dtypes "int" and "float": they take the dtype of what they meet.

const { Float16Array } = globalThis; // which older browsers lack
const STORES = { float16: Float16Array, float32: Float32Array, bool: Uint8Array }; // else doubles
const FLOATS = ["float", "float16", "float32", "float64"];
const INTS = ["int", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"];

const sizeOf = shape => shape.reduce((n, m) => n * m, 1);
const isArray = x => x !== null && typeof x === "object" && "data" in x;
const isWeak = x => x.dtype === "int" || x.dtype === "float";

function makeArray(shape, dtype, data) {
  const Store = STORES[dtype] ?? Float64Array;
  if (data === undefined) return { shape, dtype, data: new Store(sizeOf(shape)) };
  return { shape, dtype, data: data instanceof Store ? data : Store.from(data) };
}

const numberArray = (x, dtype = "float") => ({ shape: [], dtype, data: Float64Array.of(x) });
const full = (shape, value, dtype) =>
  makeArray(shape, dtype, new Float64Array(sizeOf(shape)).fill(value));
const withShape = (x, shape) => ({ ...x, shape });
const cast = (x, dtype) => makeArray(x.shape, dtype, x.data);

// The numbers 0, 1, 2, ... in a shape: where each element of an array of that shape lies.
const positions = shape =>
  makeArray(
    shape,
    "int64",
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => i),
  );

// A setting such as an axis or a shape, as plain numbers.
function plain(x) {
  if (Array.isArray(x)) return x.map(plain);
  return isArray(x) ? x.data[0] : x;
}

// -- dtypes and broadcasting ----------------------------------------------------------------

// The dtype of a result of two arrays, as NumPy promotes.
function promote(a, b) {
  if (a.dtype === b.dtype) return a.dtype;
  const [weak, strong] = isWeak(a) ? [a, b] : [b, a];
  if (isWeak(weak)) {
    if (isWeak(strong)) return "float";
    if (weak.dtype === "int") return strong.dtype === "bool" ? "int64" : strong.dtype;
    return FLOATS.includes(strong.dtype) ? strong.dtype : "float64";
  }
  const dtypes = [a.dtype, b.dtype];
  if (dtypes.includes("bool")) return dtypes.find(t => t !== "bool");
  if (dtypes.includes("float64")) return "float64";
  if (dtypes.includes("float32")) {
    const other = dtypes.find(t => t !== "float32");
    return /^(float16|u?int(8|16))$/.test(other) ? "float32" : "float64";
  }
  if (dtypes.includes("float16")) {
    const other = dtypes.find(t => t !== "float16");
    return { int8: "float16", uint8: "float16", int16: "float32", uint16: "float32" }[other] ??
      "float64";
  }
  return dtypes.includes("int64") || dtypes.includes("uint32") ? "int64" : "int32";
}

const floating = dtype => (FLOATS.includes(dtype) ? dtype : dtype === "int" ? "float" : "float64");

function broadcastShapes(...shapes) {
  const rank = Math.max(...shapes.map(s => s.length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map(s => s[i - rank + s.length] ?? 1).filter(n => n !== 1);
    if (sizes.some(n => n !== sizes[0]))
      throw new Error(`shapes (${shapes.join(") and (")}) do not fit`);
    return sizes[0] ?? 1;
  });
}

const strides = shape => shape.map((_, i) => sizeOf(shape.slice(i + 1)));

// Call visit(i, ...offsets) for each element of a shape; offsets[k] goes by steps[k][dimension].
function walk(shape, steps, visit) {
  const n = sizeOf(shape),
    index = new Array(shape.length).fill(0),
    at = steps.map(() => 0);
  for (let i = 0; i < n; i++) {
    visit(i, at[0], at[1], at[2]);
    for (let d = shape.length - 1; d >= 0; d--) {
      for (let k = 0; k < at.length; k++) at[k] += steps[k][d];
      if (++index[d] < shape[d]) break;
      for (let k = 0; k < at.length; k++) at[k] -= steps[k][d] * shape[d];
      index[d] = 0;
    }
  }
}

// How far each dimension of a larger shape goes in the data of a smaller one: 0 where it is copied.
function broadcastSteps(shape, out) {
  const own = strides(shape),
    extra = out.length - shape.length;
  return out.map((_, i) => (i < extra || shape[i - extra] === 1 ? 0 : own[i - extra]));
}

function elementwise(f, dtype, ...xs) {
  const shape = broadcastShapes(...xs.map(x => x.shape));
  const out = makeArray(shape, dtype);
  const [a, b, c] = xs.map(x => x.data);
  const plainly = xs.every(x => x.data.length === out.data.length || x.data.length === 1);
  if (plainly) {
    const [i1, i2, i3] = xs.map(x => (x.data.length === 1 ? 0 : 1));
    for (let i = 0; i < out.data.length; i++) out.data[i] = f(a[i * i1], b?.[i * i2], c?.[i * i3]);
  } else {
    const steps = xs.map(x => broadcastSteps(x.shape, shape));
    walk(shape, steps, (i, j, k, l) => {
      out.data[i] = f(a[j], b?.[k], c?.[l]);
    });
  }
  return out;
}

// -- elementwise functions ------------------------------------------------------------------

// A number from a formula as the array that it meets sees it: rounded to its dtype.
const rounded = (x, dtype) => (isWeak(x) && dtype in STORES ? cast(x, dtype) : x);

const unary = f => x => elementwise(f, floating(x.dtype), x);
const sameDtype = f => x => elementwise(f, x.dtype, x);
function binary(f, resultOf = dtype => dtype) {
  return (a, b) => {
    const dtype = promote(a, b);
    return elementwise(f, resultOf(dtype), rounded(a, dtype), rounded(b, dtype));
  };
}
const compare = f => binary(f, () => "bool");
const raised = (a, b) => (b === 2 ? a * a : a ** b);
const signOf = x => (Number.isNaN(x) ? NaN : Math.sign(x));
const roundEven = x => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
const either = (f, a, b) => (a !== a || b !== b ? NaN : f(a, b));

const sinc = x => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

// A derivative of sinc: by its series within 1 of 0, and beyond by that of lower order.
function slopeOfSinc(x, order) {
  const z = Math.PI * x;
  if (!(Math.abs(x) < 1)) {
    let y = sinc(x);
    for (let n = 1; n <= order; n++)
      y = (Math.PI ** (n - 1) * Math.sin(z + (n * Math.PI) / 2) - n * y) / x;
    return y;
  }
  const first = Math.ceil(order / 2);
  let power = Math.PI ** order * z ** (order % 2) * (-1) ** first,
    sum = 0;
  for (let k = first; k < first + 16; k++) {
    sum += power / (2 * k + 1);
    power *= (-z * z) / ((2 * k - order + 1) * (2 * k - order + 2));
  }
  return sum;
}

function logAddExp(a, b) {
  const top = Math.max(a, b);
  return top === -Infinity ? top : top + Math.log1p(Math.exp(-Math.abs(a - b)));
}

// The error function: its series, and far out the continued fraction of what is missing to 1.
function erf(x) {
  const t = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (t < 3) {
    let term = t,
      sum = t;
    for (let n = 1; n < 80; n++) {
      term *= (-t * t) / n;
      sum += term / (2 * n + 1);
    }
    return ((Math.sign(x) * 2) / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (t + fraction);
  return Math.sign(x) * (1 - Math.exp(-t * t) / Math.sqrt(Math.PI) / (t + fraction));
}

// prettier-ignore
const ELEMENTWISE = {
  "+": binary((a, b) => a + b), "-": binary((a, b) => a - b), "*": binary((a, b) => a * b),
  "/": binary((a, b) => a / b, floating), "//": binary((a, b) => Math.floor(a / b)),
  "%": binary((a, b) => a - b * Math.floor(a / b)), "**": binary(raised),
  "==": compare((a, b) => a === b), "!=": compare((a, b) => a !== b), "<": compare((a, b) => a < b),
  "<=": compare((a, b) => a <= b), ">": compare((a, b) => a > b), ">=": compare((a, b) => a >= b),
  "&": binary((a, b) => a & b), "|": binary((a, b) => a | b),
  maximum: binary((a, b) => either(Math.max, a, b)),
  minimum: binary((a, b) => either(Math.min, a, b)),
  arctan2: binary(Math.atan2, floating), hypot: binary((a, b) => Math.hypot(a, b), floating),
  logaddexp: binary(logAddExp, floating),
  exp: unary(Math.exp), expm1: unary(Math.expm1), log: unary(Math.log), log1p: unary(Math.log1p),
  log2: unary(Math.log2), log10: unary(Math.log10), sqrt: unary(Math.sqrt),
  sin: unary(Math.sin), cos: unary(Math.cos), tan: unary(Math.tan), arcsin: unary(Math.asin),
  arccos: unary(Math.acos), arctan: unary(Math.atan), sinh: unary(Math.sinh),
  cosh: unary(Math.cosh), arcsinh: unary(Math.asinh), arccosh: unary(Math.acosh),
  arctanh: unary(Math.atanh), exp2: unary(x => 2 ** x), sinc: unary(sinc),
  tanh: unary(Math.tanh), reciprocal: unary(x => 1 / x), erf: unary(erf),
  "-x": sameDtype(x => -x), "+x": sameDtype(x => x), abs: sameDtype(Math.abs),
  sign: sameDtype(signOf),
  square: sameDtype(x => x * x), floor: sameDtype(Math.floor), ceil: sameDtype(Math.ceil),
  trunc: sameDtype(Math.trunc), rint: sameDtype(roundEven),
  round: (x, n) => elementwise((a, d) => roundEven(a * 10 ** d) / 10 ** d, x.dtype, x, n),
  "~x": x => elementwise(x.dtype === "bool" ? a => 1 - a : a => -a - 1, x.dtype, x),
  isnan: x => elementwise(Number.isNaN, "bool", x),
  isinf: x => elementwise(a => Math.abs(a) === Infinity, "bool", x),
  isfinite: x => elementwise(Number.isFinite, "bool", x),
  logical_not: x => elementwise(a => !a, "bool", x),
  logical_and: (a, b) => elementwise((p, q) => p && q ? 1 : 0, "bool", a, b),
  logical_or: (a, b) => elementwise((p, q) => p || q ? 1 : 0, "bool", a, b),
  where(condition, a, b) {
    const dtype = promote(a, b);
    const [x, y] = [rounded(a, dtype), rounded(b, dtype)];
    return elementwise((c, p, q) => (c ? p : q), dtype, condition, x, y);
  },
};
// prettier-ignore
Object.assign(ELEMENTWISE, {
  add: ELEMENTWISE["+"], subtract: ELEMENTWISE["-"], multiply: ELEMENTWISE["*"],
  divide: ELEMENTWISE["/"], true_divide: ELEMENTWISE["/"], power: ELEMENTWISE["**"],
  negative: ELEMENTWISE["-x"], absolute: ELEMENTWISE.abs, fabs: ELEMENTWISE.abs,
  clip: (x, low, high) => [[ELEMENTWISE.maximum, low], [ELEMENTWISE.minimum, high]]
    .reduce((y, [f, bound]) => (bound === null ? y : f(y, bound)), x),
});

// -- functions that move elements: each can be asked where an element came from -------------

// An array with the elements at some positions of another one.
function gathered(x, shape, from) {
  const out = makeArray(shape, x.dtype);
  for (let i = 0; i < out.data.length; i++) out.data[i] = x.data[from[i]];
  return out;
}

// The elements of x by steps of its own data for each dimension of a new shape.
function strided(x, shape, steps, start = 0) {
  const out = makeArray(shape, x.dtype);
  walk(shape, [steps], (i, j) => {
    out.data[i] = x.data[start + j];
  });
  return out;
}

const axisOf = (axis, rank) => (axis < 0 ? axis + rank : axis);
const axesOf = (axis, rank) =>
  axis === null || axis === undefined
    ? Array.from({ length: rank }, (_, i) => i)
    : [axis].flat().map(a => axisOf(a, rank));

function transpose(x, axes) {
  const order = axes
    ? axes.map(a => axisOf(a, x.shape.length))
    : x.shape.map((_, i) => i).reverse();
  const own = strides(x.shape);
  return strided(
    x,
    order.map(d => x.shape[d]),
    order.map(d => own[d]),
  );
}

function swapAxes(x, a, b) {
  const order = x.shape.map((_, i) => i),
    rank = order.length;
  [order[axisOf(a, rank)], order[axisOf(b, rank)]] = [
    order[axisOf(b, rank)],
    order[axisOf(a, rank)],
  ];
  return transpose(x, order);
}

function reshape(x, shape) {
  const known = shape.reduce((n, m) => (m < 0 ? n : n * m), 1);
  const sizes = shape.map(n => (n < 0 ? x.data.length / known : n));
  if (sizeOf(sizes) !== x.data.length)
    throw new Error(`(${x.shape}) cannot be reshaped to (${shape})`);
  return withShape(x, sizes);
}

function flip(x, axis) {
  const turned = axesOf(axis, x.shape.length),
    own = strides(x.shape);
  const start = turned.reduce((n, d) => n + (x.shape[d] - 1) * own[d], 0);
  return strided(
    x,
    x.shape,
    own.map((step, d) => (turned.includes(d) ? -step : step)),
    start,
  );
}

function roll(x, shift, axis) {
  if (axis === null || axis === undefined)
    return withShape(roll(reshape(x, [-1]), shift, 0), x.shape);
  const shifts = [shift].flat();
  return axesOf(axis, x.shape.length).reduce((y, d, i) => {
    const n = y.shape[d],
      from = Array.from({ length: n }, (_, j) => (((j - shifts[i]) % n) + n) % n);
    return takeAlong(y, d, from);
  }, x);
}

// The slices of x along a dimension that are named in a list.
function takeAlong(x, d, from) {
  const inner = sizeOf(x.shape.slice(d + 1)),
    n = x.shape[d],
    shape = x.shape.with(d, from.length);
  const where = Array.from({ length: sizeOf(shape) }, (_, i) => {
    const outer = Math.floor(i / inner / from.length),
      j = Math.floor(i / inner) % from.length;
    return (outer * n + from[j]) * inner + (i % inner);
  });
  return gathered(x, shape, where);
}

function takeAlongAxis(x, indices, axis) {
  const d = axisOf(axis, x.shape.length),
    own = strides(x.shape);
  const shape = broadcastShapes(x.shape.with(d, 1), indices.shape);
  const steps = broadcastSteps(x.shape.with(d, 1), shape).map((step, i) =>
    i === d || step === 0 ? 0 : own[i],
  );
  const from = new Float64Array(sizeOf(shape));
  walk(shape, [steps, broadcastSteps(indices.shape, shape)], (i, j, k) => {
    const at = indices.data[k];
    from[i] = j + (at < 0 ? at + x.shape[d] : at) * own[d];
  });
  return gathered(x, shape, from);
}

function concatenate(xs, axis = 0) {
  const d = axisOf(axis, xs[0].shape.length);
  const shape = xs[0].shape.with(
    d,
    xs.reduce((n, x) => n + x.shape[d], 0),
  );
  const dtype = xs.map(x => x.dtype).reduce((t, u) => promote({ dtype: t }, { dtype: u }));
  const out = makeArray(shape, dtype),
    own = strides(shape);
  let start = 0;
  for (const x of xs) {
    walk(x.shape, [own], (i, j) => {
      out.data[start + j] = x.data[i];
    });
    start += x.shape[d] * own[d];
  }
  return out;
}

function expandDims(x, axis) {
  const rank = x.shape.length + [axis].flat().length,
    added = axesOf(axis, rank),
    sizes = [...x.shape];
  return withShape(
    x,
    Array.from({ length: rank }, (_, i) => (added.includes(i) ? 1 : sizes.shift())),
  );
}

function squeeze(x, axis) {
  const rank = x.shape.length,
    given = axis !== null && axis !== undefined;
  const gone = given ? axesOf(axis, rank) : x.shape.map((_, i) => i).filter(i => x.shape[i] === 1);
  return withShape(
    x,
    x.shape.filter((_, i) => !gone.includes(i)),
  );
}

const stack = (xs, axis = 0) =>
  concatenate(
    xs.map(x => expandDims(x, axis)),
    axis,
  );
const broadcastTo = (x, shape) => strided(x, shape, broadcastSteps(x.shape, shape));

function pad(x, widths, mode, value) {
  const pairs = plain(widths),
    out = full(
      x.shape.map((n, d) => n + pairs[d][0] + pairs[d][1]),
      plain(value ?? 0),
      x.dtype,
    );
  const own = strides(out.shape),
    start = own.reduce((n, step, d) => n + step * pairs[d][0], 0);
  walk(x.shape, [own], (i, j) => {
    out.data[start + j] = x.data[i];
  });
  return out;
}

function triangle(x, keep) {
  const [n, m] = x.shape.slice(-2);
  const out = makeArray(x.shape, x.dtype, x.data.slice());
  out.data.forEach((_, i) => {
    if (!keep(Math.floor(i / m) % n, i % m)) out.data[i] = 0;
  });
  return out;
}

// The diagonals of two axes, which become the last one.
function diagonal(x, offset, first, second) {
  const rank = x.shape.length,
    own = strides(x.shape),
    [a, b] = [axisOf(first, rank), axisOf(second, rank)];
  const rest = x.shape.map((_, d) => d).filter(d => d !== a && d !== b);
  const [down, right] = [Math.max(0, -offset), Math.max(0, offset)];
  const length = Math.max(0, Math.min(x.shape[a] - down, x.shape[b] - right));
  return strided(
    x,
    [...rest.map(d => x.shape[d]), length],
    [...rest.map(d => own[d]), own[a] + own[b]],
    down * own[a] + right * own[b],
  );
}

function tile(x, times) {
  const rank = Math.max(x.shape.length, times.length);
  const padded = list => [...Array(rank - list.length).fill(1), ...list];
  return padded(times).reduce(
    (y, n, d) => (n ? concatenate(Array(n).fill(y), d) : takeAlong(y, d, [])),
    withShape(x, padded(x.shape)),
  );
}

// x[...]: items are numbers, null (a new dimension), "..." , {slice: [...]} and arrays.
function getItem(x, items) {
  const taking = items.flatMap(item =>
    isArray(item) && item.dtype === "bool" ? nonzero(item) : [item],
  );
  const used = taking.filter(item => item !== null && item !== "...").length;
  const whole = Array.from({ length: x.shape.length - used }, () => ({
    slice: [null, null, null],
  }));
  const dots = taking.indexOf("...");
  const all =
    dots < 0
      ? [...taking, ...whole]
      : [...taking.slice(0, dots), ...whole, ...taking.slice(dots + 1)];
  const own = strides(x.shape),
    shape = [],
    steps = [],
    arrays = [];
  const fancy = all.some(isArray);
  let start = 0,
    d = 0,
    place = null,
    apart = false;
  for (const item of all) {
    if (item === null) {
      shape.push(1);
      steps.push(0);
    } else if (item.slice) {
      const [begin, count, step] = sliceOf(item.slice, x.shape[d]);
      start += begin * own[d];
      shape.push(count);
      steps.push(step * own[d]);
      d++;
    } else {
      if (fancy) {
        apart ||= place !== null && place !== shape.length;
        place ??= shape.length;
        arrays.push([isArray(item) ? item : numberArray(item), x.shape[d], own[d]]);
      } else {
        start += (item < 0 ? item + x.shape[d] : item) * own[d];
      }
      d++;
    }
  }
  if (!fancy) return strided(x, shape, steps, start);
  return fancyItem(x, { start, shape, steps, arrays, place: apart ? 0 : place });
}

// Integer arrays of an index are broadcast together; their dimensions stand at `place`.
function fancyItem(x, { start, shape, steps, arrays, place }) {
  const across = broadcastShapes(...arrays.map(([index]) => index.shape));
  const offsets = new Float64Array(sizeOf(across));
  for (const [index, n, own] of arrays)
    walk(across, [broadcastSteps(index.shape, across)], (i, j) => {
      offsets[i] += (index.data[j] < 0 ? index.data[j] + n : index.data[j]) * own;
    });
  const out = [...shape.slice(0, place), ...across, ...shape.slice(place)];
  const still = across.map(() => 0),
    turning = strides(across);
  const from = new Float64Array(sizeOf(out));
  walk(
    out,
    [
      [...steps.slice(0, place), ...still, ...steps.slice(place)],
      [...shape.slice(0, place).map(() => 0), ...turning, ...shape.slice(place).map(() => 0)],
    ],
    (i, j, k) => {
      from[i] = start + j + offsets[k];
    },
  );
  return gathered(x, out, from);
}

function sliceOf([begin, end, step], n) {
  step ??= 1;
  const clamp = (i, low, high) => Math.min(Math.max(i < 0 ? i + n : i, low), high);
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
  const first = begin === null ? (step > 0 ? 0 : n - 1) : clamp(begin, low, high);
  const last = end === null ? (step > 0 ? n : -1) : clamp(end, low, high);
  return [first, Math.max(0, Math.ceil((last - first) / step)), step];
}

function nonzero(mask) {
  const found = [...mask.data.keys()].filter(i => mask.data[i]);
  return strides(mask.shape).map((step, d) =>
    makeArray(
      [found.length],
      "int64",
      found.map(i => Math.floor(i / step) % mask.shape[d]),
    ),
  );
}

// prettier-ignore
const MOVES = {
  T: x => transpose(x), mT: x => swapAxes(x, -1, -2),
  transpose: (x, ...axes) => transpose(x, (axes[0] ?? null) === null ? null : plain(axes).flat()),
  swapaxes: (x, a, b) => swapAxes(x, plain(a), plain(b)),
  reshape: (x, ...shape) => reshape(x, plain(shape).flat()),
  ravel: x => reshape(x, [-1]), flatten: x => reshape(x, [-1]),
  squeeze: (x, axis) => squeeze(x, plain(axis)),
  expand_dims: (x, axis) => expandDims(x, plain(axis)),
  broadcast_to: (x, shape) => broadcastTo(x, [plain(shape)].flat()),
  flip: (x, axis) => flip(x, plain(axis)),
  roll: (x, shift, axis) => roll(x, plain(shift), plain(axis)),
  diagonal: (x, offset, a, b) => diagonal(x, plain(offset ?? 0), plain(a ?? 0), plain(b ?? 1)),
  tile: (x, times) => tile(x, [plain(times)].flat()),
  take_along_axis: (x, indices, axis) => takeAlongAxis(x, indices, plain(axis)),
  "[]": (x, items) => getItem(x, items.map(i => (isArray(i) && !i.shape.length ? plain(i) : i))),
  copy: x => x, ascontiguousarray: x => x, asarray: x => x,
  windows: (x, size, stride, dilation) => windows(x, ...plain([size, stride, dilation])),
  pad, tril: (x, k) => triangle(x, (i, j) => j <= i + plain(k ?? 0)),
  triu: (x, k) => triangle(x, (i, j) => j >= i + plain(k ?? 0)),
};

// -- functions that draw elements together --------------------------------------------------

// For each element of a reduction the positions of what it is made of, and its shape.
function groupsOf(shape, axis, keepdims) {
  const gone = axesOf(axis, shape.length),
    own = strides(shape);
  const kept = shape.map((n, d) => (gone.includes(d) ? 1 : n));
  const inside = [];
  walk(
    gone.map(d => shape[d]),
    [gone.map(d => own[d])],
    (_, j) => inside.push(j),
  );
  const starts = new Float64Array(sizeOf(kept));
  walk(kept, [own], (i, j) => {
    starts[i] = j;
  });
  return { shape: keepdims ? kept : kept.filter((_, d) => !gone.includes(d)), starts, inside };
}

function reduction(f, dtypeOf) {
  return (x, axis, keepdims) => {
    const { shape, starts, inside } = groupsOf(x.shape, plain(axis), keepdims);
    const out = makeArray(shape, dtypeOf(x.dtype));
    for (let i = 0; i < starts.length; i++) out.data[i] = f(x.data, starts[i], inside);
    return out;
  };
}

const total = (data, start, inside) => {
  let sum = 0;
  for (const j of inside) sum += data[start + j];
  return sum;
};
const fold = (f, first) => (data, start, inside) =>
  inside.reduce((y, j) => f(y, data[start + j]), first);
const summedDtype = dtype => (dtype === "bool" || INTS.includes(dtype) ? "int64" : dtype);
const asIs = dtype => dtype;
const average = (data, start, inside) => total(data, start, inside) / inside.length;
const greatest = fold((a, b) => either(Math.max, a, b), -Infinity);
const smallest = fold((a, b) => either(Math.min, a, b), Infinity);
const firstOf = best => (data, start, inside) => {
  const value = best(data, start, inside);
  return inside.findIndex(j => Object.is(data[start + j], value) || data[start + j] === value);
};

// prettier-ignore
const REDUCTIONS = {
  sum: reduction(total, summedDtype),
  mean: reduction(average, floating),
  prod: reduction(fold((a, b) => a * b, 1), summedDtype),
  max: reduction(greatest, asIs), min: reduction(smallest, asIs),
  all: reduction(fold((a, b) => (a && b ? 1 : 0), 1), () => "bool"),
  any: reduction(fold((a, b) => (a || b ? 1 : 0), 0), () => "bool"),
  argmax: reduction(firstOf(greatest), () => "int64"),
  argmin: reduction(firstOf(smallest), () => "int64"),
};
Object.assign(REDUCTIONS, { amax: REDUCTIONS.max, amin: REDUCTIONS.min });

// The variance: the squared distances from the mean, summed up and divided by n - ddof.
const variance = (x, axis, keepdims, ddof) =>
  reduction((data, start, inside) => {
    const mean = average(data, start, inside);
    return (
      inside.reduce((sum, j) => sum + (data[start + j] - mean) ** 2, 0) /
      (inside.length - plain(ddof ?? 0))
    );
  }, floating)(x, axis, keepdims);

// Where the rows and columns of a product of matrices (or stacks, or vectors) lie.
function productPlan(a, b) {
  const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const [n, k] = left.slice(-2),
    [k2, m] = right.slice(-2);
  if (k !== k2) throw new Error(`(${a.shape}) @ (${b.shape}) do not fit`);
  const stacks = broadcastShapes(left.slice(0, -2), right.slice(0, -2));
  const shape = [...stacks, ...(a.shape.length > 1 ? [n] : []), ...(b.shape.length > 1 ? [m] : [])];
  const starts = [];
  walk(
    stacks,
    [
      broadcastSteps(left.slice(0, -2), stacks).map(step => step * n * k),
      broadcastSteps(right.slice(0, -2), stacks).map(step => step * k * m),
    ],
    (_, i, j) => starts.push([i, j]),
  );
  return { n, k, m, shape, starts };
}

function matmul(a, b) {
  const { n, k, m, shape, starts } = productPlan(a, b);
  const out = makeArray(shape, promote(a, b)),
    row = new Float64Array(m);
  starts.forEach(([atA, atB], s) => {
    for (let i = 0; i < n; i++) {
      row.fill(0);
      for (let l = 0; l < k; l++) {
        const x = a.data[atA + i * k + l];
        if (x !== 0) for (let j = 0, at = atB + l * m; j < m; j++) row[j] += x * b.data[at + j];
        else
          for (let j = 0, at = atB + l * m; j < m; j++)
            if (!Number.isFinite(b.data[at + j])) row[j] = NaN;
      }
      out.data.set(row, (s * n + i) * m);
    }
  });
  return out;
}

function dot(a, b) {
  if (!a.shape.length || !b.shape.length) return ELEMENTWISE["*"](a, b);
  if (b.shape.length < 3) {
    const rows = reshape(a, [sizeOf(a.shape.slice(0, -1)), a.shape.at(-1)]);
    return withShape(matmul(rows, b), [...a.shape.slice(0, -1), ...b.shape.slice(1)]);
  }
  throw new Error("np.dot with a stack of matrices");
}

function einsum(equation, a, b) {
  const [left, out] = equation.split("->"),
    [first, second] = left.split(",");
  const sizes = {};
  [...first].forEach((c, i) => {
    sizes[c] = a.shape[i];
  });
  [...second].forEach((c, i) => {
    sizes[c] = b.shape[i];
  });
  const inner = Object.keys(sizes).filter(c => !out.includes(c)),
    letters = [...out, ...inner];
  const stepsFor = (term, shape) =>
    letters.map(c => [...term].reduce((n, d, i) => n + (c === d ? strides(shape)[i] : 0), 0));
  const count = sizeOf(inner.map(c => sizes[c])),
    shape = [...out].map(c => sizes[c]);
  const sums = new Float64Array(sizeOf(shape));
  walk(
    letters.map(c => sizes[c]),
    [stepsFor(first, a.shape), stepsFor(second, b.shape)],
    (i, j, k) => {
      sums[Math.floor(i / count)] += a.data[j] * b.data[k];
    },
  );
  return makeArray(shape, promote(a, b), sums);
}

// prettier-ignore
const PRODUCTS = {
  "@": matmul, matmul, dot, einsum: (equation, a, b) => einsum(plain(equation), a, b),
  tensordot: (a, b, axes) => tensordot(a, b, plain(axes)),
  vdot: (a, b) => matmul(reshape(a, [-1]), reshape(b, [-1])),
  outer: (a, b) => matmul(reshape(a, [-1, 1]), reshape(b, [1, -1])),
};

// Running sums or products along an axis.
function running(x, axis, f) {
  const d = axisOf(axis, x.shape.length),
    n = x.shape[d],
    inner = sizeOf(x.shape.slice(d + 1));
  const out = makeArray(x.shape, summedDtype(x.dtype));
  for (let i = 0; i < out.data.length; i++)
    out.data[i] = Math.floor(i / inner) % n ? f(out.data[i - inner], x.data[i]) : x.data[i];
  return out;
}

// Sums of products over pairs of axes.
function tensordot(a, b, [over, other]) {
  const rest = (x, gone) => x.shape.map((_, d) => d).filter(d => !gone.includes(d));
  const [left, right] = [rest(a, over), rest(b, other)];
  const inner = sizeOf(over.map(d => a.shape[d]));
  const product = matmul(
    reshape(transpose(a, [...left, ...over]), [sizeOf(left.map(d => a.shape[d])), inner]),
    reshape(transpose(b, [...other, ...right]), [inner, sizeOf(right.map(d => b.shape[d]))]),
  );
  return withShape(product, [...left.map(d => a.shape[d]), ...right.map(d => b.shape[d])]);
}

// All windows of images, (*size, N, C, windows down, windows across), as autograd's convolution
// takes them.
function windows(x, size, stride, dilation) {
  const own = strides(x.shape);
  const counts = [0, 1].map(i => {
    const reach = dilation[i] * (size[i] - 1) + 1;
    return Math.floor((x.shape[2 + i] - reach) / stride[i]) + 1;
  });
  const steps = by => [own[2] * by[0], own[3] * by[1]];
  const shape = [...size, x.shape[0], x.shape[1], ...counts];
  return strided(x, shape, [...steps(dilation), own[0], own[1], ...steps(stride)]);
}

// -- functions that make arrays, and autograd's own helpers ----------------------------------

const filled =
  value =>
  (shape, dtype = "float64") =>
    full([plain(shape)].flat(), value, dtype);

function fromLists(lists, dtype) {
  const shape = [];
  for (let x = lists; Array.isArray(x); x = x[0]) shape.push(x.length);
  const flat = [lists].flat(Infinity),
    own = flat.map(x => x.dtype ?? "bool");
  const found = own.includes("float") ? "float64" : own.includes("int") ? "int64" : "bool";
  return makeArray(shape, dtype ?? found, flat.map(plain));
}

// x with g added at the places of an index, which may name one several times: the VJP of indexing.
function addedAt(x, index, g) {
  const places = placesOf(x.shape, index),
    sums = Float64Array.from(x.data);
  places.data.forEach((at, i) => {
    sums[at] += g.data[i];
  });
  return makeArray(x.shape, x.dtype, sums);
}

// x with a value written at the places of an index.
function putAt(x, index, value) {
  const places = placesOf(x.shape, index),
    given = broadcastTo(value, places.shape);
  const out = makeArray(x.shape, x.dtype, x.data.slice());
  places.data.forEach((at, i) => {
    out.data[at] = given.data[i];
  });
  return out;
}

const placesOf = (shape, index) => MOVES["[]"](positions(shape), [index].flat());

function argsort(x, axis) {
  const d = axisOf(axis ?? -1, x.shape.length),
    step = strides(x.shape)[d],
    out = makeArray(x.shape, "int64");
  for (const start of groupsOf(x.shape, d, true).starts) {
    const order = [...Array(x.shape[d]).keys()];
    order.sort((i, j) => x.data[start + i * step] - x.data[start + j * step]);
    order.forEach((from, to) => {
      out.data[start + to * step] = from;
    });
  }
  return out;
}

// prettier-ignore
const MAKING = {
  zeros: filled(0), ones: filled(1), empty: filled(0),
  full: (shape, value, dtype = value.dtype === "int" ? "int64" : "float64") =>
    filled(plain(value))(shape, dtype),
  zeros_like: x => full(x.shape, 0, x.dtype), ones_like: x => full(x.shape, 1, x.dtype),
  full_like: (x, value) => full(x.shape, plain(value), x.dtype),
  eye: (n, dtype = "float64") => makeArray([plain(n), plain(n)], dtype,
    Array.from({ length: plain(n) ** 2 }, (_, i) => Number(i % (plain(n) + 1) === 0))),
  arange: n => positions([plain(n)]),
  array: fromLists,
  astype: cast,
  cumsum: (x, axis) => running(x, plain(axis), (a, b) => a + b),
  cumprod: (x, axis) => running(x, plain(axis), (a, b) => a * b),
  var: variance, std: (...args) => ELEMENTWISE.sqrt(variance(...args)),
  concatenate: (xs, axis) => concatenate(xs, plain(axis)),
  stack: (xs, axis) => stack(xs, plain(axis)),
  sort: (x, axis) => takeAlongAxis(x, argsort(x, plain(axis)), plain(axis ?? -1)),
  argsort: (x, axis) => argsort(x, plain(axis)), added_at: addedAt, put_at: putAt,
  slope_of_sinc: (x, n) => elementwise(v => slopeOfSinc(v, plain(n)), floating(x.dtype), x),
};
for (const dtype of ["float16", "float32", "float64", "int32", "int64", "bool"])
  MAKING[dtype] = x => cast(x, dtype);

const FUNCTIONS = { ...MAKING, ...PRODUCTS, ...REDUCTIONS, ...MOVES, ...ELEMENTWISE };

// Where a setting that is given by its name stands among the arguments.
const SETTINGS = {
  axis: { take_along_axis: 2, roll: 2, default: 1 },
  keepdims: { default: 2 },
  dtype: { full: 2, default: 1 },
  shape: { default: 1 },
  copy: { default: 2 },
  ddof: { default: 3 },
  stable: { default: 3 },
  constant_values: { default: 3 },
};
