// One step in words, symbols and pictures.

const SIMPLE = { figures: 3, signs: 36 }; // of an equation of pictures; else its arrays are shown

// How the lines of a step are drawn: how large maps are, up to how many numbers are written out,
// and whether the streams of a sum stand beside their equation. The first that fits is taken.
const LOOKS = [
  { scale: 1, most: Infinity },
  { scale: 0.75, most: 12 },
  { scale: 0.6, most: 4, dense: true },
];
const NARROW = 600; // a panel, in pixels, that is scrolled anyway
const chosen = { key: "", look: LOOKS[0] };

function showStep(index) {
  const step = data.steps[index],
    phase = byId("phase");
  const place = ` ${stepNumber(index)} · ${step.op}`;
  phase.replaceChildren(element("b", step.phase, step.phase), place);
  if (step.settings) phase.append(element("span", "soft", ` ${step.settings}`));
  byId("sentence").textContent = step.sentence;
  byId("trace").replaceChildren(hint());
  showLines(index);
  byId("source").textContent = data.texts[step.rule];
  byId("where").textContent =
    step.where || "Record ops inside autograd.record_source() to see your line here.";
  byId("words").open ||= index === firstBackward && !showStep.explained; // once
  showStep.explained ||= index === firstBackward;
}

// Draw the lines so that they can be seen without scrolling, if possible each equation in one row.
function showLines(index) {
  const { clientWidth, clientHeight } = byId("panel"),
    key = [index, clientWidth, clientHeight, byId("quiz").offsetHeight].join();
  const draw = look => {
    chosen.look = look;
    byId("lines").className = look.dense ? "dense" : "";
    byId("lines").replaceChildren(...data.steps[index].lines.map((_, j) => lineBox(index, j)));
  };
  const isSeen = () => clientWidth < NARROW || isLow();
  const fits = look => (draw(look), isSeen());
  if (key === chosen.key) draw(chosen.look);
  else LOOKS.slice(0, 2).some(look => fits(look) && areRows()) || LOOKS.some(fits);
  chosen.key = key;
}

function isLow() {
  const top = byId("lines").getBoundingClientRect().bottom + byId("panel").scrollTop;
  return top + byId("trace").offsetHeight <= byId("panel").getBoundingClientRect().bottom;
}

const areRows = () =>
  [...document.querySelectorAll("#lines .equation")].every(({ firstChild, lastChild }) => {
    const [a, b] = [firstChild, lastChild].map(x => x.getBoundingClientRect());
    return b.top < a.bottom && a.top < b.bottom;
  });

function stepNumber(index) {
  const { phase } = data.steps[index],
    isSame = s => s.phase === phase;
  const before = data.steps.slice(0, index).filter(isSame).length;
  return `${before + 1} of ${data.steps.filter(isSame).length}`;
}

// One equation: its formula, the chain rule, pictures, and words.
function lineBox(index, j) {
  const step = data.steps[index],
    line = step.lines[j];
  const box = element("article", "line"),
    head = element("div", "head"),
    code = element("code", "formula");
  code.append(element("b", "", line.name), ` ${line.adds ? "+=" : "="} ${line.formula}`);
  const numbers = inNumbers(index, j);
  if (numbers) code.append(element("span", "soft", ` = ${numbers}`));
  head.append(code);
  box.append(head, equationOf(index, j));
  if (step.phase === "forward") return box;
  head.append(chainRule(step, line));
  if (step.lines.length > 1) box.append(element("p", "why", line.sentence));
  if (arrivalsAt(line.target).length > 1) box.append(streamsOf(index, j));
  return box;
}

// The arithmetic of a line that is made of single numbers.
function inNumbers(index, j) {
  const { tree } = data.steps[index].lines[j];
  if (!live.on || tree.name) return "";
  if (namesIn(tree).some(name => live.run.values.get(name).shape.length)) return "";
  const array = partOf(index, j);
  if (array.shape.length) return "";
  return `${textOf(explain(tree, 0, live.run).parts)} = ${numberText(array.data[0])}`;
}

const textOf = parts => parts.map(part => part.text ?? part).join("");

// -- the chain rule in symbols ------------------------------------------------------------------

// dL/dx = dL/dy dy/dx, with a sum where numbers are drawn together.
function chainRule(step, line) {
  const root = data.roots.length === 1 ? data.root : "L";
  const y = tensors.get(step.node).name,
    x = line.of;
  const right = [fraction(root, y), math("mo", "·"), fraction(y, x)];
  if (drawsTogether(line.tree)) right.unshift(math("mo", "∑"));
  const several = arrivalsAt(line.target).length > 1;
  const sign = line.adds ? "+=" : several ? "←" : "=";
  const made = math("math", math("mrow", fraction(root, x), math("mo", sign), ...right));
  made.setAttribute("class", "chain");
  made.setAttribute("title", `how ${root} changes with ${y}, times how ${y} changes with ${x}`);
  return made;
}

function math(tag, ...children) {
  const made = document.createElementNS("http://www.w3.org/1998/Math/MathML", tag);
  made.append(...children);
  return made;
}

const fraction = (above, below) =>
  math("mfrac", ...[above, below].map(name => math("mrow", math("mo", "∂"), math("mi", name))));

function drawsTogether(tree) {
  if (!tree.call) return false;
  const name = nameOf(tree);
  return (
    Object.hasOwn(PRODUCTS, name) ||
    ["sum", "mean", "added_at"].includes(name) ||
    tree.args.some(drawsTogether)
  );
}

// -- the numbers of a step ----------------------------------------------------------------------

// What a line gave, and all that had come to its target then: by the page itself, or the engine.
const partOf = (index, j) =>
  live.on ? live.run.lines[index][j].part : engine(data.steps[index].lines[j].part);
const sumOf = (index, j) =>
  live.on ? live.run.lines[index][j].sum : engine(data.steps[index].lines[j].sum);
const valueAt = tensor => (live.on ? live.run.values.get(tensor.name) : engine(tensor.value));
const tensorCalled = name => data.tensors.find(tensor => tensor.name === name);

// A value or gradient by its name. An op uses a gradient only when all of it has arrived.
function arrayCalled(name, index) {
  if (live.on) return live.run.values.get(name);
  const tensor = tensorCalled(name),
    step = data.steps[index];
  if (tensor) return valueAt(tensor);
  return name === `d${tensors.get(step.node).name}` ? engine(step.gradient) : null;
}

// The steps and lines, up to a step, in which something arrives at a tensor.
const arrivalsAt = (id, last = Infinity) => (arrivals.get(id) ?? []).filter(([i]) => i <= last);

// The gradient of a tensor as it is after a step: what has arrived, summed up, or null.
function gradientAt(id, index) {
  const come = arrivalsAt(id, index);
  if (come.length) return sumOf(...come.at(-1));
  const name = `d${tensors.get(id).name}`,
    seed = data.seeds[name];
  if (seed === undefined || index < firstBackward) return null;
  return live.on ? live.seeds.get(name) : engine(seed);
}

// -- equations as pictures ----------------------------------------------------------------------

// The result, and what it is made of: as an equation where that is simple, else one by one.
function equationOf(index, j) {
  const step = data.steps[index],
    line = step.lines[j],
    made = element("div", "equation");
  const names = [...new Set(namesIn(line.tree))],
    figures = [];
  const look = {
    size: sizeFor(step.lines.length),
    most: Math.min(chosen.look.most, step.lines.length > 2 || names.length > 1 ? 12 : Infinity),
  };
  const context = { index, j, figures, mark: name => markOf(names.indexOf(name)) };
  const result = figureOf(partOf(index, j), {
    ...look,
    label: line.name,
    role: "result",
    hover: (at, pin) => traceNumber(at, context, pin),
  });
  context.result = result;
  const show = tree => {
    const figure = operandFigure(tree, context, look);
    if (figure) figures.push(figure);
    return figure ?? element("code", "", spell(tree));
  };
  const drawn = live.on ? (beforeMove(line.tree, show) ?? asPictures(line.tree, show)) : null;
  const signs = drawn
    ?.filter(x => x.matches(".sign"))
    .map(x => x.textContent)
    .join("");
  if (drawn && figures.length <= SIMPLE.figures && signs.length <= SIMPLE.signs) {
    made.append(...inRow([result, signSpan(line.adds ? "+=" : "="), ...drawn]));
  } else {
    figures.length = 0;
    made.append(result, signSpan("from"), ...names.map(name => show({ name })));
  }
  return made;
}

// An array that is only turned or reshaped, as it was before, and what is done to it; else null.
function beforeMove(tree, show) {
  const base = baseOf(tree),
    text = spell(tree);
  if (!tree.call || base === null || !text.startsWith(base)) return null;
  return [show({ name: base }), signSpan(text.slice(base.length))];
}

const signSpan = text => element("span", "sign", text);

// Signs that meet are written as one, and stand in one row with the figure after them.
function inRow(nodes) {
  const made = [];
  let term = null;
  for (const node of nodes) {
    const sign = term?.lastChild,
      isSign = node.matches(".sign");
    if (isSign && sign) {
      const isTight = /[([]$/.test(sign.textContent) || /^[,.)\]]/.test(node.textContent);
      sign.textContent += (isTight ? "" : " ") + node.textContent;
      continue;
    }
    if (!term) made.push((term = element("span", "term")));
    term.append(node);
    if (!isSign) term = null;
  }
  return made;
}

// How much larger than usual a map may be: by the window, and by how many lines there are.
function sizeFor(lines) {
  const { width, height } = byId("panel").getBoundingClientRect();
  const [wide, tall] = [
    [1.5, 1.9],
    [1, 1],
    [1, 0.6],
  ][Math.min(lines, 3) - 1];
  const grown = (room, usual) => Math.min(1.6, Math.max(1, room / usual));
  const { scale } = chosen.look;
  return [scale * wide * grown(width, 700), scale * tall * grown(height, 740)];
}

// The figure of an array of a formula, or of one that is only turned or reshaped there.
function operandFigure(tree, context, look) {
  const name = baseOf(tree),
    moved = tree.name === undefined;
  const array = moved
    ? live.on && evaluate(tree, live.run.values, live.run.known)
    : arrayCalled(name, context.index);
  if (!array) return null;
  const from = moved ? originsThrough(tree).data : null,
    origin = i => (from ? from[i] : i);
  const tensor = tensorCalled(name),
    isLeaf = live.on && tensor && !tensor.op;
  return figureOf(array, {
    ...look,
    label: moved ? spell(tree) : tree.name.split(".").at(-1),
    name,
    role: "operand",
    origin,
    hover: (at, pin) => readNumber(name, origin(at), context, pin),
    edit: isLeaf ? (at, event) => dragNumber(name, origin(at), event) : undefined,
  });
}

const namesIn = tree => (tree.name !== undefined ? [tree.name] : partsOf(tree).flatMap(namesIn));

// The array of which a tree only moves the elements, or null: w in w.T[:, None].
function baseOf(tree) {
  if (tree.name !== undefined) return tree.name;
  if (!tree.call || !Object.hasOwn(MOVES, nameOf(tree)) || nameOf(tree) === "broadcast_to")
    return null;
  return baseOf(tree.args[0]);
}

// For each element of such a tree, where it lies in that array.
function originsThrough(tree) {
  if (tree.name !== undefined) return positions(live.run.values.get(tree.name).shape);
  const before = originsThrough(tree.args[0]);
  const own = origins(tree, live.run.values, live.run.known);
  return { ...own, data: own.data.map(i => before.data[i]) };
}

// A tree as figures with signs between them, or null where it does not read well.
function asPictures(tree, show) {
  if (baseOf(tree) !== null) return [show(tree)];
  if (!tree.call) return tree.slice ? null : [signSpan(spell(tree))];
  const { call, args } = tree;
  const inner = (x, least) => {
    const found = asPictures(x, show);
    return found && levelOf(x) <= least ? [signSpan("("), ...found, signSpan(")")] : found;
  };
  if (call in LEVELS) {
    const [left, right] = sidesOf(call),
      [a, b] = [inner(args[0], left), inner(args[1], right)];
    return a && b && [...a, signSpan(call), ...b];
  }
  if (isSign(call)) {
    const x = inner(args[0], 6);
    return x && [signSpan(call[0]), ...x];
  }
  const isMethod = call.startsWith(".") || call === "[]",
    object = isMethod ? inner(args[0], 7) : [];
  const rest = args.slice(isMethod ? 1 : 0).map(x => asPictures(x, show));
  if (object === null || rest.includes(null)) return null;
  const settings = Object.entries(tree.settings ?? {}).map(([key, x]) => [
    signSpan(`${key}=${spell(x)}`),
  ]);
  const inside = [...rest, ...settings].flatMap((x, i) => (i ? [signSpan(","), ...x] : x));
  const [open, close] = call === "[]" ? ["[", "]"] : [`${call}(`, ")"];
  if (inside.every(x => x.matches(".sign")))
    return [...object, signSpan(open + inside.map(x => x.textContent).join("") + close)];
  return [...object, signSpan(open), ...inside, signSpan(close)];
}

// -- several streams into one tensor ------------------------------------------------------------

// What has come to a tensor that was used several times, as a sum of the streams.
function streamsOf(index, j) {
  const line = data.steps[index].lines[j],
    name = tensors.get(line.target).name;
  const all = arrivalsAt(line.target);
  const come = all.filter(([i, k]) => i < index || (i === index && k <= j));
  const made = element("div", "streams");
  made.append(
    element(
      "p",
      "why",
      `${name} is used ${all.length} times, so ${all.length} streams flow` +
        ` back to it and are summed up; ${come.length} of ${all.length}` +
        ` ${come.length === 1 ? "has" : "have"} arrived.`,
    ),
  );
  if (come.length === 1) return made;
  const sum = element("div", "equation"),
    figures = [];
  const { scale, most, dense } = chosen.look,
    look = { size: [scale, scale], most };
  const whole = figureOf(sumOf(index, j), {
    ...look,
    label: line.name,
    role: "sum",
    hover: (at, pin) => readSum(at, index, j, come, figures, pin),
  });
  const terms = [whole, signSpan("=")];
  const streams =
    come.length > (dense ? 2 : 3)
      ? [[`${come.length - 1} before`, sumOf(...come.at(-2))], streamOf(come.at(-1))]
      : come.map(streamOf);
  streams.forEach(([label, array], k) => {
    if (k) terms.push(signSpan("+"));
    figures.push(
      figureOf(array, {
        ...look,
        label,
        role: "stream",
        hover: (at, pin) => say(pin, reading(label, array, at)),
      }),
    );
    terms.push(figures.at(-1));
  });
  sum.append(...inRow(terms));
  made.append(sum);
  return made;
}

const streamOf = arrival => [
  `through ${tensors.get(data.steps[arrival[0]].node).name}`,
  partOf(...arrival),
];
