// The graph: a card for each tensor with the op that made it, lines between them, modules as boxes.

const SVG = "http://www.w3.org/2000/svg";
const CROWD = 150;  // cards; beyond, they have no small pictures
const READABLE = 0.7;  // a graph that would be drawn smaller is shown in part

function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const graph = {
  cards: new Map(),  // by the id of a tensor, or "s" and the number of a folded module
  lines: [],  // of the picture: {from, to, path}
  folded: new Set(),  // numbers of modules
  window: { width: 500, height: 500 },  // what is seen of it
  scale: 1, x: 0, y: 0,
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
  const top = { id: "top", items: [] }, groups = new Map();
  const within = (path, depth) => {
    if (depth < 0) return top;
    const scope = path[depth];
    if (!groups.has(scope)) {
      const title = data.scopes[scope];
      groups.set(scope, { id: `g${scope}`, scope, title, titleWidth: title.length * 6.6 + 40, items: [] });
      within(path, depth - 1).items.push(groups.get(scope));
    }
    return groups.get(scope);
  };
  for (const tensor of data.tensors) {
    const id = shownAs(tensor.id), path = boxesAround(tensor), depth = path.findIndex(s => graph.folded.has(s));
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
  byId("nodes").replaceChildren(...[...graph.cards.values()].map(card => (card.node = cardOf(card.item))));
  const ends = endsOf(edges);
  graph.lines = edges.map(([from, to], i) => ({ from, to, path: svg("path", { class: "edge", d: curve(edges[i], ends[i], paths[i]) }) }));
  byId("edges").replaceChildren(...graph.lines.map(line => line.path));
}

const fullText = tensor => tensor.op ? `${tensor.name} = ${tensor.op}` : tensor.name;
const clipped = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function cardSize(tensor) {
  const name = clipped(tensor.name, 16), op = clipped(tensor.op ?? "", 22);
  const width = Math.max(92, 7.6 * name.length + 6.4 * op.length + 30);
  return { width, height: tensor.grad ? 58 : 40, name, op };
}

const moduleSize = title => ({ width: Math.max(110, 7 * title.length + 30), height: 40 });

function boxOf(group) {
  const box = svg("g", { class: "box", "data-scope": group.scope },
    svg("rect", { x: group.x, y: group.y, width: group.width, height: group.height, rx: 9 }),
    svg("text", { x: group.x + 9, y: group.y + 15 }, `▾ ${group.title}`));
  box.lastChild.addEventListener("click", () => foldModule(group.scope));
  return box;
}

function cardOf(item) {
  const { x, y, width, height, tensor } = item;
  const kind = tensor?.kind ?? "module";
  const node = svg("g", { class: `node ${kind}`, id: item.id, transform: `translate(${x} ${y})`, tabindex: data.tensors.length > CROWD ? -1 : 0, role: "button" });
  node.append(svg("rect", { class: "plate", width, height, rx: { parameter: 3, data: 3, module: 9 }[kind] ?? 9 }));
  if (kind === "root") node.append(svg("rect", { class: "rim", x: 3, y: 3, width: width - 6, height: height - 6, rx: 6 }));
  const add = (className, x, y, text, anchor = "start") => {
    const made = svg("text", { class: className, x, y, "text-anchor": anchor }, text);
    node.append(made);
    return made;
  };
  if (!tensor) {
    add("name", 9, 16, `▸ ${clipped(data.scopes[item.scope], 30)}`);
    const inside = data.tensors.filter(t => t.scopes.includes(item.scope));
    const ops = inside.filter(t => t.op).length;
    add("soft", 9, 32, `${ops} op${ops === 1 ? "" : "s"}`);
    node.setAttribute("aria-label", `${data.scopes[item.scope]}, folded`);
  } else {
    add("name", 9, 16, item.name);
    add("op", width - 9, 16, item.op, "end");
    item.value = add("value", 9, 33, "");
    if (tensor.grad) item.gradient = add("gradient", 9, 50, "");
    node.setAttribute("aria-label", `${fullText(tensor)}, ${shapeText(tensor.shape)}`);
    const title = svg("title", {}, `${fullText(tensor)} ${shapeText(tensor.shape)}`);
    node.append(title);
  }
  item.badge = svg("text", { class: "badge", x: width, y: -3, "text-anchor": "end" });
  node.append(item.badge);
  const choose = () => (tensor ? goTo(tensor.id) : foldModule(item.scope));
  node.addEventListener("click", () => graph.moved || choose());
  node.addEventListener("keydown", event => {
    if (event.key === "Enter") choose();
  });
  return node;
}

// Where edges begin and end: side by side at the edge of a card, in the order of their other ends.
function endsOf(edges) {
  const centre = id => graph.cards.get(id).item.x + graph.cards.get(id).item.width / 2;
  const ends = edges.map(() => []);
  for (const side of [0, 1]) {
    const at = new Map();
    edges.forEach((edge, i) => at.set(edge[side], at.get(edge[side]) ?? []).get(edge[side]).push(i));
    for (const [id, all] of at) {
      const room = Math.min(22, (graph.cards.get(id).item.width - 24) / all.length);
      all.sort((i, j) => centre(edges[i][1 - side]) - centre(edges[j][1 - side]));
      all.forEach((i, k) => { ends[i][side] = centre(id) + (k - (all.length - 1) / 2) * room; });
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
    const [[x0, y0], [x1, y1]] = [way[i - 1], way[i]], bend = Math.max(10, (y1 - y0) / 2);
    d += `C${x0} ${y0 + bend} ${x1} ${y1 - bend} ${x1} ${y1}`;
  }
  return d;
}

// -- what the cards say -------------------------------------------------------------------------

// The few numbers of a small array, else its shape with a small picture.
function fillLine(card, text, key, array, label) {
  const { width, height } = card.item;
  const y = Number(text.getAttribute("y"));
  card[key]?.remove();
  card[key] = null;
  if (!array) {
    text.textContent = label;
    return;
  }
  if (array.data.length && array.data.length <= 3 && !array.cut) {
    const numbers = Array.from(array.data, x => (array.dtype === "bool" ? (x ? "True" : "False") : numberText(x)));
    text.textContent = `${label}${array.shape.length ? `[${numbers.join(", ")}]` : numbers[0]}`;
    if (text.textContent.length * 6.6 < width - 14) return;
  }
  text.textContent = key === "valueMap" ? shapeText(array.shape) : label.trim();
  if (data.tensors.length > CROWD) return;
  const canvas = document.createElement("canvas"), { shownRows, shownColumns } = tableOf(array);
  heatMap(array, canvas, 40);
  const left = 9 + 6.4 * text.textContent.length + 6, wide = Math.min(width - 9 - left, Math.max(5, shownColumns * 4), 44);
  const high = Math.min(13, Math.max(4, shownRows * 4));
  if (wide < 4) return;
  card[key] = svg("image", { href: canvas.toDataURL(), x: width - 9 - wide, y: y - 4 - high / 2, width: wide, height: high, preserveAspectRatio: "none" });
  card.node.append(card[key]);
}

// What each card shows and how it looks. `look(tensor)` gives {state, value, gradient, badge}.
function showOnGraph(look, moving, phase) {
  byId("picture").setAttribute("class", phase);
  const states = new Map();
  for (const [id, card] of graph.cards) {
    const { tensor } = card.item;
    const found = tensor ? look(tensor) : moduleLook(card.item.scope, look);
    states.set(id, found.state);
    if (card.state !== found.state) {
      card.node.classList.remove(...STATES);
      if (found.state) card.node.classList.add(found.state);
      card.state = found.state;
    }
    card.item.badge.textContent = found.badge ?? "";
    if (!tensor) continue;
    if (card.shown !== found.value) fillLine(card, card.item.value, "valueMap", found.value, found.value ? "" : shapeText(tensor.shape));
    if (card.item.gradient && card.shownGradient !== found.gradient)
      fillLine(card, card.item.gradient, "gradientMap", found.gradient, found.gradient ? `d${clipped(tensor.name, 9)} ` : "");
    card.shown = found.value;
    card.shownGradient = found.gradient;
  }
  const now = new Set(moving.map(([from, to]) => `${shownAs(from)} ${shownAs(to)}`));
  const sparks = [];
  for (const line of graph.lines) {
    const moves = now.has(`${line.from} ${line.to}`);
    const name = `edge${moves ? " moving" : ""}${isDone(line, states, phase) ? " done" : ""}`;
    if (line.name !== name) line.path.setAttribute("class", name);
    line.name = name;
    if (moves) {
      line.path.parentNode.append(line.path);
      sparks.push(sparkOn(line.path.getAttribute("d"), phase));
    }
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

function isDone(line, states, phase) {
  const [from, to] = [states.get(line.from), states.get(line.to)];
  return phase === "backward" ? to === "done" : phase === "forward" ? to === "done" : false;
}

// A dot that runs along a line, backwards in the backward pass.
function sparkOn(d, phase) {
  const back = phase === "backward";
  return svg("circle", { r: 5, class: "spark" }, svg("animateMotion", {
    path: d, dur: "1.3s", repeatCount: "indefinite", calcMode: "linear", keyPoints: back ? "1;0" : "0;1", keyTimes: "0;1",
  }));
}

// -- modules that fold --------------------------------------------------------------------------

function foldModule(scope) {
  if (!graph.folded.delete(scope)) graph.folded.add(scope);
  redrawGraph();
}

// Fold all outermost modules, or unfold all.
function foldAll() {
  if (graph.folded.size) graph.folded.clear();
  else for (const tensor of data.tensors) boxesAround(tensor).slice(0, 1).forEach(s => graph.folded.add(s));
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
  const { width, height } = graph.window, left = (-200 - graph.x) / graph.scale, top = (-200 - graph.y) / graph.scale;
  const right = (width + 200 - graph.x) / graph.scale, bottom = (height + 200 - graph.y) / graph.scale;
  const show = (thing, node, near) => {
    if (thing.near !== near) node.style.display = near ? "" : "none";
    thing.near = near;
  };
  for (const card of graph.cards.values()) {
    const { x, y, width, height } = card.item;
    show(card, card.node, x + width >= left && x <= right && y + height >= top && y <= bottom);
  }
  for (const line of graph.lines) show(line, line.path, graph.cards.get(line.from).near || graph.cards.get(line.to).near);
}

function fitGraph(least = 0) {
  const { width, height } = graph.window;
  graph.scale = Math.max(least, Math.min((width - 24) / graph.width, (height - 24) / graph.height, 1.25));
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

// Bring a card into view, if it is not.
function followCard(id) {
  const card = graph.cards.get(shownAs(id));
  if (!card) return;
  const view = graph.window, { x, y, width, height } = card.item;
  const left = graph.x + x * graph.scale, top = graph.y + y * graph.scale;
  const right = left + width * graph.scale, bottom = top + height * graph.scale;
  const all = graph.y >= 0 && graph.x >= 0 && graph.x + graph.width * graph.scale <= view.width && graph.y + graph.height * graph.scale <= view.height;
  const margin = all ? 0 : Math.min(60, view.height / 5);
  if (left >= 8 && right <= view.width - 8 && top >= margin && bottom <= view.height - margin) return;
  graph.x += view.width / 2 - (left + right) / 2;
  graph.y += view.height / 2 - (top + bottom) / 2;
  moveGraph();
}

function listenToGraph() {
  const picture = byId("picture"), pointers = new Map();
  picture.addEventListener("pointerdown", event => {
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    graph.moved = false;
  });
  window.addEventListener("pointermove", event => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY], [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    if (!graph.moved && Math.hypot(dx, dy) < 4) return;
    graph.moved = true;
    const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, p]) => p);
    if (others.length) {  // two fingers
      const view = byId("picture").getBoundingClientRect(), far = p => Math.hypot(p[0] - others[0][0], p[1] - others[0][1]);
      zoomGraph(far(now) / Math.max(1, far(before)), others[0][0] - view.left, others[0][1] - view.top);
    } else {
      graph.x += dx;
      graph.y += dy;
      moveGraph();
    }
    pointers.set(event.pointerId, now);
  });
  const release = event => pointers.delete(event.pointerId);
  window.addEventListener("pointerup", release);
  window.addEventListener("pointercancel", release);
  byId("picture").addEventListener("wheel", event => {
    event.preventDefault();
    const view = byId("picture").getBoundingClientRect();
    if (event.ctrlKey || event.metaKey) zoomGraph(Math.exp(-event.deltaY / 200), event.clientX - view.left, event.clientY - view.top);
    else {
      graph.x -= event.deltaX;
      graph.y -= event.deltaY;
      moveGraph();
    }
  }, { passive: false });
  byId("zoom-in").onclick = () => zoomGraph(1.3);
  byId("zoom-out").onclick = () => zoomGraph(1 / 1.3);
  byId("fit").onclick = () => fitGraph();
  byId("fold").onclick = foldAll;
  byId("fold").hidden = !data.scopes.length;
  new ResizeObserver(([entry]) => {
    graph.window = entry.contentRect;
    fitGraph(READABLE);
    followCard(data.steps[now.step].node);
  }).observe(byId("picture"));
}
