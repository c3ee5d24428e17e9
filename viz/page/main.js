// The page as a whole: its data, where the reader is, and what keys and buttons do.

const data = JSON.parse(document.getElementById("data").textContent);
const byId = id => document.getElementById(id);
const tensors = new Map(data.tensors.map(tensor => [tensor.id, tensor]));
const firstBackward = data.steps.findIndex(step => step.phase === "backward");
const arrivals = new Map();  // by tensor: the steps and lines of backward that give it something
data.steps.forEach((step, i) => step.phase === "backward" && step.lines.forEach((line, j) => {
  if (!arrivals.has(line.target)) arrivals.set(line.target, []);
  arrivals.get(line.target).push([i, j]);
}));

const now = { step: 0, tab: "step", timer: null };
const live = { on: false, why: "", inputs: new Map(), original: new Map(), seeds: new Map(), run: null };
const BOUND = { float32: 2e-5, float64: 1e-11 };  // how far the page's numbers may be from the engine's

const unpackedOnce = new Map();
function engine(place) {
  if (!unpackedOnce.has(place)) unpackedOnce.set(place, unpacked(data.arrays[place]));
  return unpackedOnce.get(place);
}

// -- the page computes the graph by itself ------------------------------------------------------

function comeAlive() {
  live.why = data.still;
  if (live.why) return;
  const unknown = new Set(data.steps.flatMap(step => step.lines.flatMap(line => unknownIn(line.tree))));
  if (unknown.size) {
    live.why = `the page does not know ${[...unknown].slice(0, 3).join(", ")}`;
    return;
  }
  for (const [name, place] of Object.entries(data.inputs)) live.original.set(name, engine(place));
  for (const [name, place] of Object.entries(data.seeds)) live.seeds.set(name, engine(place));
  live.inputs = new Map(live.original);
  try {
    compute();
    const [off, name] = farthest();
    if (name) live.why = `its own ${name} is ${off.toPrecision(2)} away from the engine's (a hook or a change in place may be the reason)`;
  } catch (error) {
    live.why = error.message;
  }
  live.on = !live.why;
}

function compute() {
  live.run = run(data.steps, live.inputs, live.seeds);
  live.run.known = new Map();
}

// The name of a result that is not the engine's, and how far away it is.
function farthest() {
  for (const [i, step] of data.steps.entries())
    for (const [j, line] of step.lines.entries())
      for (const key of ["part", "sum"]) {
        const place = line[key];
        if (place === undefined || (key === "sum" && step.lines.slice(j + 1).some(l => l.name === line.name))) continue;
        const expected = engine(place), whole = live.run.lines[i][j][key];
        const found = expected.cut ? cornerOf(whole, expected.cut) : whole;
        if (String(whole.shape) !== String(expected.shape) || whole.dtype !== expected.dtype) return [Infinity, line.name];
        const reach = Math.max(largestOf(expected), scaleOf(step));
        const off = distance(found, expected) * largestOf(expected) / reach;
        if (off > (BOUND[expected.dtype] ?? 0)) return [off, line.name];
      }
  return [0, ""];
}

// The largest number that goes into a step: rounding errors are measured by it.
function scaleOf(step) {
  if (step.phase === "forward") return 0;
  return largestOf(engine(step.gradient)) * 1e-2;
}

// -- what is seen -------------------------------------------------------------------------------

function refresh() {
  trace.pinned = false;
  if (now.tab === "lab") showLab();
  else {
    showStep(now.step);
    showQuiz(now.step);
  }
  showGraph();
}

function showGraph() {
  const step = data.steps[now.step], lab = now.tab === "lab", back = step.phase === "backward" && !lab;
  const order = new Map(data.steps.filter(s => s.phase === "forward").map((s, i) => [s.node, i]));
  const here = step.phase === "forward" ? order.get(step.node) : Infinity;
  const undone = new Set(data.steps.slice(firstBackward, now.step).map(s => s.node));
  const targets = new Set(step.lines.map(line => line.target));
  const look = tensor => {
    const value = lab || back || !tensor.op || order.get(tensor.id) <= here ? valueOf(tensor) : null;
    if (lab) return { state: "", value, gradient: tensor.grad ? gradientAt(tensor.id, data.steps.length) : null };
    if (!back) {
      const state = tensor.id === step.node ? "current" : tensor.op && order.get(tensor.id) > here ? "ahead" : "done";
      return { state, value, gradient: null };
    }
    if (!tensor.grad) return { state: "", value };
    const come = arrivalsAt(tensor.id, now.step).length, all = (arrivals.get(tensor.id) ?? []).length;
    const gradient = gradientAt(tensor.id, now.step);
    const badge = come < all && come ? `${come} of ${all}` : all > 1 && come === all ? `sum of ${all}` : "";
    const state = tensor.id === step.node ? "current" : targets.has(tensor.id) ? "receiving"
      : undone.has(tensor.id) || (come && come === all && !tensor.op) ? "done" : come && come < all ? "waiting" : come ? "ready" : "ahead";
    return { state, value, gradient, badge };
  };
  const moving = lab ? [] : back
    ? step.lines.map(line => [line.target, step.node])
    : tensors.get(step.node).from.map(from => [from, step.node]);
  showOnGraph(look, moving, lab ? "lab" : step.phase);
  showLegend(lab ? "lab" : step.phase);
  if (!lab) followCard(step.node);
}

const LEGENDS = {
  forward: [["current", "computed now"], ["done", "known"], ["ahead", "still to come"]],
  backward: [["current", "its op is undone now"], ["receiving", "gets gradient"], ["waiting", "waits for more"], ["done", "finished"]],
  lab: [],
};

function showLegend(phase) {
  byId("legend").className = phase;
  byId("legend").replaceChildren(...LEGENDS[phase].map(([state, words]) => element("span", state, words)));
}

function goToStep(index) {
  now.step = Math.max(0, Math.min(data.steps.length - 1, index));
  const step = data.steps[now.step];
  byId("slider").value = now.step;
  byId("track").className = step.phase;
  byId("slider").setAttribute("aria-valuetext", `step ${now.step + 1}, ${step.phase}, ${step.op}`);
  byId("count").textContent = `${now.step + 1} / ${data.steps.length}`;
  byId("panel").scrollTop = 0;
  if (now.tab === "lab") showTab("step");
  else refresh();
  try {
    history.replaceState(null, "", `#${now.step + 1}`);
  } catch { /* a page inside a notebook has no address of its own */ }
}

// A click on a card: where its value is made or, in backward, where its gradient arrives.
function goTo(id) {
  const back = data.steps[now.step].phase === "backward";
  const made = data.steps.findIndex(step => step.node === id);
  const come = arrivals.get(id)?.at(-1)[0];
  const first = data.steps.findIndex(step => step.phase === "backward" && step.node === id);
  const used = data.steps.findIndex(step => tensors.get(step.node).from.includes(id));
  const to = back ? come ?? (first >= 0 ? first : now.step) : made >= 0 && made < firstBackward ? made : used;
  if (to >= 0) goToStep(to);
}

function showTab(tab) {
  now.tab = tab;
  stopTraining();
  byId("step").hidden = tab !== "step";
  byId("lab").hidden = tab !== "lab";
  byId("tab-step").setAttribute("aria-pressed", tab === "step");
  byId("tab-lab").setAttribute("aria-pressed", tab === "lab");
  byId("panel").scrollTop = 0;
  refresh();
}

function togglePlay() {
  if (now.timer) {
    clearInterval(now.timer);
    now.timer = null;
  } else {
    if (now.step === data.steps.length - 1) goToStep(0);
    now.timer = setInterval(() => (now.step < data.steps.length - 1 ? goToStep(now.step + 1) : togglePlay()), 1600);
  }
  byId("play").textContent = now.timer ? "❚❚" : "▶▶";
  byId("play").setAttribute("aria-label", now.timer ? "pause" : "play");
}

// -- keys ---------------------------------------------------------------------------------------

const scroll = by => byId("panel").scrollBy({ top: by });
const KEYS = {
  ArrowRight: ["→", "step on", () => goToStep(now.step + 1)],
  ArrowLeft: ["←", "step back", () => goToStep(now.step - 1)],
  Home: ["Home", "first step", () => goToStep(0)],
  End: ["End", "last step", () => goToStep(data.steps.length - 1)],
  b: ["B", "the first step of backward", () => goToStep(firstBackward)],
  " ": ["Space", "play, pause", togglePlay],
  ArrowDown: ["↓ ↑", "scroll", () => scroll(60)],
  ArrowUp: ["", "", () => scroll(-60)],
  PageDown: ["", "", () => scroll(400)],
  PageUp: ["", "", () => scroll(-400)],
  t: ["T", "try it: change numbers, train", () => showTab(now.tab === "lab" ? "step" : "lab")],
  q: ["Q", "quiz", toggleQuiz],
  f: ["F", "fold or unfold modules", () => data.scopes.length && foldAll()],
  "+": ["+ -", "larger, smaller", () => zoomGraph(1.3)],
  "-": ["", "", () => zoomGraph(1 / 1.3)],
  0: ["0", "the whole graph", () => fitGraph()],
  "?": ["?", "these keys", () => byId("keys").showModal()],
};

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
  const { tagName, type } = event.target;
  if (tagName === "SELECT" || (tagName === "INPUT" && (type === "number" || event.target.id !== "slider"))) return;
  if (event.key === " " && /^(BUTTON|SUMMARY)$/.test(tagName)) return;
  const key = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!key) return;
  event.preventDefault();
  key[2]();
}

function keyTable() {
  const table = element("table");
  for (const [key, words] of Object.values(KEYS).filter(([key]) => key)) {
    const row = table.insertRow();
    row.insertCell().append(element("kbd", "", key));
    row.insertCell().textContent = words;
  }
  const close = element("button", "", "close");
  close.onclick = () => byId("keys").close();
  const mouse = element("p", "soft", "Drag or scroll the graph to move it, Ctrl and scroll to zoom. Click a card to go to its step. Drag a number of a weight or an input sideways to change it.");
  byId("keys").append(element("h2", "", "Keys"), table, mouse, close);
}

const GLOSSARY = root => [
  ["gradient", `The gradient of ${root} with respect to w says for each number of w how much ${root} changes when that number grows a little. It has the shape of w.`],
  ["dw", `The short name of that gradient: ∂${root}/∂w.`],
  ["chain rule", `If w goes into z and z goes into ${root}: how ${root} changes with w is how ${root} changes with z, times how z changes with w.`],
  ["cotangent", "Another name of a gradient on its way back through the graph; the one that comes into an op's rule is called g there."],
  ["VJP", "Vector-Jacobian product: the rule of an op that makes of the gradient of its output the gradients of its operands."],
  ["leaf", "A tensor that no op made, such as a weight; backward leaves its gradient in w.grad."],
];

function start() {
  document.title = `${data.root}, step by step`;
  byId("title").textContent = `${data.root}, step by step`;
  comeAlive();
  const notices = [];
  if (data.folded) notices.push(`${data.folded} earlier ops are folded away.`);
  if (live.why) notices.push(`These are the engine's numbers; this page cannot compute the graph anew, as ${live.why}.`);
  byId("notice").textContent = notices.join(" ");
  byId("notice").hidden = !notices.length;
  byId("tab-lab").disabled = !live.on;
  const list = element("dl");
  for (const [word, meaning] of GLOSSARY(data.words)) list.append(element("dt", "", word), element("dd", "", meaning));
  byId("glossary").append(list);
  keyTable();
  byId("slider").max = data.steps.length - 1;
  byId("slider").addEventListener("input", event => goToStep(Number(event.target.value)));
  byId("forward-mark").style.flexGrow = firstBackward;
  byId("backward-mark").style.flexGrow = data.steps.length - firstBackward;
  byId("track").style.setProperty("--split", `${(100 * (firstBackward - 0.5)) / (data.steps.length - 1)}%`);
  byId("first").onclick = KEYS.Home[2];
  byId("previous").onclick = KEYS.ArrowLeft[2];
  byId("play").onclick = togglePlay;
  byId("next").onclick = KEYS.ArrowRight[2];
  byId("last").onclick = KEYS.End[2];
  byId("help").onclick = KEYS["?"][2];
  byId("tab-step").onclick = () => showTab("step");
  byId("tab-lab").onclick = () => showTab("lab");
  byId("tab-quiz").onclick = toggleQuiz;
  document.addEventListener("keydown", pressed);
  window.addEventListener("hashchange", () => goToStep(Number(location.hash.slice(1)) - 1 || 0));
  darkMode.addEventListener("change", () => {
    for (const card of graph.cards.values()) card.shown = card.shownGradient = undefined;
    refresh();
  });
  document.addEventListener("pointerdown", event => {
    if (!event.target.closest("figure.array")) trace.pinned = false;
  });
  graph.window = byId("picture").getBoundingClientRect();
  drawGraph();
  fitGraph(READABLE);
  listenToGraph();
  goToStep(Number(location.hash.slice(1)) - 1 || 0);
}

start();
