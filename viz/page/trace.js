// Pointing at a number: what it is, where it came from, and the arithmetic of that.

// The colours of the operands of an equation, in light and in dark.
const MARKS = [
  ["#0a8f6c", "#a04bc9", "#c2410c", "#1d6fd1"],
  ["#3fcf9f", "#d08bf2", "#ff9a5c", "#7fb2ff"],
];
const markOf = i => MARKS[Number(darkMode.matches)][i % 4];
const touch = window.matchMedia("(pointer: coarse)");
const trace = { pinned: false }; // whether a click holds what is shown

const hint = () =>
  element(
    "span",
    "soft",
    `${touch.matches ? "Tap" : "Point at"} a number to ` +
      (live.on ? "see where it came from." : "read it."),
  );

// Show something below the equations, unless what is there is held.
function say(pin, ...words) {
  if (trace.pinned && !pin) return false;
  trace.pinned = Boolean(pin);
  document.querySelectorAll("figure.array").forEach(figure => figure.light?.(null));
  byId("trace").replaceChildren(...words);
  return true;
}

// "dz[3, 5] = 0.25"
function reading(name, array, at, sign = "=") {
  const place = array.shape.length ? `[${indicesText(at, array.shape)}]` : "";
  return element("b", "", `${name}${place} ${sign} ${numberText(numberAt(array, at))}`);
}

// An element of an array that may be cut; `at` is its place in the whole.
function numberAt(array, at) {
  if (!array.cut) return array.data[at];
  const columns = array.shape.at(-1);
  return array.data[Math.floor(at / columns) * array.cut[1] + (at % columns)];
}

// A number of a result: its arithmetic, in which each operand has a colour of its own.
function traceNumber(at, { index, j, figures, result, mark }, pin) {
  const line = data.steps[index].lines[j],
    found = reading(line.name, partOf(index, j), at, line.adds ? "+=" : "=");
  if (!live.on) {
    if (say(pin, found)) result.light(new Set([at]), "currentColor");
    return;
  }
  const { parts, sources } = explain(line.tree, at, live.run);
  const arithmetic = parts.map(part => {
    if (!part.text) return part;
    const number = element("span", "from", part.text);
    number.style.color = mark(part.name);
    number.title = placeText(part.name, new Set([part.at]));
    return number;
  });
  const names = [...sources].flatMap(([name, places], i) => {
    const note = element("span", "from", placeText(name, places));
    note.style.color = mark(name);
    return i ? [" · ", note] : [note];
  });
  const made = names.length ? [element("br"), element("span", "soft", "made of "), ...names] : [];
  if (!say(pin, found, " = ", ...arithmetic, ...made)) return;
  result.light(new Set([at]), "currentColor");
  for (const figure of figures)
    figure.light(sources.get(figure.dataset.name), mark(figure.dataset.name));
}

// "dz[3, 0]", "w: row 3", "q[1, 0, :]", "x: 12 numbers".
function placeText(name, places) {
  const { shape } = live.run.values.get(name),
    short = name.split(".").at(-1),
    all = [...places];
  if (!shape.length) return short;
  if (places.size === 1) return `${short}[${indicesText(all[0], shape)}]`;
  if (places.size === sizeOf(shape)) return `${short}: all of it`;
  const columns = shape.at(-1),
    rows = new Set(all.map(i => Math.floor(i / columns)));
  const across = new Set(all.map(i => i % columns));
  if (shape.length > 1 && rows.size === 1 && places.size === columns)
    return shape.length === 2
      ? `${short}: row ${[...rows][0]}`
      : `${short}[${indicesText(all[0], shape).replace(/\d+$/, ":")}]`;
  if (shape.length === 2 && across.size === 1 && places.size === shape[0])
    return `${short}: column ${[...across][0]}`;
  return `${short}: ${places.size} numbers`;
}

// A number of an operand: itself, and what can be done with it.
function readNumber(name, at, { index, figures, mark }, pin) {
  const tensor = live.on && tensorCalled(name),
    words = [];
  if (tensor && tensor.op) words.push(` — made by ${tensor.op}; click its card to see how`);
  else if (tensor) words.push(" — drag sideways to change it");
  const shown = reading(name.split(".").at(-1), arrayCalled(name, index), at);
  if (!say(pin, shown, ...words.map(text => element("span", "soft", text)))) return;
  for (const figure of figures)
    if (figure.dataset.name === name) figure.light(new Set([at]), mark(name));
}

// A number of a sum of streams: the same number of each.
function readSum(at, index, j, come, figures, pin) {
  const terms = come.map(arrival => numberText(numberAt(partOf(...arrival), at))).join(" + ");
  const { name } = data.steps[index].lines[j];
  if (!say(pin, reading(name, sumOf(index, j), at), ` = ${terms}`)) return;
  figures.forEach((figure, k) => figure.light(new Set([at]), markOf(k)));
}
