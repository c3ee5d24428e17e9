// Try it: change a number, nudge it, take a step against the gradient, train.

const lab = { name: null, at: 0, rate: 0.1, nudge: 0.01, losses: [], training: 0, showing: 0, before: null };

// What is made small: the root, or the weighted sum of all that backward began with.
function lossNow(values = live.run.values) {
  let sum = 0;
  for (const name of data.roots) {
    const seed = live.seeds.get(`d${name}`).data;
    values.get(name).data.forEach((x, i) => { sum += x * seed[i]; });
  }
  return sum;
}

const leaves = () => data.tensors.filter(t => !t.op);
const parameters = () => leaves().filter(t => t.grad);
const isChanged = () => [...live.inputs].some(([name, array]) => array !== live.original.get(name));

// A copy of an input with one number changed.
function changeNumber(name, at, value) {
  const array = live.inputs.get(name), changed = makeArray(array.shape, array.dtype, array.data.slice());
  changed.data[at] = value;
  live.inputs.set(name, changed);
  compute();
}

// Dragging a number sideways changes it, in every figure of a leaf.
function dragNumber(name, at, event, body) {
  const array = live.inputs.get(name);
  if (array.dtype === "bool") return;
  const from = event.clientX, value = array.data[at], unit = stepOf(array);
  lab.name = name;
  lab.at = at;
  const move = moved => {
    changeNumber(name, at, value + Math.round((moved.clientX - from) / 2) * unit);
    refresh();
    showChanged();
    byId("trace").replaceChildren(element("b", "", `${name}${array.shape.length ? `[${indicesText(at, array.shape)}]` : ""} = ${numberText(live.inputs.get(name).data[at])}`), ` ${data.words}: ${numberText(lossNow())}`);
  };
  const stop = () => {
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", stop);
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", stop);
  event.preventDefault();
  body.releasePointerCapture?.(event.pointerId);
}

// A change that is seen: a hundredth of the largest number, in round digits.
function stepOf(array) {
  if (/int/.test(array.dtype)) return 1;
  return 10 ** Math.floor(Math.log10(Math.max(1e-3, largestOf(array)) / 20));
}

function showChanged() {
  byId("tab-lab").classList.toggle("changed", isChanged());
}

function resetAll() {
  stopTraining();
  live.inputs = new Map(live.original);
  lab.losses = [];
  lab.before = null;
  compute();
  showChanged();
  refresh();
}

// -- what is seen -------------------------------------------------------------------------------

function showLab() {
  if (!byId("lab").children.length) buildLab();
  if (lab.name === null) chooseTensor((parameters()[0] ?? leaves()[0]).name);
  const array = live.inputs.get(lab.name), value = array.data[lab.at], tensor = leaves().find(t => t.name === lab.name);
  byId("lab-loss").textContent = numberText(lossNow());
  const change = lab.before === null ? 0 : lossNow() - lab.before;
  byId("lab-change").textContent = change ? ` ${change > 0 ? "+" : ""}${numberText(change)}` : "";
  byId("lab-reset").disabled = !isChanged();
  for (const button of byId("lab-tensors").children) button.setAttribute("aria-pressed", button.textContent === lab.name);
  const gradient = tensor.grad ? gradientAt(tensor.id, data.steps.length) : null;
  const pick = (i, _, pin) => {
    if (pin) {
      lab.at = i;
      refresh();
    }
  };
  const options = { name: lab.name, role: "input", large: true, size: [2, 1.6], hover: pick, edit: (i, event, body) => dragNumber(lab.name, i, event, body) };
  const figures = [figureOf(array, { ...options, label: lab.name })];
  if (gradient) figures.push(figureOf(gradient, { label: `d${lab.name}`, name: `d${lab.name}`, role: "gradient", large: true, size: [2, 1.6], hover: pick }));
  figures.forEach(figure => figure.light(new Set([lab.at]), MARKS[0]));
  byId("lab-figures").replaceChildren(...figures);
  byId("lab-which").textContent = `${lab.name}${array.shape.length ? `[${indicesText(lab.at, array.shape)}]` : ""}`;
  const range = Math.max(1, 2 * largestOf(live.original.get(lab.name)));
  const whole = /int|bool/.test(array.dtype), slider = byId("lab-slider");
  [slider.min, slider.max, slider.step] = whole ? [0, Math.max(1, largestOf(live.original.get(lab.name))), 1] : [-range, range, range / 500];
  slider.value = value;
  byId("lab-number").value = Number(value.toPrecision(5));
  showNudge(gradient);
  byId("lab-rate-text").textContent = numberText(lab.rate);
  byId("lab-step").disabled = byId("lab-train").disabled = !parameters().length;
  drawCurve();
  drawBoundary();
}

// A number is moved a little: the gradient foretells how the loss changes.
function showNudge(gradient) {
  const box = byId("lab-nudge-text");
  if (!gradient || /int|bool/.test(live.inputs.get(lab.name).dtype)) {
    box.textContent = `${lab.name} is data: backward computes no gradient for it.`;
    return;
  }
  const g = gradient.data[lab.at], array = live.inputs.get(lab.name);
  const moved = makeArray(array.shape, array.dtype, array.data.slice());
  moved.data[lab.at] += lab.nudge;
  const truly = lossNow(forward(data.steps, new Map(live.inputs).set(lab.name, moved))) - lossNow();
  const table = element("table", "nudge");
  const line = (words, text) => {
    const row = table.insertRow();
    row.insertCell().textContent = words;
    row.insertCell().textContent = text;
  };
  line("gradient × nudge", `${numberText(g)} × ${numberText(lab.nudge)} = ${numberText(g * lab.nudge)}`);
  line(`${data.words} truly changes by`, numberText(truly));
  box.replaceChildren(table);
}

function chooseTensor(name) {
  lab.name = name;
  lab.at = 0;
}

function buildLab() {
  const box = byId("lab");
  const loss = element("p", "loss");
  loss.append(`${data.words} `, Object.assign(element("b"), { id: "lab-loss" }), Object.assign(element("span", "soft"), { id: "lab-change" }));
  const reset = Object.assign(element("button", "", "back to the start"), { id: "lab-reset", onclick: resetAll });
  loss.append(reset);

  const change = section("Change a number", "Click a number, then drag it or the slider: the graph shows all values and gradients anew.");
  const chips = Object.assign(element("div", "chips"), { id: "lab-tensors" });
  for (const tensor of [...parameters(), ...leaves().filter(t => !t.grad)]) {
    const chip = element("button", "chip", tensor.name);
    chip.onclick = () => {
      chooseTensor(tensor.name);
      refresh();
    };
    chips.append(chip);
  }
  const slider = Object.assign(element("input"), { type: "range", id: "lab-slider" });
  const number = Object.assign(element("input"), { type: "number", id: "lab-number", step: "any" });
  slider.setAttribute("aria-label", "the number");
  number.setAttribute("aria-label", "the number");
  const set = value => {
    if (lab.before === null) lab.before = lossNow();
    changeNumber(lab.name, lab.at, value);
    showChanged();
    refresh();
  };
  slider.oninput = () => set(Number(slider.value));
  number.onchange = () => set(Number(number.value));
  slider.onpointerdown = () => { lab.before = lossNow(); };
  const control = element("label", "control");
  control.append(Object.assign(element("code"), { id: "lab-which" }), slider, number);
  change.append(chips, Object.assign(element("div", "equation"), { id: "lab-figures" }), control);

  const nudge = section("Nudge it", "What the gradient says about a small move, and what happens.");
  const amounts = element("div", "chips");
  for (const amount of [0.1, 0.01, 0.001]) {
    const chip = element("button", "chip", `+${amount}`);
    chip.onclick = () => {
      lab.nudge = amount;
      lab.before = lossNow();
      set(live.inputs.get(lab.name).data[lab.at] + amount);
    };
    chip.onmouseenter = () => {
      lab.nudge = amount;
      refresh();
    };
    amounts.append(chip);
  }
  nudge.append(amounts, Object.assign(element("div"), { id: "lab-nudge-text" }));

  const step = section("Take the step", `Each weight moves against its gradient: w -= lr * dw.`);
  const rate = Object.assign(element("input"), { type: "range", id: "lab-rate", min: -3, max: 1, step: 0.05, value: -1 });
  rate.setAttribute("aria-label", "learning rate, on a log scale");
  rate.oninput = () => {
    lab.rate = Number((10 ** Number(rate.value)).toPrecision(2));
    byId("lab-rate-text").textContent = numberText(lab.rate);
  };
  const rateLabel = element("label", "control");
  rateLabel.append(element("code", "", "lr"), rate, Object.assign(element("output"), { id: "lab-rate-text" }));
  const take = Object.assign(element("button", "main", "take the step"), { id: "lab-step" });
  take.onclick = () => {
    lab.before = lossNow();
    takeStep();
    showChanged();
    refresh();
  };
  step.append(rateLabel, take);

  const train = section("Train", "");
  const go = Object.assign(element("button", "main", "train 300 steps"), { id: "lab-train" });
  go.onclick = () => (lab.training ? stopTraining() : startTraining(300));
  const pictures = element("div", "pictures");
  pictures.append(canvasOf("lab-curve", 300, 150), canvasOf("lab-boundary", 300, 210));
  train.append(go, Object.assign(element("span", "soft"), { id: "lab-count" }), pictures, Object.assign(element("p", "soft"), { id: "lab-words" }));

  const [left, right] = [element("div"), element("div")];
  left.append(change, nudge);
  right.append(step, train);
  box.append(loss, left, right);
}

function section(title, words) {
  const made = element("section", "card");
  made.append(element("h2", "", title));
  if (words) made.append(element("p", "soft", words));
  return made;
}

function canvasOf(id, width, height) {
  const canvas = Object.assign(element("canvas"), { id, width: 2 * width, height: 2 * height });
  canvas.style.width = `${width}px`;
  canvas.style.aspectRatio = `${width} / ${height}`;
  return canvas;
}

// -- training -----------------------------------------------------------------------------------

// w -= lr * dw for each parameter, with the gradients of the last run, and the next run.
function takeStep() {
  if (!lab.losses.length) lab.losses.push(lossNow());
  for (const tensor of parameters()) {
    const w = live.inputs.get(tensor.name), dw = live.run.values.get(`d${tensor.name}`);
    live.inputs.set(tensor.name, makeArray(w.shape, w.dtype, w.data.map((x, i) => x - lab.rate * dw.data[i])));
  }
  compute();
  lab.losses.push(lossNow());
}

function startTraining(steps) {
  lab.training = steps;
  byId("lab-train").textContent = "stop";
  requestAnimationFrame(trainOn);
}

// As many steps as take about as long as to show them.
function trainOn() {
  const end = performance.now() + Math.max(12, lab.showing);
  while (lab.training > 0 && performance.now() < end) {
    takeStep();
    lab.training--;
    if (!Number.isFinite(lossNow())) lab.training = 0;
  }
  const shown = performance.now();
  showChanged();
  refresh();
  lab.showing = performance.now() - shown;
  if (lab.training > 0) requestAnimationFrame(trainOn);
  else stopTraining();
}

function stopTraining() {
  lab.training = 0;
  if (byId("lab-train")) byId("lab-train").textContent = "train 300 steps";
}

// -- the loss curve and the decision boundary ---------------------------------------------------

function inkOfPage() {
  const style = getComputedStyle(document.body);
  return { ink: style.color, soft: style.getPropertyValue("--soft"), accent: style.getPropertyValue("--accent"), line: style.getPropertyValue("--line") };
}

function drawCurve() {
  const canvas = byId("lab-curve"), pen = canvas.getContext("2d"), { soft, accent, line } = inkOfPage();
  pen.clearRect(0, 0, canvas.width, canvas.height);
  const losses = lab.losses.filter(Number.isFinite);
  const words = byId("lab-count");
  words.textContent = lab.losses.length ? ` ${lab.losses.length - 1} steps taken` : " no step taken yet";
  byId("lab-words").textContent = lab.losses.length && losses.length < lab.losses.length ? "The loss is no number any more: take a smaller lr, and go back to the start." : "";
  const [left, top, right, bottom] = [78, 16, canvas.width - 12, canvas.height - 40];
  const high = Math.max(...losses, 1e-9), low = Math.min(...losses, 0);
  pen.font = "20px system-ui, sans-serif";
  pen.fillStyle = soft;
  pen.strokeStyle = line;
  pen.lineWidth = 2;
  pen.strokeRect(left, top, right - left, bottom - top);
  pen.textAlign = "right";
  if (losses.length) {
    pen.fillText(numberText(high), left - 8, top + 14);
    pen.fillText(numberText(low), left - 8, bottom);
  }
  pen.textAlign = "center";
  pen.fillText(`${data.root} over ${Math.max(1, lab.losses.length - 1)} steps`, (left + right) / 2, canvas.height - 12);
  if (losses.length < 2) return;
  pen.strokeStyle = accent;
  pen.lineWidth = 4;
  pen.beginPath();
  losses.forEach((y, i) => pen.lineTo(left + ((right - left) * i) / (losses.length - 1), bottom - ((bottom - top) * (y - low)) / (high - low || 1)));
  pen.stroke();
}

// The points (n, 2) that go in, the prediction made of them alone, and the classes, if there are such.
function findBoundary() {
  if (lab.boundary !== undefined) return lab.boundary;
  lab.boundary = null;
  const points = leaves().find(t => !t.grad && t.shape.length === 2 && t.shape[1] === 2 && t.shape[0] > 2);
  if (!points) return null;
  const n = points.shape[0];
  const others = leaves().filter(t => !t.grad && t !== points && sizeOf(t.shape) === n);
  const classes = others.find(t => live.inputs.get(t.name).data.every(x => Number.isInteger(x) && x >= 0 && x < 20));
  const made = new Map(leaves().map(t => [t.id, { points: t === points, others: !t.grad && t !== points && t.shape.length > 0 }]));
  let prediction = null;
  for (const step of data.steps.slice(0, firstBackward)) {
    const tensor = tensors.get(step.node), from = tensor.from.map(id => made.get(id));
    const mark = { points: from.some(m => m.points), others: from.some(m => m.others) };
    made.set(tensor.id, mark);
    if (mark.points && !mark.others && tensor.shape[0] === n && sizeOf(tensor.shape) <= 10 * n) prediction = tensor;
  }
  if (!prediction || !eachByItself(points, prediction)) return null;
  lab.boundary = { points, prediction, classes };
  return lab.boundary;
}

// Whether the prediction for a point does not depend on its place among the others.
function eachByItself(points, prediction) {
  const array = live.inputs.get(points.name), n = points.shape[0];
  const turned = takeAlong(array, 0, Array.from({ length: n }, (_, i) => (i + 1) % n));
  const there = forward(data.steps, new Map(live.inputs).set(points.name, turned)).get(prediction.name);
  const here = takeAlong(live.run.values.get(prediction.name), 0, Array.from({ length: n }, (_, i) => (i + 1) % n));
  return distance(there, here) < 1e-5;
}

function drawBoundary() {
  const canvas = byId("lab-boundary"), found = findBoundary();
  canvas.hidden = !found;
  if (!found) return;
  const { points, prediction, classes } = found, X = live.inputs.get(points.name), n = points.shape[0];
  const side = axis => {
    const all = Array.from({ length: n }, (_, i) => X.data[2 * i + axis]), low = Math.min(...all), high = Math.max(...all);
    return [low - 0.15 * (high - low || 1), high + 0.15 * (high - low || 1)];
  };
  const [x0, x1] = side(0), [y0, y1] = side(1), columns = 40, rows = 28, pen = canvas.getContext("2d");
  const scores = new Float64Array(rows * columns);
  for (let begin = 0; begin < scores.length; begin += n) {  // n points of the grid at a time, as X has
    const some = makeArray(X.shape, X.dtype, X.data.slice());
    for (let i = 0; i < n && begin + i < scores.length; i++) {
      const cell = begin + i;
      some.data[2 * i] = x0 + ((cell % columns) + 0.5) * (x1 - x0) / columns;
      some.data[2 * i + 1] = y1 - (Math.floor(cell / columns) + 0.5) * (y1 - y0) / rows;
    }
    const values = forward(data.steps, new Map(live.inputs).set(points.name, some)).get(prediction.name), width = sizeOf(prediction.shape) / n;
    for (let i = 0; i < n && begin + i < scores.length; i++) {
      const own = values.data.slice(i * width, (i + 1) * width);
      scores[begin + i] = width === 1 ? own[0] : own.indexOf(Math.max(...own));
    }
  }
  const middle = thresholdOf(prediction), top = Math.max(...scores.map(s => Math.abs(s - middle)), 1e-6);
  const wide = canvas.width / columns, high = canvas.height / rows;
  scores.forEach((score, cell) => {
    pen.fillStyle = `rgb(${colourOf((score - middle) * 0.6, top)})`;
    pen.fillRect((cell % columns) * wide, Math.floor(cell / columns) * high, wide + 1, high + 1);
  });
  const y = classes && live.inputs.get(classes.name).data;
  for (let i = 0; i < n; i++) {
    const [px, py] = [((X.data[2 * i] - x0) / (x1 - x0)) * canvas.width, ((y1 - X.data[2 * i + 1]) / (y1 - y0)) * canvas.height];
    pen.beginPath();
    pen.arc(px, py, 6, 0, 7);
    pen.fillStyle = !y ? "#888" : y[i] > 0 ? "#8f3200" : "#0b3a80";
    pen.fill();
    pen.strokeStyle = "#fff";
    pen.lineWidth = 2;
    pen.stroke();
  }
}

// Where a prediction turns: 1/2 for probabilities, 0 for scores, the middle for class numbers.
function thresholdOf(prediction) {
  const width = sizeOf(prediction.shape) / prediction.shape[0], maker = data.steps.find(s => s.node === prediction.id);
  if (width > 1) return (width - 1) / 2;
  const seen = new Set(), back = id => {
    if (seen.has(id)) return false;
    seen.add(id);
    const step = data.steps.find(s => s.node === id);
    return Boolean(step) && (step.op === "sigmoid" || (["squeeze", "reshape", "getitem"].includes(step.op) && tensors.get(id).from.some(back)));
  };
  return maker && back(prediction.id) ? 0.5 : 0;
}
