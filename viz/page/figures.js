// Arrays as pictures: numbers where there are few, else a heat map; blue below zero, orange above.

const NUMBERS = { rows: 6, columns: 4, row: 6 }; // up to so many are written out
const LONGEST = { width: 132, height: 100, cell: 17 }; // of a heat map, in pixels

const darkMode = window.matchMedia("(prefers-color-scheme: dark)");
const element = (tag, className = "", text = "") => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
};

// Red, green and blue from the lowest number to the highest, and last for what is no number.
const COLOURS = 255; // on either side of zero
const ODD = 2 * COLOURS + 1;
const palettes = [false, true].map(dark => {
  const [zero, below, above] = dark
    ? [
        [32, 38, 47],
        [86, 160, 255],
        [255, 150, 84],
      ]
    : [
        [252, 252, 253],
        [40, 104, 190],
        [214, 96, 26],
      ];
  const made = Array.from({ length: ODD }, (_, i) => {
    const t = (Math.abs(i - COLOURS) / COLOURS) ** 0.7,
      end = i < COLOURS ? below : above;
    return zero.map((c, k) => Math.round(c + (end[k] - c) * t));
  });
  return [...made, [255, 214, 0]];
});

// The colour of a number; `top` is the largest number of its array.
function colourOf(x, top) {
  const place = Number.isFinite(x)
    ? COLOURS + Math.round(COLOURS * Math.max(-1, Math.min(1, x / (top || 1))))
    : ODD;
  return palettes[Number(darkMode.matches)][place];
}

const inkOn = ([r, g, b]) => (0.3 * r + 0.59 * g + 0.11 * b > 140 ? "#14181f" : "#fff");
const largestOf = array =>
  array.range
    ? Math.max(...array.range.map(Math.abs))
    : array.data.reduce(
        (top, x) => (Number.isFinite(x) && Math.abs(x) > top ? Math.abs(x) : top),
        0,
      );

const elementText = (array, x) => (array.dtype !== "bool" ? numberText(x) : x ? "True" : "False");

// How an array lies on the page: its rows and columns, of which `cut` are there.
function tableOf(array) {
  const columns = array.shape.at(-1) ?? 1,
    rows = columns ? sizeOf(array.shape) / columns : (array.shape.at(-2) ?? 0);
  const [shownRows, shownColumns] = array.cut ?? [rows, columns];
  return { rows, columns, shownRows, shownColumns };
}

// A picture of the data in at most so many pixels, as an image of its own.
function heatMap(array, canvas, most = 400) {
  const { shownRows, shownColumns } = tableOf(array),
    top = largestOf(array);
  const rows = Math.min(shownRows, most),
    columns = Math.min(shownColumns, most);
  canvas.width = Math.max(1, columns);
  canvas.height = Math.max(1, rows);
  if (!rows || !columns) return;
  const pen = canvas.getContext("2d"),
    image = pen.createImageData(columns, rows);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const row = Math.floor((i * shownRows) / rows),
        column = Math.floor((j * shownColumns) / columns);
      const at = 4 * (i * columns + j),
        [r, g, b] = colourOf(array.data[row * shownColumns + column], top);
      image.data[at] = r;
      image.data[at + 1] = g;
      image.data[at + 2] = b;
      image.data[at + 3] = 255;
    }
  pen.putImageData(image, 0, 0);
}

// A figure with the name, shape and numbers of an array. `origin(i)` tells which element of the
// array called `name` stands at place i, where a transpose or the like is shown. `size` is how much
// wider and higher than usual a map may be, `most` how many numbers are written out. The box gets
// light(places, colour), which marks some.
function figureOf(array, { label, name, origin, role, large, size, most, edit, hover }) {
  const box = element("figure", "array"),
    caption = element("figcaption");
  const { rows, columns, shownRows, shownColumns } = tableOf(array);
  caption.append(element("b", "", label), " ", element("span", "shape", shapeText(array.shape)));
  box.append(caption);
  box.dataset.role = role ?? "";
  box.dataset.name = name ?? label;
  const few =
    shownRows <= NUMBERS.rows * (large ? 2 : 1) &&
    shownColumns <= (rows === 1 || large ? NUMBERS.row : NUMBERS.columns);
  const body =
    few && !(array.data.length > most)
      ? numbersOf(array, box)
      : mapOf(array, box, ...(size ?? [1, 1]));
  box.append(body);
  const notes = [];
  if (array.cut && array.data.length)
    notes.push(`${shownRows} of ${rows} rows, ${shownColumns} of ${columns} columns`);
  if (array.data.some(x => !Number.isFinite(x))) notes.push("yellow: nan or inf");
  if (body.tagName !== "TABLE" && !notes.length)
    notes.push(`up to ±${numberText(Number(largestOf(array).toPrecision(2)))}`);
  if (notes.length) box.append(element("small", "", notes.join("; ")));
  box.dataset.values = body.tagName === "TABLE" ? "numbers" : "map";
  box.full = i => Math.floor(i / shownColumns) * columns + (i % shownColumns); // in the whole array
  box.origin = origin ?? (i => i);
  body.addEventListener("pointermove", event => {
    const cell = box.cellAt(event);
    if (cell !== null && event.buttons === 0) hover?.(box.full(cell), false);
  });
  body.addEventListener("pointerdown", event => {
    const cell = box.cellAt(event);
    if (cell === null) return;
    hover?.(box.full(cell), true);
    edit?.(box.full(cell), event);
  });
  if (edit) body.classList.add("editable");
  return box;
}

function numbersOf(array, box) {
  const { shownRows, shownColumns } = tableOf(array),
    top = largestOf(array);
  const table = element("table", "numbers"),
    cells = [];
  for (let i = 0; i < shownRows; i++) {
    const row = table.insertRow();
    for (let j = 0; j < shownColumns; j++) {
      const cell = row.insertCell(),
        x = array.data[i * shownColumns + j],
        colour = colourOf(x, top);
      cell.textContent = elementText(array, x);
      cell.style.background = `rgb(${colour})`;
      cell.style.color = inkOn(colour);
      cell.dataset.at = cells.length;
      cells.push(cell);
    }
  }
  if (!cells.length)
    table.insertRow().insertCell().textContent = sizeOf(array.shape) ? "not kept" : "empty";
  box.cellAt = event => {
    const cell = event.target.closest("td[data-at]");
    return cell ? Number(cell.dataset.at) : null;
  };
  box.light = (places, colour) =>
    cells.forEach((cell, i) => {
      const lit = places?.has(box.origin(box.full(i)));
      cell.style.boxShadow = lit ? `inset 0 0 0 2px ${colour}` : "";
      cell.classList.toggle("lit", Boolean(lit));
    });
  return table;
}

function mapOf(array, box, wide, tall) {
  const { shownRows, shownColumns } = tableOf(array);
  const length = (n, most) => (n > most ? most : n * Math.min(LONGEST.cell, Math.floor(most / n)));
  const width = Math.max(6, length(shownColumns, wide * LONGEST.width));
  const height = Math.max(10, length(shownRows, tall * LONGEST.height));
  const frame = element("div", "map"),
    canvas = element("canvas"),
    marks = element("canvas", "marks");
  heatMap(array, canvas);
  frame.style.width = `${width}px`;
  frame.style.height = `${height}px`;
  marks.width = 2 * width;
  marks.height = 2 * height;
  frame.append(canvas, marks);
  box.cellAt = event => {
    const view = frame.getBoundingClientRect();
    const column = Math.floor(((event.clientX - view.left) / view.width) * shownColumns);
    const row = Math.floor(((event.clientY - view.top) / view.height) * shownRows);
    const inside = column >= 0 && row >= 0 && column < shownColumns && row < shownRows;
    return inside ? row * shownColumns + column : null;
  };
  box.light = (places, colour) => {
    const pen = marks.getContext("2d"),
      across = marks.width / shownColumns,
      down = marks.height / shownRows;
    pen.clearRect(0, 0, marks.width, marks.height);
    box.classList.toggle("lit", false);
    if (!places?.size) return;
    pen.strokeStyle = colour === "currentColor" ? getComputedStyle(box).color : colour;
    pen.lineWidth = 3;
    for (const run of runsOf(places, box, shownRows, shownColumns)) {
      box.classList.add("lit");
      const [x, y, w, h] = [
        run.column * across,
        run.row * down,
        run.columns * across,
        run.rows * down,
      ];
      const fit = (size, begin, end) => Math.max(3, Math.min(size, end - 3 - begin));
      pen.strokeRect(
        Math.max(1.5, x),
        Math.max(1.5, y),
        fit(w, x, marks.width),
        fit(h, y, marks.height),
      );
    }
  };
  return frame;
}

// Marked cells drawn together into rectangles: whole rows, whole columns, single cells.
function runsOf(places, box, rows, columns) {
  const lit = (i, j) => places.has(box.origin(box.full(i * columns + j)));
  const found = [],
    open = new Map();
  for (let i = 0; i < rows; i++) {
    const here = new Map();
    for (let j = 0; j < columns; j++) {
      if (!lit(i, j)) continue;
      const start = j;
      while (j + 1 < columns && lit(i, j + 1)) j++;
      const key = `${start} ${j}`,
        above = open.get(key);
      if (above) above.rows++;
      const run = above ?? { row: i, column: start, rows: 1, columns: j - start + 1 };
      if (!above) found.push(run);
      here.set(key, run);
    }
    open.clear();
    for (const [key, run] of here) open.set(key, run);
  }
  return found;
}

// -- arrays from the page's data --------------------------------------------------------------

function unpacked({ shape, dtype, data, cut, range }) {
  const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0)).buffer;
  const Store =
    { float32: Float32Array, float16: Float32Array, bool: Uint8Array }[dtype] ?? Float64Array;
  const found = makeArray(shape, dtype, new Store(bytes));
  return cut ? { ...found, cut, range } : found;
}

// The corner of a whole array that a cut one shows.
function cornerOf(array, cut) {
  const columns = array.shape.at(-1);
  const data = Array.from(
    { length: cut[0] * cut[1] },
    (_, i) => array.data[Math.floor(i / cut[1]) * columns + (i % cut[1])],
  );
  return { ...array, data };
}
