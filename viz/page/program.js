// The program of a graph: the formulas of its steps, as trees (see viz/formulas.py), and how they
// are computed. A run holds every value by name, and what each line of each step gave.

const nameOf = tree => tree.call.replace(/^(np)?\.(?=\w)/, "");

// The trees within a tree.
const partsOf = tree => [
  ...(tree.args ?? []),
  ...(tree.list ?? []),
  ...(tree.index ?? []),
  ...Object.values(tree.settings ?? {}),
];

// The functions in a tree that this page does not know.
function unknownIn(tree) {
  const found = partsOf(tree).flatMap(unknownIn);
  if (tree.call === undefined) return found;
  const settings = Object.keys(tree.settings ?? {}).filter(key => !(key in SETTINGS));
  if (!Object.hasOwn(FUNCTIONS, nameOf(tree))) found.push(tree.call);
  return [...found, ...settings.map(key => `${tree.call}(${key}=...)`)];
}

// The value of a tree; `values` has those of names, `known` takes those of calls on the way.
function evaluate(tree, values, known) {
  if (known?.has(tree)) return known.get(tree);
  const inner = x => evaluate(x, values, known);
  if (tree.name !== undefined) {
    if (!values.has(tree.name)) throw new Error(`nothing is called ${tree.name}`);
    return values.get(tree.name);
  }
  if (tree.number !== undefined) return numberOf(tree.number);
  if (tree.value !== undefined) return tree.value;
  if (tree.dtype !== undefined) return tree.dtype;
  if (tree.list !== undefined) return tree.list.map(inner);
  if (tree.index !== undefined) return tree.index.map(item => (item.slice ? item : inner(item)));
  const name = nameOf(tree),
    args = tree.args.map(inner);
  for (const [key, x] of Object.entries(tree.settings ?? {}))
    args[SETTINGS[key][name] ?? SETTINGS[key].default] = inner(x);
  const taken = Object.hasOwn(ELEMENTWISE, name) ? args.map(truthAsArray) : args;
  const value = FUNCTIONS[name](...taken);
  known?.set(tree, value);
  return value;
}

const truthAsArray = x => (typeof x === "boolean" ? numberArray(Number(x), "bool") : x);

function numberOf(text) {
  const special = { inf: Infinity, nan: NaN, pi: Math.PI, e: Math.E };
  return numberArray(special[text] ?? Number(text), /^-?\d+$/.test(text) ? "int" : "float");
}

// Compute all steps from the inputs: {values, lines}, where lines[i][j] = {part, sum}.
function runAll(steps, inputs, seeds) {
  const values = new Map([...inputs, ...seeds]);
  const lines = steps.map(step =>
    step.lines.map(line => {
      const part = evaluate(line.tree, values),
        before = step.phase === "backward" && values.get(line.name);
      const sum = before ? ELEMENTWISE["+"](before, part) : part;
      values.set(line.name, sum);
      return { part, sum };
    }),
  );
  return { values, lines };
}

// The forward steps only: the values by name.
function forward(steps, inputs) {
  const values = new Map(inputs);
  for (const step of steps)
    if (step.phase === "forward")
      for (const line of step.lines) values.set(line.name, evaluate(line.tree, values));
  return values;
}

// How far an array is from another one, relative to the largest number in that.
function distance(found, expected) {
  let largest = 0,
    off = 0;
  expected.data.forEach((x, i) => {
    const y = found.data[i];
    if (Object.is(x, y) || x === y)
      largest = Math.max(largest, Number.isFinite(x) ? Math.abs(x) : 0);
    else if (Number.isFinite(x) && Number.isFinite(y)) {
      largest = Math.max(largest, Math.abs(x));
      off = Math.max(off, Math.abs(x - y));
    } else off = Infinity;
  });
  return off === 0 ? 0 : off / largest;
}

// -- a tree as text ---------------------------------------------------------------------------

const LEVELS = {
  "|": 1,
  "^": 1,
  "&": 2,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "//": 5,
  "%": 5,
  "@": 5,
  "**": 7,
};
for (const sign of ["==", "!=", "<", "<=", ">", ">="]) LEVELS[sign] = 0;

// How tightly a tree binds when it is written down: 8 is a name or a call.
function levelOf(tree) {
  if (tree.number?.startsWith("-")) return 6;
  if (tree.call === undefined) return 8;
  return LEVELS[tree.call] ?? (isSign(tree.call) ? 6 : 8);
}

const isSign = call => /^[-+~]x$/.test(call);

// What must not stand bare on the left and on the right of an operator.
function sidesOf(call) {
  return call === "**" ? [7, 6] : [LEVELS[call] - 1, LEVELS[call]];
}

const PYTHON = { true: "True", false: "False", null: "None", "...": "..." };

// Python's text of a tree.
function spell(tree) {
  if (tree.name !== undefined) return tree.text ?? tree.name;
  if (tree.number !== undefined)
    return /^[a-z]/.test(tree.number) ? `np.${tree.number}` : tree.number;
  if (tree.dtype !== undefined) return `np.${tree.dtype}`;
  if (tree.value !== undefined) return PYTHON[tree.value] ?? `'${tree.value}'`;
  if (tree.list) return `(${tree.list.map(spell).join(", ")}${tree.list.length === 1 ? "," : ""})`;
  if (tree.index) return tree.index.map(spellItem).join(", ");
  if (tree.slice) return spellItem(tree);
  const { call, args } = tree;
  if (call in LEVELS) {
    const [left, right] = sidesOf(call);
    return `${bracketed(args[0], left)} ${call} ${bracketed(args[1], right)}`;
  }
  if (isSign(call)) return call[0] + bracketed(args[0], 5);
  if (call === "[]") return `${bracketed(args[0], 7)}[${spell(args[1])}]`;
  const settings = Object.entries(tree.settings ?? {}).map(
    ([key, x]) => `${key}=${argumentText(x)}`,
  );
  const isMethod = call.startsWith("."),
    inside = [...args.slice(isMethod ? 1 : 0).map(argumentText), ...settings].join(", ");
  if (!isMethod) return `${call}(${inside})`;
  return bracketed(args[0], 7) + call + (inside || !/^\.(T|mT)$/.test(call) ? `(${inside})` : "");
}

const argumentText = x => (x.index ? `np.s_[${spell(x)}]` : spell(x));
const bracketed = (tree, level) => (levelOf(tree) > level ? spell(tree) : `(${spell(tree)})`);
const spellItem = item =>
  item.slice
    ? item.slice
        .map(x => x ?? "")
        .join(":")
        .replace(/:$/, "")
    : spell(item);
