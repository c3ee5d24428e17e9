// The page as a whole: its data, where the reader is, and what keys and buttons do.

const byId = id => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const tensors = new Map(data.tensors.map(tensor => [tensor.id, tensor]));
const firstBackward = data.steps.findIndex(step => step.phase === "backward");
const madeAt = new Map(data.steps.slice(0, firstBackward).map((step, i) => [step.node, i]));
const undoneAt = new Map(
  data.steps.slice(firstBackward).map((step, i) => [step.node, firstBackward + i]),
);
const arrivals = new Map(data.tensors.map(({ id }) => [id, []])); // steps and lines that give it
data.steps
  .slice(firstBackward)
  .forEach((step, i) =>
    step.lines.forEach((line, j) => arrivals.get(line.target).push([firstBackward + i, j])),
  );

const now = { step: 0, tab: "step", timer: null };
const live = { on: false, why: "", inputs: null, original: new Map(), seeds: new Map(), run: null };
const BOUND = { float16: 2e-2, float32: 2e-5, float64: 1e-11 }; // the page's from the engine's

const opened = new Map();
function engine(place) {
  if (!opened.has(place)) opened.set(place, unpacked(data.arrays[place]));
  return opened.get(place);
}

// -- the page computes the graph by itself ------------------------------------------------------

// Compute the graph, unless that cannot be done or does not give the engine's numbers.
function comeAlive() {
  live.why = data.still;
  if (live.why) return;
  const unknown = new Set(
    data.steps.flatMap(step => step.lines.flatMap(line => unknownIn(line.tree))),
  );
  if (unknown.size) {
    live.why = `the page does not know ${[...unknown].slice(0, 3).join(", ")}`;
    return;
  }
  if (!Float16Array && data.arrays.some(array => array.dtype === "float16")) {
    live.why = "this browser does not compute with float16";
    return;
  }
  for (const [name, place] of Object.entries(data.inputs)) live.original.set(name, engine(place));
  for (const [name, place] of Object.entries(data.seeds)) live.seeds.set(name, engine(place));
  live.inputs = new Map(live.original);
  try {
    compute();
    live.why = whatDiffers();
  } catch (error) {
    live.why = error.message;
  }
  live.on = !live.why;
}

function compute() {
  live.run = runAll(data.steps, live.inputs, live.seeds);
  live.run.known = new Map();
}

// The first result that is not the engine's, in words. It may differ by rounding, which is measured
// by what has come into the steps so far: gradients may cancel out, and then are nothing but that.
function whatDiffers() {
  let incoming = 0;
  for (const [i, step] of data.steps.entries())
    for (const [j, line] of step.lines.entries()) {
      const last = !step.lines.slice(j + 1).some(other => other.name === line.name);
      for (const key of line.sum !== undefined && last ? ["part", "sum"] : ["part"]) {
        const whole = live.run.lines[i][j][key];
        incoming = Math.max(incoming, incomingTo(step, whole));
        if (awayFrom(engine(line[key]), whole, incoming))
          return `its own ${line.name} is not the engine's: a hook or a change in place may be why`;
      }
    }
  return "";
}

function awayFrom(expected, whole, incoming) {
  if (String(whole.shape) !== String(expected.shape) || whole.dtype !== expected.dtype) return true;
  const found = expected.cut ? cornerOf(whole, expected.cut) : whole,
    largest = largestOf(expected);
  const off = distance(found, expected) * (largest / Math.max(largest, incoming) || 1);
  return off > (BOUND[expected.dtype] ?? 0);
}

// A hundredth of what an element of a result gets, if all that comes into a step is large.
function incomingTo(step, result) {
  if (step.gradient === undefined) return 0;
  const gradient = engine(step.gradient),
    summed = sizeOf(gradient.shape) / sizeOf(result.shape);
  return 0.01 * largestOf(gradient) * Math.max(1, summed || 1);
}

// -- what is seen -------------------------------------------------------------------------------

function refresh() {
  trace.pinned = false;
  byId("tab-lab").classList.toggle("changed", live.on && isChanged());
  if (now.tab === "lab") showLab();
  else {
    showQuiz(now.step);
    showStep(now.step);
  }
  showGraph();
}

function showGraph() {
  const step = data.steps[now.step],
    phase = now.tab === "lab" ? "lab" : step.phase;
  const moving = {
    lab: () => [],
    forward: () => tensors.get(step.node).from.map(from => [from, step.node]),
    backward: () => step.lines.map(line => [line.target, step.node]),
  };
  const look = { lab: lookInLab, forward: lookForward, backward: lookBackward };
  showOnGraph(look[phase], moving[phase](), phase);
  byId("legend").className = phase;
  byId("legend").replaceChildren(
    ...LEGENDS[phase].map(([state, words]) => element("span", state, words)),
  );
  if (phase !== "lab") followCard(step.node);
}

const lookInLab = tensor => ({
  state: "",
  value: valueAt(tensor),
  gradient: tensor.grad ? gradientAt(tensor.id, data.steps.length) : null,
});

function lookForward(tensor) {
  const made = madeAt.get(tensor.id) ?? -1;
  if (made > now.step) return { state: "ahead", value: null, gradient: null };
  return { state: made === now.step ? "current" : "done", value: valueAt(tensor), gradient: null };
}

function lookBackward(tensor) {
  const value = valueAt(tensor);
  if (!tensor.grad) return { state: "", value, gradient: null };
  const all = arrivals.get(tensor.id).length,
    come = arrivalsAt(tensor.id, now.step).length;
  const gradient = gradientAt(tensor.id, now.step),
    undone = undoneAt.get(tensor.id) ?? Infinity;
  const gets = data.steps[now.step].lines.some(line => line.target === tensor.id);
  const state =
    undone === now.step
      ? "current"
      : gets
        ? "receiving"
        : undone < now.step || (come === all && !tensor.op)
          ? "done"
          : come === 0
            ? "ahead"
            : come < all
              ? "waiting"
              : "ready";
  return { state, value, gradient, badge: come && all > 1 ? `${come} of ${all}` : "" };
}

const LEGENDS = {
  forward: [
    ["current", "computed now"],
    ["done", "known"],
    ["ahead", "still to come"],
  ],
  backward: [
    ["current", "its rule runs now"],
    ["receiving", "gets gradient"],
    ["waiting", "waits for more"],
    ["done", "finished"],
  ],
  lab: [],
};

// -- where the reader is ------------------------------------------------------------------------

function goToStep(index) {
  now.step = Math.max(0, Math.min(data.steps.length - 1, index));
  const { phase, op } = data.steps[now.step],
    slider = byId("slider");
  slider.value = now.step;
  slider.setAttribute("aria-valuetext", `step ${now.step + 1}, ${phase}, ${op}`);
  byId("track").className = phase;
  byId("count").textContent = `${now.step + 1} / ${data.steps.length}`;
  if (now.tab === "lab") showTab("step");
  else refresh();
  byId("panel").scrollTop = 0;
  try {
    history.replaceState(null, "", `#${now.step + 1}`);
  } catch {
    /* a page inside a notebook has no address of its own */
  }
}

// A click on a card: where its value is made or, in backward, where its gradient arrives.
function goTo(id) {
  const used = data.steps.findIndex(step => tensors.get(step.node).from.includes(id));
  const made = madeAt.get(id) ?? used,
    come = arrivals.get(id).at(-1)?.[0] ?? undoneAt.get(id);
  goToStep(now.step < firstBackward ? made : (come ?? now.step));
}

function showTab(tab) {
  now.tab = tab;
  stopTraining();
  for (const name of ["step", "lab"]) {
    byId(name).hidden = name !== tab;
    byId(`tab-${name}`).setAttribute("aria-pressed", name === tab);
  }
  refresh();
  byId("panel").scrollTop = 0;
}

function togglePlay() {
  if (now.timer) {
    clearInterval(now.timer);
    now.timer = null;
  } else {
    const atEnd = () => now.step === data.steps.length - 1;
    if (atEnd()) goToStep(0);
    now.timer = setInterval(() => (atEnd() ? togglePlay() : goToStep(now.step + 1)), 1600);
  }
  byId("play").textContent = now.timer ? "pause" : "play";
  byId("play").setAttribute("aria-label", now.timer ? "pause" : "play");
}

// -- keys and buttons ---------------------------------------------------------------------------

const scrollPanel = by => byId("panel").scrollBy({ top: by });
const KEYS = {
  // what a key is called in the legend, what it does
  ArrowRight: ["→", "step on", () => goToStep(now.step + 1)],
  ArrowLeft: ["←", "step back", () => goToStep(now.step - 1)],
  Home: ["Home", "first step", () => goToStep(0)],
  End: ["End", "last step", () => goToStep(data.steps.length - 1)],
  b: ["B", "the first step of backward", () => goToStep(firstBackward)],
  " ": ["Space", "play, pause", togglePlay],
  ArrowDown: ["↓ ↑", "scroll", () => scrollPanel(60)],
  ArrowUp: ["", "", () => scrollPanel(-60)],
  PageDown: ["", "", () => scrollPanel(400)],
  PageUp: ["", "", () => scrollPanel(-400)],
  t: [
    "T",
    "try it: change numbers, train",
    () => live.on && showTab(now.tab === "lab" ? "step" : "lab"),
  ],
  q: ["Q", "quiz", toggleQuiz],
  f: ["F", "fold or unfold modules", foldAll],
  "+": ["+ -", "larger, smaller", () => zoomGraph(1.3)],
  "-": ["", "", () => zoomGraph(1 / 1.3)],
  0: ["0", "the whole graph", () => fitGraph()],
  "?": ["?", "these keys", () => byId("keys").showModal()],
};
const MOUSE =
  "Drag or scroll the graph to move it, Ctrl and scroll to zoom. Click a card to go to its " +
  "step. Drag a number of a weight or an input sideways to change it.";

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
  const { tagName, id } = event.target,
    types = tagName === "INPUT" && id !== "slider";
  if (types || (event.key === " " && /^(BUTTON|SUMMARY)$/.test(tagName))) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!Object.hasOwn(KEYS, name)) return;
  event.preventDefault();
  KEYS[name][2]();
}

function fillTexts() {
  const notices = [];
  if (data.folded) notices.push(`${data.folded} earlier ops are folded away.`);
  if (live.why)
    notices.push(
      `These are the engine's numbers: the page cannot compute this graph, as ${live.why}.`,
    );
  byId("notice").textContent = notices.join(" ");
  byId("notice").hidden = !notices.length;
  document.title = byId("title").textContent = `${data.root}, step by step`;
  const list = element("dl");
  for (const [word, meaning] of GLOSSARY(data.words))
    list.append(element("dt", "", word), element("dd", "", meaning));
  byId("glossary").append(list);
  const keys = Object.values(KEYS)
    .filter(([key]) => key)
    .sort(([a], [b]) => (a === "0") - (b === "0")) // an object has its numbers first
    .map(([key, words]) => [element("kbd", "", key), words]);
  const close = Object.assign(element("button", "", "close"), {
    onclick: () => byId("keys").close(),
  });
  byId("keys").append(
    element("h2", "", "Keys"),
    tableFrom("", keys),
    element("p", "soft", MOUSE),
    close,
  );
}

const GLOSSARY = root => [
  [
    "gradient",
    `The gradient of ${root} with respect to w says for each number of w how much ${root} ` +
      "changes when that number grows a little. It has the shape of w.",
  ],
  ["dw", `The short name of that gradient: ∂${data.root}/∂w.`],
  [
    "chain rule",
    `If w goes into z and z goes into ${root}: how ${root} changes with w is how ${root} ` +
      "changes with z, times how z changes with w.",
  ],
  [
    "cotangent",
    "Another name of a gradient on its way back through the graph; the one that comes into " +
      "an op's rule is called g there.",
  ],
  [
    "VJP",
    "Vector-Jacobian product: the rule of an op that makes of the gradient of its output the " +
      "gradients of its operands.",
  ],
  ["leaf", "A tensor that no op made, such as a weight; backward leaves its gradient in w.grad."],
];

function listen() {
  byId("slider").max = data.steps.length - 1;
  byId("slider").addEventListener("input", event => goToStep(Number(event.target.value)));
  byId("forward-mark").style.flexGrow = firstBackward;
  byId("backward-mark").style.flexGrow = data.steps.length - firstBackward;
  const buttons = {
    first: KEYS.Home[2],
    previous: KEYS.ArrowLeft[2],
    play: togglePlay,
    next: KEYS.ArrowRight[2],
    last: KEYS.End[2],
    help: KEYS["?"][2],
    "tab-step": () => showTab("step"),
    "tab-lab": () => showTab("lab"),
    "tab-quiz": toggleQuiz,
  };
  for (const [id, action] of Object.entries(buttons)) byId(id).onclick = action;
  byId("tab-lab").disabled = !live.on;
  document.addEventListener("keydown", onKey);
  document.addEventListener("pointerdown", event => {
    if (!event.target.closest("figure.array")) trace.pinned = false;
  });
  window.addEventListener("hashchange", () => goToStep(addressed()));
  darkMode.addEventListener("change", () => {
    for (const card of graph.cards.values()) card.value = card.gradient = undefined;
    refresh();
  });
}

const addressed = () => Number(location.hash.slice(1)) - 1 || 0;

comeAlive();
fillTexts();
listen();
graph.window = byId("picture").getBoundingClientRect();
drawGraph();
fitGraph(READABLE);
listenToGraph();
goToStep(addressed());
