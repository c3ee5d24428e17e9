// The decision boundary of a network that takes points (n, 2): what it predicts on a grid.

const GRID = { columns: 40, rows: 28 };
const CLASSES = ["#0b3a80", "#8f3200"]; // of the points, as the ground below is coloured

// The points, the prediction that is made of them alone, and the classes, if there are such.
function findBoundary() {
  const inputs = leaves().filter(tensor => !tensor.grad);
  const points = inputs.find(({ shape }) => shape.length === 2 && shape[1] === 2 && shape[0] > 2);
  if (!points) return null;
  const n = points.shape[0];
  const classes = inputs.find(
    tensor =>
      tensor !== points &&
      sizeOf(tensor.shape) === n &&
      live.inputs.get(tensor.name).data.every(x => Number.isInteger(x) && x >= 0 && x < 20),
  );
  const isData = tensor => !tensor.op && !tensor.grad && tensor.shape.length > 0;
  const uses = new Map(
    leaves().map(tensor => [tensor.id, new Set(isData(tensor) ? [tensor] : [])]),
  );
  let prediction = null; // the last that is made of the points, and of no other data
  for (const { node } of data.steps.slice(0, firstBackward)) {
    const tensor = tensors.get(node),
      used = new Set(tensor.from.flatMap(id => [...uses.get(id)]));
    uses.set(node, used);
    const fits = tensor.shape[0] === n && sizeOf(tensor.shape) <= 10 * n;
    if (fits && used.size === 1 && used.has(points)) prediction = tensor;
  }
  return prediction && eachByItself(points, prediction) ? { points, prediction, classes } : null;
}

// Whether the prediction for a point is the same wherever it stands among the others.
function eachByItself(points, prediction) {
  const turn = array => roll(array, 1, 0);
  const turned = forward(data.steps, withInput(points.name, turn(live.inputs.get(points.name))));
  return distance(turned.get(prediction.name), turn(live.run.values.get(prediction.name))) < 1e-5;
}

// The prediction for many points, as many at a time as the network takes.
function predictedFor(xs, { points, prediction }) {
  const X = live.inputs.get(points.name),
    n = X.shape[0],
    width = sizeOf(prediction.shape) / n,
    found = [];
  for (let first = 0; first < xs.length; first += n) {
    const some = makeArray(X.shape, X.dtype, X.data.slice());
    some.data.set(xs.slice(first, first + n).flat());
    const values = forward(data.steps, withInput(points.name, some)).get(prediction.name).data;
    for (let i = 0; i < Math.min(n, xs.length - first); i++) {
      const own = values.slice(i * width, (i + 1) * width);
      found.push(width === 1 ? own[0] : own.indexOf(Math.max(...own)));
    }
  }
  return found;
}

// Where a prediction turns: 1/2 for probabilities, the middle of class numbers, else 0.
function turningPoint({ prediction }) {
  const width = sizeOf(prediction.shape) / prediction.shape[0];
  if (width > 1) return (width - 1) / 2;
  let tensor = prediction;
  while (["squeeze", "reshape", "getitem"].includes(tensor.op))
    tensor = tensors.get(tensor.from[0]);
  return tensor.op === "sigmoid" ? 0.5 : 0;
}

function drawBoundary() {
  if (lab.boundary === undefined) lab.boundary = findBoundary();
  const canvas = byId("lab-boundary"),
    { boundary } = lab;
  canvas.hidden = !boundary;
  if (!boundary) return;
  const X = live.inputs.get(boundary.points.name).data,
    pen = canvas.getContext("2d");
  const [x, y] = [0, 1].map(axis => rangeOf(X.filter((_, i) => i % 2 === axis)));
  const { columns, rows } = GRID,
    cells = [...Array(columns * rows).keys()];
  const scores = predictedFor(
    cells.map(i => [
      x.low + (((i % columns) + 0.5) / columns) * x.length,
      y.low + y.length - ((Math.floor(i / columns) + 0.5) / rows) * y.length,
    ]),
    boundary,
  );
  const middle = turningPoint(boundary),
    top = Math.max(1e-6, ...scores.map(s => Math.abs(s - middle)));
  const wide = canvas.width / columns,
    high = canvas.height / rows;
  scores.forEach((score, i) => {
    pen.fillStyle = `rgb(${colourOf(0.6 * (score - middle), top)})`;
    pen.fillRect((i % columns) * wide, Math.floor(i / columns) * high, wide + 1, high + 1);
  });
  const classes = boundary.classes && live.inputs.get(boundary.classes.name).data;
  pen.strokeStyle = "#fff";
  pen.lineWidth = 2;
  for (let i = 0; i < X.length / 2; i++) {
    pen.beginPath();
    pen.arc(
      ((X[2 * i] - x.low) / x.length) * canvas.width,
      (1 - (X[2 * i + 1] - y.low) / y.length) * canvas.height,
      6,
      0,
      7,
    );
    pen.fillStyle = classes ? CLASSES[Math.min(1, classes[i])] : "#888";
    pen.fill();
    pen.stroke();
  }
}

// The range of some numbers with a margin.
function rangeOf(numbers) {
  const low = Math.min(...numbers),
    length = Math.max(...numbers) - low || 1;
  return { low: low - 0.15 * length, length: 1.3 * length };
}
