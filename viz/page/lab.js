// Try it: change a number, nudge it, take a step against the gradient, train.

const lab = {
  name: null,
  at: 0,
  rate: 0.1,
  nudge: 0.01,
  losses: [],
  training: 0,
  showing: 0,
  before: null,
};
const STEPS = 300;

// What is made small: the root, or the weighted sum of all that backward began with.
function lossNow(values = live.run.values) {
  let sum = 0;
  for (const name of data.roots) {
    const seed = live.seeds.get(`d${name}`).data;
    values.get(name).data.forEach((x, i) => {
      sum += x * seed[i];
    });
  }
  return sum;
}

const leaves = () => data.tensors.filter(tensor => !tensor.op);
const parameters = () => leaves().filter(tensor => tensor.grad);
const isWhole = array => /int|bool/.test(array.dtype);
const isChanged = () => [...live.inputs].some(([name, array]) => array !== live.original.get(name));
const withInput = (name, array) => new Map(live.inputs).set(name, array);

// A copy of an array with one number changed.
function changed(array, at, value) {
  const made = makeArray(array.shape, array.dtype, array.data.slice());
  made.data[at] = value;
  return made;
}

function changeNumber(name, at, value) {
  live.inputs.set(name, changed(live.inputs.get(name), at, value));
  compute();
  refresh();
}

// Dragging a number sideways changes it, in every figure of a leaf.
function dragNumber(name, at, event) {
  const array = live.inputs.get(name),
    from = event.clientX,
    unit = unitOf(array);
  const move = ({ clientX }) => {
    const steps = Math.round((clientX - from) / 2);
    if (!steps) return;
    changeNumber(name, at, array.data[at] + steps * unit);
    const shown = reading(name, live.inputs.get(name), at);
    say(false, shown, ` — ${data.words} is now ${numberText(lossNow())}`);
  };
  const stop = () => {
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", stop);
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", stop);
  lab.before = lossNow();
  event.preventDefault();
}

// A change that is seen: about a twentieth of the largest number, in round digits.
function unitOf(array) {
  return isWhole(array) ? 1 : 10 ** Math.floor(Math.log10(Math.max(1e-3, largestOf(array)) / 20));
}

function resetAll() {
  stopTraining();
  live.inputs = new Map(live.original);
  Object.assign(lab, { losses: [], before: null });
  compute();
  refresh();
}

// -- what is seen -------------------------------------------------------------------------------

function showLab() {
  if (!byId("lab").children.length) buildLab();
  lab.name ??= (parameters()[0] ?? leaves()[0]).name;
  const change = lab.before === null ? 0 : lossNow() - lab.before;
  byId("lab-loss").textContent = numberText(lossNow());
  byId("lab-change").textContent = change ? ` ${change > 0 ? "+" : ""}${numberText(change)}` : "";
  byId("lab-reset").disabled = !isChanged();
  byId("lab-rate-text").textContent = numberText(lab.rate);
  byId("lab-step").disabled = byId("lab-train").disabled = !parameters().length;
  for (const chip of byId("lab-tensors").children)
    chip.setAttribute("aria-pressed", chip.textContent === lab.name);
  showChosen();
  drawCurve();
  drawBoundary();
}

// The chosen tensor and its gradient, with the chosen number in both.
function showChosen() {
  const array = live.inputs.get(lab.name),
    tensor = tensorCalled(lab.name);
  const gradient = tensor.grad ? gradientAt(tensor.id, data.steps.length) : null;
  const pick = (at, pin) => {
    if (!pin) return;
    lab.at = at;
    refresh();
  };
  const look = { large: true, size: [2, 1.6], hover: pick };
  const edit = (at, event) => dragNumber(lab.name, at, event);
  const figures = [figureOf(array, { ...look, label: lab.name, role: "input", edit })];
  if (gradient)
    figures.push(figureOf(gradient, { ...look, label: `d${lab.name}`, role: "gradient" }));
  figures.forEach(figure => figure.light(new Set([lab.at]), markOf(0)));
  byId("lab-figures").replaceChildren(...figures);
  byId("lab-which").textContent = placeText(lab.name, new Set([lab.at]));
  const reach = Math.max(1, 2 * largestOf(live.original.get(lab.name))),
    slider = byId("lab-slider");
  [slider.min, slider.max, slider.step] = isWhole(array)
    ? [0, reach / 2, 1]
    : [-reach, reach, reach / 500];
  slider.value = array.data[lab.at];
  byId("lab-number").value = Number(array.data[lab.at].toPrecision(5));
  byId("lab-nudge-text").replaceChildren(nudgeTable(array, gradient));
}

// A number is moved a little: the gradient foretells how the loss changes.
function nudgeTable(array, gradient) {
  if (!gradient)
    return element("p", "soft", `${lab.name} is data: backward computes no gradient for it.`);
  const g = gradient.data[lab.at],
    moved = changed(array, lab.at, array.data[lab.at] + lab.nudge);
  const truly = lossNow(forward(data.steps, withInput(lab.name, moved))) - lossNow();
  const foretold = `${numberText(g)} × ${numberText(lab.nudge)} = ${numberText(g * lab.nudge)}`;
  return tableFrom("nudge", [
    ["gradient × nudge", foretold],
    [`${data.words} truly changes by`, numberText(truly)],
  ]);
}

function tableFrom(className, rows) {
  const table = element("table", className);
  for (const cells of rows) {
    const row = table.insertRow();
    for (const cell of cells) row.insertCell().append(cell);
  }
  return table;
}

// -- how it is built ----------------------------------------------------------------------------

const withId = (id, made, properties = {}) => Object.assign(made, { id, ...properties });

function buildLab() {
  const loss = element("p", "loss"),
    left = element("div"),
    right = element("div");
  loss.append(
    `${data.words} `,
    withId("lab-loss", element("b")),
    withId("lab-change", element("span", "soft")),
    withId("lab-reset", element("button", "", "back to the start"), { onclick: resetAll }),
  );
  left.append(changeCard(), nudgeCard());
  right.append(stepCard(), trainCard());
  byId("lab").append(loss, left, right);
}

function cardWith(title, words, ...content) {
  const made = element("section", "card");
  made.append(
    element("h2", "", title),
    ...(words ? [element("p", "soft", words)] : []),
    ...content,
  );
  return made;
}

function changeCard() {
  const chips = withId("lab-tensors", element("div", "chips"));
  for (const tensor of [...parameters(), ...leaves().filter(t => !t.grad)]) {
    const onclick = () => {
      Object.assign(lab, { name: tensor.name, at: 0 });
      refresh();
    };
    chips.append(Object.assign(element("button", "chip", tensor.name), { onclick }));
  }
  const slider = withId("lab-slider", element("input"), { type: "range", ariaLabel: "the number" });
  const number = withId("lab-number", element("input"), {
    type: "number",
    step: "any",
    ariaLabel: "the number",
  });
  slider.onpointerdown = () => {
    lab.before = lossNow();
  };
  slider.oninput = () => changeNumber(lab.name, lab.at, Number(slider.value));
  number.onchange = () => {
    lab.before = lossNow();
    changeNumber(lab.name, lab.at, Number(number.value));
  };
  const control = element("label", "control");
  control.append(withId("lab-which", element("code")), slider, number);
  return cardWith(
    "Change a number",
    "Click a number, then drag it or the slider: the graph shows all " +
      "values and gradients anew.",
    chips,
    withId("lab-figures", element("div", "equation")),
    control,
  );
}

function nudgeCard() {
  const amounts = element("div", "chips");
  for (const amount of [0.1, 0.01, 0.001]) {
    const chip = element("button", "chip", `+${amount}`);
    chip.onmouseenter = () => {
      lab.nudge = amount;
      refresh();
    };
    chip.onclick = () => {
      Object.assign(lab, { nudge: amount, before: lossNow() });
      changeNumber(lab.name, lab.at, live.inputs.get(lab.name).data[lab.at] + amount);
    };
    amounts.append(chip);
  }
  return cardWith(
    "Nudge it",
    "What the gradient says about a small move, and what happens.",
    amounts,
    withId("lab-nudge-text", element("div")),
  );
}

function stepCard() {
  const rate = withId("lab-rate", element("input"), {
    type: "range",
    min: -3,
    max: 1,
    step: 0.05,
    value: -1,
    ariaLabel: "learning rate, on a log scale",
  });
  rate.oninput = () => {
    lab.rate = Number((10 ** Number(rate.value)).toPrecision(2));
    byId("lab-rate-text").textContent = numberText(lab.rate);
  };
  const control = element("label", "control");
  control.append(element("code", "", "lr"), rate, withId("lab-rate-text", element("output")));
  const onclick = () => {
    lab.before = lossNow();
    takeStep();
    refresh();
  };
  const take = withId("lab-step", element("button", "main", "take the step"), { onclick });
  return cardWith(
    "Take the step",
    "Each weight moves against its gradient: w\xa0-\u2060=\xa0lr\xa0*\xa0dw.",
    control,
    take,
  );
}

function trainCard() {
  const go = withId("lab-train", element("button", "main", `train ${STEPS} steps`));
  go.onclick = () => (lab.training ? stopTraining() : startTraining());
  const pictures = element("div", "pictures");
  pictures.append(canvasOf("lab-curve", 300, 150), canvasOf("lab-boundary", 300, 210));
  return cardWith(
    "Train",
    "",
    go,
    withId("lab-count", element("span", "soft")),
    pictures,
    withId("lab-words", element("p", "soft")),
  );
}

function canvasOf(id, width, height) {
  const canvas = withId(id, element("canvas"), { width: 2 * width, height: 2 * height });
  canvas.style.width = `${width}px`;
  canvas.style.aspectRatio = `${width} / ${height}`;
  return canvas;
}

// -- training -----------------------------------------------------------------------------------

// w -= lr * dw for each parameter, with the gradients of the last run, and the next run.
function takeStep() {
  if (!lab.losses.length) lab.losses.push(lossNow());
  for (const { name } of parameters()) {
    const w = live.inputs.get(name),
      dw = live.run.values.get(`d${name}`);
    live.inputs.set(
      name,
      makeArray(
        w.shape,
        w.dtype,
        w.data.map((x, i) => x - lab.rate * dw.data[i]),
      ),
    );
  }
  compute();
  lab.losses.push(lossNow());
}

function startTraining() {
  lab.training = STEPS;
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
  refresh();
  lab.showing = performance.now() - shown;
  if (lab.training > 0) requestAnimationFrame(trainOn);
  else stopTraining();
}

function stopTraining() {
  lab.training = 0;
  if (byId("lab-train")) byId("lab-train").textContent = `train ${STEPS} steps`;
}

function drawCurve() {
  const canvas = byId("lab-curve"),
    pen = canvas.getContext("2d"),
    style = getComputedStyle(document.body);
  const losses = lab.losses.filter(Number.isFinite),
    taken = Math.max(0, lab.losses.length - 1);
  const steps = `${taken} step${taken === 1 ? "" : "s"}`;
  byId("lab-count").textContent = taken ? ` ${steps} taken` : " no step taken yet";
  byId("lab-words").textContent =
    losses.length < lab.losses.length
      ? "The loss is no number any more: go back to the start, and take a smaller lr."
      : "";
  const [left, top, right, bottom] = [104, 16, canvas.width - 12, canvas.height - 40];
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.font = "20px system-ui, sans-serif";
  pen.fillStyle = style.getPropertyValue("--soft");
  pen.strokeStyle = style.getPropertyValue("--line");
  pen.lineWidth = 2;
  pen.strokeRect(left, top, right - left, bottom - top);
  pen.textAlign = "center";
  pen.fillText(
    taken ? `${data.root} over ${steps}` : data.root,
    (left + right) / 2,
    canvas.height - 12,
  );
  if (losses.length < 2) return;
  const high = Math.max(...losses),
    low = Math.min(...losses, 0);
  const x = i => left + ((right - left) * i) / (losses.length - 1);
  const y = loss => bottom - ((bottom - top) * (loss - low)) / (high - low || 1);
  pen.textAlign = "right";
  pen.fillText(numberText(high), left - 8, top + 14);
  pen.fillText(numberText(low), left - 8, bottom);
  pen.strokeStyle = style.getPropertyValue("--accent");
  pen.lineWidth = 4;
  pen.beginPath();
  losses.forEach((loss, i) => pen.lineTo(x(i), y(loss)));
  pen.stroke();
}
