// The graph: a card for each tensor with the op that made it, lines between them, modules as boxes.

const SVG = "http://www.w3.org/2000/svg";
const CROWD = 150; // cards; beyond, they have no small pictures
const READABLE = 0.7; // a graph that would be drawn smaller is shown in part

function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const graph = {
  cards: new Map(), // by the id of a tensor, or "s" and the number of a folded module: {item, node}
  lines: [], // {from, to, path}
  folded: new Set(), // numbers of modules
  window: { width: 500, height: 500 }, // what is seen of it
  least: READABLE, // no smaller is it drawn to fit its window
  scale: 1,
  x: 0,
  y: 0,
};

// -- what is drawn ------------------------------------------------------------------------------

// The modules around a tensor that are drawn: those that hold more than one tensor.
function boxesAround(tensor) {
  graph.sizes ??= data.scopes.map((_, s) => data.tensors.filter(t => t.scopes.includes(s)).length);
  return tensor.scopes.filter(s => graph.sizes[s] > 1);
}

// The id of the card that stands for a tensor: its own, or that of a folded module around it.
function shownAs(id) {
  const scope = boxesAround(tensors.get(id)).find(s => graph.folded.has(s));
  return scope === undefined ? id : `s${scope}`;
}

function drawGraph() {
  graph.cards.clear();
  const top = { id: "top", items: [] },
    groups = new Map();
  const within = (path, depth) => {
    if (depth < 0) return top;
    const scope = path[depth];
    if (!groups.has(scope)) {
      const title = data.scopes[scope];
      const titleWidth = title.length * 6.6 + 40;
      groups.set(scope, { id: `g${scope}`, scope, title, titleWidth, items: [] });
      within(path, depth - 1).items.push(groups.get(scope));
    }
    return groups.get(scope);
  };
  for (const tensor of data.tensors) {
    const id = shownAs(tensor.id),
      path = boxesAround(tensor);
    const depth = path.findIndex(s => graph.folded.has(s));
    if (graph.cards.has(id)) continue;
    const size = depth < 0 ? cardSize(tensor) : moduleSize(data.scopes[path[depth]]);
    const item = { id, tensor: depth < 0 ? tensor : null, scope: path[depth], ...size };
    graph.cards.set(id, { item });
    within(path, (depth < 0 ? path.length : depth) - 1).items.push(item);
  }
  const links = new Map();
  for (const tensor of data.tensors)
    for (const from of tensor.from ?? []) {
      const [a, b] = [shownAs(from), shownAs(tensor.id)];
      if (a !== b) links.set(`${a} ${b}`, [a, b]);
    }
  const edges = [...links.values()];
  const paths = layOut(top, edges);
  graph.width = top.width;
  graph.height = top.height;
  byId("boxes").replaceChildren(...[...groups.values()].map(boxOf));
  byId("titles").replaceChildren(...[...groups.values()].map(titleOf));
  for (const card of graph.cards.values()) card.node = cardOf(card.item);
  byId("nodes").replaceChildren(...[...graph.cards.values()].map(card => card.node));
  const ends = endsOf(edges);
  graph.lines = edges.map(([from, to], i) => {
    const path = svg("path", { class: "edge", d: curve(edges[i], ends[i], paths[i]) });
    return { from, to, path, quiet: isShared(from) ? " quiet" : "" };
  });
  byId("edges").replaceChildren(...graph.lines.map(line => line.path));
}

// Whether a leaf is used so often that its lines would hide the others.
const isShared = id =>
  tensors.has(id) &&
  !tensors.get(id).op &&
  data.tensors.filter(t => t.from?.includes(id)).length > 2;

const clipped = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function cardSize(tensor) {
  const name = clipped(tensor.name, 16),
    op = clipped(tensor.op ?? "", 22);
  const size = sizeOf(tensor.shape),
    few = size < 4 && tensor.shape.length ? 30 + 42 * size : 0,
    gradient = size === 1 && tensor.grad ? 16 + 6.6 * (name.length + 12) : 0; // "dz [-0.001234]"
  const width = Math.max(92, few, gradient, 7.6 * name.length + 6.4 * op.length + 30);
  return { width, height: tensor.grad ? 58 : 40, name, op };
}

const moduleSize = title => ({ width: Math.max(110, 7 * title.length + 30), height: 40 });

const boxOf = ({ x, y, width, height }) =>
  svg("rect", { class: "box", x, y, width, height, rx: 9 });

// The title of a module: on the right where a line comes in on the left.
function titleOf({ x, y, width, scope, title, titleWidth, vertices }) {
  const lines = [...vertices.values()].filter(v => v.port === "in").map(v => v.left + v.width / 2);
  const isRight = lines.some(at => at < titleWidth) && !lines.some(at => at > width - titleWidth);
  const place = isRight ? { x: x + width - 9, "text-anchor": "end" } : { x: x + 9 };
  const made = svg("text", { class: "title", y: y + 15, ...place }, `▾ ${title}`);
  made.addEventListener("click", () => foldModule(scope));
  return made;
}

function cardOf(item) {
  const { tensor, width, height } = item,
    kind = tensor?.kind ?? "module";
  const node = svg("g", {
    class: `node ${kind}`,
    id: item.id,
    transform: `translate(${item.x} ${item.y})`,
    role: "button",
    tabindex: data.tensors.length > CROWD ? -1 : 0,
  });
  const write = (className, x, y, text, anchor = "start") => {
    node.append(svg("text", { class: className, x, y, "text-anchor": anchor }, text));
    return node.lastChild;
  };
  node.append(
    svg("rect", { class: "plate", width, height, rx: { parameter: 3, data: 3 }[kind] ?? 9 }),
  );
  if (kind === "root")
    node.append(
      svg("rect", { class: "rim", x: 3, y: 3, width: width - 6, height: height - 6, rx: 6 }),
    );
  if (tensor) {
    write("name", 9, 16, item.name);
    write("op", width - 9, 16, item.op, "end");
    item.value = write("value", 9, 33, "");
    if (tensor.grad) item.gradient = write("gradient", 9, 50, "");
  } else {
    const ops = data.tensors.filter(t => t.op && t.scopes.includes(item.scope)).length;
    write("name", 9, 16, `▸ ${clipped(data.scopes[item.scope], 30)}`);
    write("value", 9, 32, `${ops} op${ops === 1 ? "" : "s"}`);
  }
  item.badge = write("badge", width - 4, 3, "", "end");
  const words = tensor
    ? `${tensor.name}${tensor.op ? ` = ${tensor.op}` : ""} ${shapeText(tensor.shape)}`
    : `${data.scopes[item.scope]}, folded`;
  node.setAttribute("aria-label", words);
  node.append(svg("title", {}, words));
  const choose = () => (tensor ? goTo(tensor.id) : foldModule(item.scope));
  node.addEventListener("click", () => graph.moved || choose());
  node.addEventListener("keydown", event => event.key === "Enter" && choose());
  return node;
}

// Where edges begin and end: side by side at the edge of a card, in the order of their other ends.
function endsOf(edges) {
  const centre = id => graph.cards.get(id).item.x + graph.cards.get(id).item.width / 2;
  const ends = edges.map(() => []);
  for (const side of [0, 1]) {
    const at = new Map();
    edges.forEach((edge, i) =>
      at
        .set(edge[side], at.get(edge[side]) ?? [])
        .get(edge[side])
        .push(i),
    );
    for (const [id, all] of at) {
      const room = Math.min(22, (graph.cards.get(id).item.width - 24) / all.length);
      all.sort((i, j) => centre(edges[i][1 - side]) - centre(edges[j][1 - side]));
      all.forEach((i, k) => {
        ends[i][side] = centre(id) + (k - (all.length - 1) / 2) * room;
      });
    }
  }
  return ends;
}

// A line from the lower edge of one card by some points to the upper edge of another.
function curve([from, to], [begin, end], points) {
  const [a, b] = [graph.cards.get(from).item, graph.cards.get(to).item];
  const way = [[begin, a.y + a.height], ...points, [end, b.y - 2]];
  let d = `M${way[0]}`;
  for (let i = 1; i < way.length; i++) {
    const [[x0, y0], [x1, y1]] = [way[i - 1], way[i]],
      bend = Math.max(10, (y1 - y0) / 2);
    d += x0 === x1 ? `V${y1}` : `C${x0} ${y0 + bend} ${x1} ${y1 - bend} ${x1} ${y1}`;
  }
  return d;
}

// -- what the cards say -------------------------------------------------------------------------

// A line of a card: the few numbers of a small array, or a text with a small picture of it.
function fillLine(card, key, array, label, otherwise) {
  const text = card.item[key],
    map = `${key}Map`,
    { width } = card.item;
  card[map]?.remove();
  card[map] = null;
  text.textContent = otherwise;
  if (!array) return;
  if (array.data.length && array.data.length < 4 && !array.cut) {
    const numbers = Array.from(array.data, x => elementText(array, x)).join(", ");
    const found = `${label}${array.shape.length ? `[${numbers}]` : numbers}`;
    if (found.length * 6.6 < width - 14) {
      text.textContent = found;
      return;
    }
  }
  if (data.tensors.length > CROWD) return;
  const canvas = document.createElement("canvas"),
    { shownRows, shownColumns } = tableOf(array);
  const room = width - 24 - 6.4 * otherwise.length,
    y = Number(text.getAttribute("y")) - 4;
  const wide = Math.min(room, Math.max(5, 4 * shownColumns), 44);
  const high = Math.min(13, Math.max(4, 4 * shownRows));
  if (wide < 4) return;
  heatMap(array, canvas, 40);
  card[map] = svg("image", {
    href: canvas.toDataURL(),
    x: width - 9 - wide,
    y: y - high / 2,
    width: wide,
    height: high,
    preserveAspectRatio: "none",
  });
  card.node.append(card[map]);
}

// What each card shows and how it looks: look(tensor) gives {state, value, gradient, badge}. Along
// the lines in `moving`, pairs of tensors, something flows in this step.
function showOnGraph(look, moving, phase) {
  byId("picture").setAttribute("class", phase);
  for (const card of graph.cards.values()) {
    const { tensor, scope, badge } = card.item,
      seen = tensor ? look(tensor) : moduleLook(scope, look);
    if (card.state !== seen.state) {
      card.node.classList.remove(...STATES);
      if (seen.state) card.node.classList.add(seen.state);
      card.state = seen.state;
    }
    badge.textContent = seen.badge ?? "";
    if (!tensor) continue;
    if (card.value !== seen.value) fillLine(card, "value", seen.value, "", shapeText(tensor.shape));
    if (card.gradient !== seen.gradient && tensor.grad) {
      const label = tensor.name.length > 9 ? "grad" : `d${tensor.name}`;
      fillLine(card, "gradient", seen.gradient, `${label} `, seen.gradient ? label : "");
    }
    Object.assign(card, { value: seen.value, gradient: seen.gradient });
  }
  showFlow(moving, phase);
}

function showFlow(moving, phase) {
  const flowing = new Set(moving.map(([from, to]) => `${shownAs(from)} ${shownAs(to)}`)),
    sparks = [];
  for (const line of graph.lines) {
    const moves = flowing.has(`${line.from} ${line.to}`),
      done = graph.cards.get(line.to).state === "done";
    const name = `edge${line.quiet}${moves ? " moving" : ""}${done ? " done" : ""}`;
    if (line.name !== name) line.path.setAttribute("class", name);
    line.name = name;
    if (!moves) continue;
    line.path.parentNode.append(line.path); // above the others
    sparks.push(sparkOn(line.path.getAttribute("d"), phase));
  }
  byId("sparks").replaceChildren(...sparks);
}

const STATES = ["current", "receiving", "waiting", "ready", "done", "ahead"];

// A folded module is where the step is, if one of its tensors is.
function moduleLook(scope, look) {
  const inside = data.tensors.filter(t => t.scopes.includes(scope)).map(look);
  const state = STATES.find(s => inside.some(x => x.state === s));
  return { state };
}

// A dot that runs along a line, backwards in the backward pass.
function sparkOn(d, phase) {
  const keyPoints = phase === "backward" ? "1;0" : "0;1";
  return svg(
    "circle",
    { r: 5, class: "spark" },
    svg("animateMotion", {
      path: d,
      dur: "1.3s",
      repeatCount: "indefinite",
      calcMode: "linear",
      keyPoints,
      keyTimes: "0;1",
    }),
  );
}

// -- modules that fold --------------------------------------------------------------------------

function foldModule(scope) {
  if (!graph.folded.delete(scope)) graph.folded.add(scope);
  redrawGraph();
}

// Fold all outermost modules, or unfold all.
function foldAll() {
  if (graph.folded.size) graph.folded.clear();
  else
    for (const tensor of data.tensors)
      boxesAround(tensor)
        .slice(0, 1)
        .forEach(s => graph.folded.add(s));
  redrawGraph();
  fitGraph();
}

function redrawGraph() {
  drawGraph();
  byId("fold").textContent = graph.folded.size ? "unfold" : "fold";
  refresh();
}

// -- zoom and pan -------------------------------------------------------------------------------

function moveGraph() {
  byId("view").setAttribute("transform", `translate(${graph.x} ${graph.y}) scale(${graph.scale})`);
  if (graph.cards.size > CROWD) leaveOutFar();
}

// Of a large graph the browser lays out only what is near the window.
function leaveOutFar() {
  const { width, height } = graph.window,
    left = (-200 - graph.x) / graph.scale,
    top = (-200 - graph.y) / graph.scale;
  const right = (width + 200 - graph.x) / graph.scale,
    bottom = (height + 200 - graph.y) / graph.scale;
  const show = (thing, node, near) => {
    if (thing.near !== near) node.style.display = near ? "" : "none";
    thing.near = near;
  };
  for (const card of graph.cards.values()) {
    const { x, y, width, height } = card.item;
    show(card, card.node, x + width >= left && x <= right && y + height >= top && y <= bottom);
  }
  for (const line of graph.lines)
    show(line, line.path, graph.cards.get(line.from).near || graph.cards.get(line.to).near);
}

// Show the whole graph, or if it would be smaller than `least`, as much of it as can be read well.
function fitGraph(least = 0) {
  const { width, height } = graph.window,
    across = (width - 24) / graph.width;
  graph.least = least;
  graph.scale = Math.min(across, (height - 24) / graph.height, 1.25);
  if (graph.scale < least) graph.scale = Math.max(least, Math.min(across, 1));
  graph.x = (width - graph.width * graph.scale) / 2;
  graph.y = Math.max(12, (height - graph.height * graph.scale) / 2);
  moveGraph();
}

function zoomGraph(factor, x, y) {
  x ??= graph.window.width / 2;
  y ??= graph.window.height / 2;
  const scale = Math.min(3, Math.max(0.05, graph.scale * factor));
  graph.x = x - ((x - graph.x) * scale) / graph.scale;
  graph.y = y - ((y - graph.y) * scale) / graph.scale;
  graph.scale = scale;
  moveGraph();
}

// Bring a card into view, if it is not and there is more than the window shows.
function followCard(id) {
  const card = graph.cards.get(shownAs(id));
  if (!card) return;
  const window = graph.window,
    inside = ({ x, y, width, height }, margin) => {
      const left = graph.x + x * graph.scale,
        top = graph.y + y * graph.scale;
      const right = left + width * graph.scale,
        bottom = top + height * graph.scale;
      return (
        left >= 0 && right <= window.width && top >= margin && bottom <= window.height - margin
      );
    };
  const everything = { x: 0, y: 0, width: graph.width, height: graph.height };
  if (inside(everything, 0) || inside(card.item, Math.min(60, window.height / 5))) return;
  const { x, y, width, height } = card.item;
  graph.x = centred(x + width / 2, graph.width, window.width);
  graph.y = centred(y + height / 2, graph.height, window.height - underButtons());
  moveGraph();
}

// Where the graph begins when a place of it is in the middle of a window, with no more than an edge
// left empty.
function centred(place, length, room) {
  const size = length * graph.scale,
    free = room - size;
  if (free >= 24) return free / 2;
  return Math.max(free - 12, Math.min(12, room / 2 - place * graph.scale));
}

// How much of the picture lies under the buttons, which on a phone stand on it.
const underButtons = () =>
  Math.max(
    0,
    byId("picture").getBoundingClientRect().bottom - byId("below").getBoundingClientRect().top,
  );

// Move a point of the window to another one: by dragging, or with a wheel.
function panGraph(dx, dy) {
  graph.x += dx;
  graph.y += dy;
  moveGraph();
}

function listenToGraph() {
  const picture = byId("picture"),
    pointers = new Map(); // where each finger is
  picture.addEventListener("pointerdown", event => {
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    graph.moved = false;
  });
  window.addEventListener("pointermove", event => {
    const before = pointers.get(event.pointerId),
      here = [event.clientX, event.clientY];
    if (!before || (!graph.moved && far(before, here) < 4)) return;
    graph.moved = true;
    const [other] = [...pointers]
      .filter(([id]) => id !== event.pointerId)
      .map(([, place]) => place);
    if (other)
      zoomGraph(far(here, other) / Math.max(1, far(before, other)), ...withinPicture(other));
    else panGraph(here[0] - before[0], here[1] - before[1]);
    pointers.set(event.pointerId, here);
  });
  for (const end of ["pointerup", "pointercancel"])
    window.addEventListener(end, event => pointers.delete(event.pointerId));
  picture.addEventListener(
    "wheel",
    event => {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey)
        zoomGraph(Math.exp(-event.deltaY / 200), ...withinPicture([event.clientX, event.clientY]));
      else panGraph(-event.deltaX, -event.deltaY);
    },
    { passive: false },
  );
  byId("zoom-in").onclick = () => zoomGraph(1.3);
  byId("zoom-out").onclick = () => zoomGraph(1 / 1.3);
  byId("fit").onclick = () => fitGraph();
  byId("fold").onclick = foldAll;
  byId("fold").hidden = !data.tensors.some(tensor => boxesAround(tensor).length);
  new ResizeObserver(([{ contentRect }]) => {
    // the first call only tells the size that is known
    const { width, height } = graph.window;
    if (contentRect.width === width && contentRect.height === height) return;
    graph.window = contentRect;
    fitGraph(graph.least);
    refresh();
  }).observe(picture);
}

const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

function withinPicture([x, y]) {
  const view = byId("picture").getBoundingClientRect();
  return [x - view.left, y - view.top];
}
