// One step in words, symbols and pictures.

const MARKS = ["#0a8f6c", "#a04bc9", "#c2410c", "#1d6fd1"];  // of the operands of an equation
const MOST_FIGURES = 4;  // in an equation of pictures; with more, only its arrays are shown

function showStep(index) {
  const step = data.steps[index], many = step.lines.length > 1;
  const phase = byId("phase");
  phase.replaceChildren(element("b", step.phase, step.phase), ` ${stepNumber(index)} · ${step.op}`);
  if (step.settings) phase.append(element("span", "soft", ` ${step.settings}`));
  byId("sentence").textContent = step.sentence;
  byId("lines").replaceChildren(...step.lines.map((line, j) => lineBox(step, index, j, many)));
  byId("trace").replaceChildren(hint());
  byId("source").textContent = data.texts[step.rule];
  byId("words").open ||= index === firstBackward && !showStep.explained;  // once
  showStep.explained ||= index === firstBackward;
  byId("where").textContent = step.where || "Record ops inside autograd.record_source() to see your line here.";
}

function stepNumber(index) {
  const { phase } = data.steps[index], same = data.steps.filter(s => s.phase === phase).length;
  const before = data.steps.slice(0, index).filter(s => s.phase === phase).length;
  return `${before + 1} of ${same}`;
}

const touch = window.matchMedia("(hover: none)");
const hint = () => element("span", "soft",
  `${touch.matches ? "Tap" : "Point at"} a number to ${live.on ? "see where it came from" : "read it"}.`);

// One equation: what it is called, its formula, the chain rule, pictures, and words.
function lineBox(step, index, j, many) {
  const line = step.lines[j], box = element("article", "line");
  const head = element("div", "head"), sign = line.adds ? "+=" : "=";
  const code = element("code", "formula");
  code.append(element("b", "", line.name), ` ${sign} ${line.formula}`);
  const numbers = inNumbers(line, index, j);
  if (numbers) code.append(element("span", "soft", ` = ${numbers}`));
  head.append(code);
  if (step.phase === "backward") head.append(chainRule(step, line));
  box.append(head, equation(step, index, j, box));
  if (many) box.append(element("p", "why", line.sentence));
  if (step.phase === "backward" && arrivalsAt(line.target, data.steps.length).length > 1) box.append(streams(index, j, box));
  return box;
}

// The arithmetic of a line of numbers only.
function inNumbers(line, index, j) {
  const array = partOf(index, j);
  if (array.shape.length || !live.on || line.tree.name) return "";
  const { parts } = explain(line.tree, 0, live.run);
  return `${textOf(parts)} = ${numberText(array.data[0])}`;
}

const textOf = parts => parts.map(part => part.text ?? part).join("");

// Whether a tree draws numbers together, so that its chain rule is a sum.
function sums(tree) {
  if (!tree?.call) return false;
  const name = nameOf(tree);
  return Object.hasOwn(PRODUCTS, name) || ["sum", "mean", "put"].includes(name) || tree.args.some(sums);
}

// The chain rule in symbols: dL/dx = dL/dy dy/dx.
function chainRule(step, line) {
  const root = data.roots.length === 1 ? data.root : "L", y = tensors.get(step.node).name, x = line.of;
  const fraction = (above, below) => math("mfrac", row(math("mo", "∂"), math("mi", above)), row(math("mo", "∂"), math("mi", below)));
  const own = y === root && data.roots.length === 1;
  const right = [...(sums(line.tree) ? [math("mo", "∑")] : []), ...(own ? [] : [fraction(root, y), math("mo", "·")]), fraction(y, x)];
  const sign = line.adds ? "+=" : arrivalsAt(line.target, data.steps.length).length > 1 ? "←" : "=";
  const made = math("math", row(fraction(root, x), math("mo", sign), ...right));
  made.setAttribute("class", "chain");
  made.setAttribute("title", `the chain rule: how ${root} changes with ${y}, times how ${y} changes with ${x}`);
  return made;
}

function math(tag, ...children) {
  const made = document.createElementNS("http://www.w3.org/1998/Math/MathML", tag);
  made.append(...children);
  return made;
}
const row = (...children) => math("mrow", ...children);

// -- the numbers of a step ----------------------------------------------------------------------

// What a line gave, from the page's own run or from the engine.
const partOf = (index, j) => live.on ? live.run.lines[index][j].part : engine(data.steps[index].lines[j].part);
const sumOf = (index, j) => live.on ? live.run.lines[index][j].sum : engine(data.steps[index].lines[j].sum);
const valueOf = tensor => live.on ? live.run.values.get(tensor.name) : engine(tensor.value);

// A value or gradient by its name. An op uses gradients only when all of them has arrived.
function arrayCalled(name, index) {
  if (live.on) return live.run.values.get(name);
  const tensor = data.tensors.find(t => t.name === name), step = data.steps[index];
  if (tensor) return valueOf(tensor);
  return name === `d${tensors.get(step.node).name}` ? engine(step.gradient) : null;
}

// The steps and lines up to a step in which something arrives at a tensor.
function arrivalsAt(id, last) {
  return (arrivals.get(id) ?? []).filter(([i]) => i <= last);
}

// The gradient of a tensor as it is after a step: what has arrived, summed up, or null.
function gradientAt(id, index) {
  const come = arrivalsAt(id, index);
  if (come.length) return sumOf(...come.at(-1));
  const tensor = tensors.get(id), seed = data.seeds[`d${tensor.name}`];
  return seed === undefined || index < firstBackward - 1 ? null : live.on ? live.seeds.get(`d${tensor.name}`) : engine(seed);
}

// -- equations as pictures ----------------------------------------------------------------------

function equation(step, index, j, box) {
  const line = step.lines[j], made = element("div", "equation");
  const figures = [];
  const marks = new Map();
  const mark = name => {
    if (!marks.has(name)) marks.set(name, MARKS[marks.size % MARKS.length]);
    return marks.get(name);
  };
  const part = partOf(index, j);
  const { width, height } = byId("panel").getBoundingClientRect();
  const room = [[1.5, 1.9], [1, 1], [1, 0.6]][Math.min(step.lines.length, 3) - 1];
  const size = [room[0] * Math.min(1.6, Math.max(1, width / 700)), room[1] * Math.min(1.6, Math.max(1, height / 740))];
  const crowded = step.lines.length > 2 || namesIn(line.tree).length > 1;
  const result = figureOf(part, { label: line.name, role: "result", size, crowded, hover: (i, _, pin) => trace(i, pin) });
  const trace = (i, pin) => traceNumber({ step, index, j, at: i, figures, result, mark, pin });
  const show = (tree, label) => {
    const base = tree.name ?? baseOf(tree), array = tree.name ? arrayCalled(tree.name, index) : live.on && evaluate(tree, live.run.values, live.run.known);
    if (!array) return element("code", "", label);
    const from = tree.name ? undefined : originsThrough(tree);
    const tensor = data.tensors.find(t => t.name === base);
    const figure = figureOf(array, {
      label, name: base, role: "operand", size, crowded, origin: from && (i => from.data[i]),
      hover: (i, figure, pin) => readNumber(base, from ? from.data[i] : i, figures, figure, pin, mark),
      edit: live.on && tensor && !tensor.op ? (i, event, body) => dragNumber(tensor.name, from ? from.data[i] : i, event, body) : undefined,
    });
    figures.push(figure);
    return figure;
  };
  const names = [...new Set(namesIn(line.tree))];
  const drawn = live.on ? pictures(line.tree, show) : null;
  const asEquation = drawn && figures.length <= MOST_FIGURES;
  if (!asEquation) figures.length = 0;
  made.append(result, element("span", "sign", asEquation ? (line.adds ? "+=" : "=") : "from"));
  if (asEquation) made.append(...drawn);
  else for (const name of names) made.append(show({ name }, name.split(".").at(-1)));
  box.figures = figures;
  return made;
}

const namesIn = tree => tree.name !== undefined
  ? [tree.name]
  : [...(tree.args ?? []), ...(tree.list ?? []), ...(tree.index ?? []), ...Object.values(tree.settings ?? {})].flatMap(x => namesIn(x));

// The array that a tree only moves the elements of, or null: w in w.T[:, None].
function baseOf(tree) {
  if (tree.name !== undefined) return tree.name;
  if (!tree.call || !Object.hasOwn(MOVES, nameOf(tree)) || nameOf(tree) === "broadcast_to") return null;
  return baseOf(tree.args[0]);
}

// For each element of such a tree, where it lies in that array.
function originsThrough(tree) {
  if (tree.name !== undefined) return positions(live.run.values.get(tree.name).shape);
  const own = origins(tree, live.run.values, live.run.known), before = originsThrough(tree.args[0]);
  return { ...own, data: own.data.map(i => before.data[i]) };
}

// A tree as figures with signs between them, or null where it does not read well.
function pictures(tree, show) {
  if (baseOf(tree) !== null) return [show(tree, spell(tree))];
  if (tree.number !== undefined) return [element("span", "sign", tree.number)];
  if (!tree.call) return null;
  const { call, args } = tree, level = levelOf(tree);
  const inner = (x, least) => {
    const found = pictures(x, show);
    return found && (levelOf(x) > least ? found : [element("span", "sign", "("), ...found, element("span", "sign", ")")]);
  };
  if (call in LEVELS) {
    const [a, b] = [inner(args[0], call === "**" ? 7 : level - 1), inner(args[1], call === "**" ? 5 : level)];
    return a && b && [...a, element("span", "sign", call), ...b];
  }
  if (/^[-+~]x$/.test(call)) {
    const x = inner(args[0], 6);
    return x && [element("span", "sign", call[0]), ...x];
  }
  const parts = args.map(x => pictures(x, show) ?? (x.list || x.value !== undefined || x.dtype || x.index ? [element("span", "sign small", spell(x))] : null));
  if (parts.includes(null)) return null;
  const settings = Object.entries(tree.settings ?? {}).map(([key, x]) => `${key}=${spell(x)}`);
  const rest = parts.slice(call.startsWith(".") || call === "[]" ? 1 : 0).flatMap((x, i) => (i ? [element("span", "sign", ","), ...x] : x));
  if (settings.length) rest.push(element("span", "sign small", (rest.length ? ", " : "") + settings.join(", ")));
  if (rest.every(x => x.matches(".sign")) && call !== "[]") {
    const plainly = element("span", "sign", `${call}(${rest.map(x => x.textContent).join("")})`);
    return levelOf(args[0]) > 7 ? [...parts[0], plainly] : [element("span", "sign", "("), ...parts[0], element("span", "sign", ")"), plainly];
  }
  const open = element("span", "sign", call === "[]" ? "[" : `${call}(`), close = element("span", "sign", call === "[]" ? "]" : ")");
  if (call === "[]" || call.startsWith(".")) return [...(levelOf(args[0]) > 7 ? parts[0] : [element("span", "sign", "("), ...parts[0], element("span", "sign", ")")]), open, ...rest, close];
  return [open, ...rest, close];
}

// -- where a number came from -------------------------------------------------------------------

function unlight() {
  document.querySelectorAll("figure.array").forEach(figure => figure.light?.(null));
}

function traceNumber({ step, index, j, at, figures, result, mark, pin }) {
  if (trace.pinned && !pin) return;
  trace.pinned = Boolean(pin);
  unlight();
  const line = step.lines[j], part = partOf(index, j), box = byId("trace");
  const place = part.shape.length ? `[${indicesText(at, part.shape)}]` : "";
  const value = part.cut ? part.data[cutPlace(at, part)] : part.data[at];
  result.light(new Set([at]), "currentColor");
  if (!live.on) {
    box.replaceChildren(element("b", "", `${line.name}${place} = ${numberText(value)}`));
    return;
  }
  const { parts, sources } = explain(line.tree, at, live.run);
  for (const name of namesIn(line.tree)) mark(name);
  for (const figure of figures) {
    const places = sources.get(figure.dataset.name);
    if (places) figure.light(places, mark(figure.dataset.name));
  }
  const text = parts.map(part => {
    if (!part.text) return part;
    const number = element("span", "from", part.text);
    const array = live.run.values.get(part.name);
    number.style.color = mark(part.name);
    number.title = part.name + (array.shape.length ? `[${indicesText(part.at, array.shape)}]` : "");
    return number;
  });
  box.replaceChildren(element("b", "", `${line.name}${place} = ${numberText(value)}`), " = ", ...text, ...sourceNames(sources, mark));
}

// "from dz2[3, 0], w2[0, 5]" in the colours of the figures.
function sourceNames(sources, mark) {
  const made = [element("br")];
  for (const [name, places] of sources) {
    const array = live.run.values.get(name), note = element("span", "from");
    const which = places.size === 1 && array.shape.length ? `[${indicesText([...places][0], array.shape)}]` : places.size > 1 ? `: ${areaText(places, array.shape)}` : "";
    note.textContent = `${name.split(".").at(-1)}${which}`;
    note.style.color = mark(name);
    made.push(made.length > 1 ? " · " : element("span", "soft", "made of "), note);
  }
  return made;
}

// "row 3", "column 0", "12 numbers".
function areaText(places, shape) {
  const columns = shape.at(-1), all = [...places];
  const rows = new Set(all.map(i => Math.floor(i / columns))), across = new Set(all.map(i => i % columns));
  if (places.size === sizeOf(shape)) return "all of it";
  if (shape.length > 1 && rows.size === 1 && places.size === columns) return `row ${[...rows][0]}`;
  if (shape.length === 2 && across.size === 1 && places.size === shape[0]) return `column ${[...across][0]}`;
  return `${places.size} numbers`;
}

const cutPlace = (at, array) => {
  const columns = array.shape.at(-1);
  return Math.floor(at / columns) * array.cut[1] + (at % columns);
};

// A number that is an operand: its own value and place.
function readNumber(name, at, figures, figure, pin, mark) {
  if (trace.pinned && !pin) return;
  trace.pinned = Boolean(pin);
  unlight();
  const array = arrayCalled(name, now.step), short = name.split(".").at(-1);
  const value = array.cut ? array.data[cutPlace(at, array)] : array.data[at];
  for (const other of figures) if (other.dataset.name === name) other.light(new Set([at]), mark(name));
  const place = array.shape.length ? `[${indicesText(at, array.shape)}]` : "";
  const tensor = data.tensors.find(t => t.name === name);
  const words = [element("b", "", `${short}${place} = ${numberText(value)}`)];
  if (live.on && tensor && !tensor.op) words.push(element("span", "soft", " — drag sideways to change it"));
  else if (live.on && tensor) words.push(element("span", "soft", ` — made by ${tensor.op}; click its card to see how`));
  byId("trace").replaceChildren(...words);
}

const trace = { pinned: false };

// -- several streams into one tensor ------------------------------------------------------------

// What has come to a tensor that went into several ops, as a sum of the streams.
function streams(index, j, box) {
  const line = data.steps[index].lines[j], made = element("div", "streams");
  const all = arrivalsAt(line.target, data.steps.length), come = all.filter(([i, k]) => i < index || (i === index && k <= j));
  const name = tensors.get(line.target).name;
  const words = `${name} went into ${all.length} ops, so ${all.length} streams flow back to it and are summed up; ${come.length} of ${all.length} ${come.length === 1 ? "has" : "have"} arrived.`;
  made.append(element("p", "why", words));
  if (come.length > 1) {
    const sum = element("div", "equation");
    sum.append(figureOf(sumOf(index, j), { label: line.name, role: "sum", hover: (i, figure, pin) => readSum(i, index, j, come, figures, pin) }), element("span", "sign", "="));
    const figures = [], shown = come.length > 3 ? [null, ...come.slice(-1)] : come;
    shown.forEach((arrival, k) => {
      if (k) sum.append(element("span", "sign", "+"));
      const array = arrival ? partOf(...arrival) : sumOf(...come.at(-2));
      const label = arrival ? `from ${data.steps[arrival[0]].op}` : `${come.length - 1} before`;
      const figure = figureOf(array, { label, role: "stream", hover: (i, f, pin) => readStream(label, array, i, pin) });
      figures.push(figure);
      sum.append(figure);
    });
    made.append(sum);
  }
  return made;
}

function readStream(label, array, at, pin) {
  if (trace.pinned && !pin) return;
  trace.pinned = Boolean(pin);
  byId("trace").replaceChildren(element("b", "", `${label}${array.shape.length ? `[${indicesText(at, array.shape)}]` : ""} = ${numberText(array.cut ? array.data[cutPlace(at, array)] : array.data[at])}`));
}

function readSum(at, index, j, come, figures, pin) {
  if (trace.pinned && !pin) return;
  trace.pinned = Boolean(pin);
  unlight();
  const sum = sumOf(index, j), where = sum.cut ? cutPlace(at, sum) : at;
  figures.forEach((figure, k) => figure.light(new Set([at]), MARKS[k % MARKS.length]));
  const place = sum.shape.length ? `[${indicesText(at, sum.shape)}]` : "";
  const terms = come.map(arrival => numberText(partOf(...arrival).data[where])).join(" + ");
  byId("trace").replaceChildren(element("b", "", `${data.steps[index].lines[j].name}${place} = ${numberText(sum.data[where])}`), ` = ${terms}`);
}
