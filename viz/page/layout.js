// Where the nodes of a graph stand: ranks from top to bottom, modules as boxes that are laid out by
// themselves and then stand in the graph around them as one large node.
//
// A group is {id, items}, an item a node {id, width, height} or again a group. Positions are
// written into them: x, y (of the upper left corner), and for groups width and height. An edge
// [from, to] gets its points, from the lower edge of one node to the upper edge of the other.

const GAP = 14,
  RANK_GAP = 26,
  PORT_GAP = 14,
  PADDING = 8,
  TITLE = 14,
  FAR = 30;

function layOut(top, edges) {
  const parents = new Map();
  const enter = group =>
    group.items.forEach(item => {
      parents.set(item.id, group);
      if (item.items) enter(item);
    });
  enter(top);
  arrange(top, edges, parents);
  setPlaces(top, 0, 0);
  return edges.map(edge => pathOf(edge, top, parents));
}

// The groups around an item, from the top down, and the item itself.
function ancestry(id, parents) {
  const group = parents.get(id);
  return group ? [...ancestry(group.id, parents), id] : [];
}

// Lay out a group after those within it. A vertex is an item, a port or a bend of a long edge.
function arrange(group, edges, parents) {
  group.items.forEach(item => item.items && arrange(item, edges, parents));
  const inside = new Map(
    group.items.map(item => [
      item.id,
      { item, id: item.id, width: item.width, height: item.height, above: [], below: [] },
    ]),
  );
  const own = id => ancestry(id, parents).find(a => inside.has(a));
  const links = new Map(); // between vertices, each once
  for (const [from, to] of edges) {
    const [a, b] = [own(from), own(to)];
    if (a === b) continue;
    const source = a ?? port(inside, `in ${from}`),
      target = b ?? port(inside, `out ${from}`);
    links.set(`${source} ${target}`, [inside.get(source), inside.get(target)]);
  }
  for (const [a, b] of links.values()) {
    a.below.push(b);
    b.above.push(a);
  }
  const ranks = bendLongEdges(rankAll([...inside.values()]), group);
  orderRanks(ranks);
  setColumns(ranks);
  setRows(ranks, group);
}

// What comes into a group, or leaves it, has a place of its own at its upper or lower edge.
function port(inside, id) {
  if (!inside.has(id))
    inside.set(id, { id, port: id.split(" ")[0], width: 10, height: 0, above: [], below: [] });
  return id;
}

// Ranks by the longest way down: everything stands just above its first user.
function rankAll(vertices) {
  const waiting = new Map(vertices.map(v => [v, v.below.length]));
  const order = vertices.filter(v => !v.below.length);
  for (const v of order) {
    v.rank = Math.min(1, ...v.below.map(b => b.rank)) - 1;
    for (const a of v.above) {
      waiting.set(a, waiting.get(a) - 1);
      if (waiting.get(a) === 0) order.push(a);
    }
  }
  const highest = Math.min(...vertices.map(v => v.rank));
  const last =
    -highest + (vertices.some(v => v.port === "out" && v.above.some(a => a.rank === 0)) ? 1 : 0);
  for (const v of vertices)
    v.rank = v.port === "in" ? 0 : v.port === "out" ? last : v.rank - highest;
  return vertices;
}

// A bend in each rank that an edge passes; the edges of one vertex share their bends.
function bendLongEdges(vertices, group) {
  group.bends = new Map();
  group.vertices = new Map(vertices.map(v => [v.id, v]));
  const ranks = Array.from({ length: Math.max(...vertices.map(v => v.rank)) + 1 }, () => []);
  for (const v of inOperandOrder(vertices)) ranks[v.rank].push(v);
  for (const a of vertices) {
    const chain = [];
    for (const b of [...a.below].sort((p, q) => p.rank - q.rank)) {
      if (b.rank < a.rank + 2) continue;
      while (chain.length < b.rank - a.rank - 1) {
        const before = chain.at(-1) ?? a,
          rank = a.rank + 1 + chain.length;
        const bend = { bend: true, rank, width: 6, height: 0, above: [before], below: [] };
        before.below.push(bend);
        ranks[rank].push(bend);
        chain.push(bend);
      }
      const last = chain.at(b.rank - a.rank - 2);
      a.below.splice(a.below.indexOf(b), 1);
      b.above.splice(b.above.indexOf(a), 1, last);
      last.below.push(b);
      group.bends.set(`${a.id} ${b.id}`, { chain, count: b.rank - a.rank - 1 });
    }
  }
  return ranks;
}

// Vertices such that those which go into one stand in the order of its operands.
function inOperandOrder(vertices) {
  const found = new Set(),
    waiting = vertices
      .filter(v => !v.below.length)
      .reverse()
      .map(v => [v, 0]);
  while (waiting.length) {
    const top = waiting.at(-1),
      next = top[0].above[top[1]++];
    if (next === undefined) found.add(waiting.pop()[0]);
    else if (!found.has(next) && !waiting.some(([v]) => v === next)) waiting.push([next, 0]);
  }
  return found;
}

// Few crossings: vertices are sorted by the middle of their neighbours, downwards and upwards.
function orderRanks(ranks) {
  const index = () =>
    ranks.forEach(rank =>
      rank.forEach((v, i) => {
        v.index = (i + 0.5) / rank.length;
      }),
    );
  const middle = (v, side) =>
    v[side].length ? v[side].reduce((sum, u) => sum + u.index, 0) / v[side].length : v.index;
  index();
  for (let sweep = 0; sweep < 8; sweep++) {
    const side = sweep % 2 ? "below" : "above";
    for (const rank of side === "above" ? ranks : [...ranks].reverse()) {
      const wished = new Map(rank.map(v => [v, middle(v, side)]));
      rank.sort((a, b) => wished.get(a) - wished.get(b));
      rank.forEach((v, i) => {
        v.index = (i + 0.5) / rank.length;
      });
    }
  }
}

// Columns: each vertex as near to the middle of its neighbours as its rank allows.
function setColumns(ranks) {
  for (const rank of ranks) {
    let x = 0;
    for (const v of rank) {
      v.center = x + v.width / 2;
      x += v.width + GAP;
    }
    for (const v of rank) v.center -= x / 2;
  }
  const inLine = v => !v.item || v.above.length > 0; // the way from input to loss is straight
  const weight = (v, u) => (inLine(v) && inLine(u) ? 8 : 1);
  for (let sweep = 0; sweep < 14; sweep++) {
    const side = sweep % 2 ? ["below"] : ["above"];
    const both = sweep > 9 ? ["above", "below"] : side;
    for (const rank of sweep % 2 ? [...ranks].reverse() : ranks) {
      const wishes = rank.map(v => {
        const near = both.flatMap(s => v[s].map(u => [u.center, weight(v, u)]));
        const sum = near.reduce((n, [, w]) => n + w, 0);
        return sum ? [near.reduce((n, [x, w]) => n + x * w, 0) / sum, sum] : [v.center, 0.1];
      });
      spread(rank, wishes);
    }
  }
}

// The places nearest to those wished for that keep order and distance: neighbours that would
// overlap are drawn together into blocks (isotonic regression).
function spread(rank, wishes) {
  let offset = 0;
  const offsets = rank.map((v, i) => {
    if (i) offset += (rank[i - 1].width + v.width) / 2 + GAP;
    return offset;
  });
  const blocks = [];
  wishes.forEach(([x, weight], i) => {
    let block = { sum: (x - offsets[i]) * weight, weight, count: 1 };
    while (blocks.length && blocks.at(-1).sum / blocks.at(-1).weight > block.sum / block.weight) {
      const before = blocks.pop();
      block = {
        sum: before.sum + block.sum,
        weight: before.weight + block.weight,
        count: before.count + block.count,
      };
    }
    blocks.push(block);
  });
  let i = 0;
  for (const block of blocks)
    for (let k = 0; k < block.count; k++, i++)
      rank[i].center = block.sum / block.weight + offsets[i];
}

function setRows(ranks, group) {
  const all = ranks.flat(),
    head = group.title ? TITLE : 0,
    padding = group.title ? PADDING : 0;
  const left = Math.min(...all.map(v => v.center - v.width / 2));
  const right = Math.max(...all.map(v => v.center + v.width / 2));
  let y = head + padding;
  ranks.forEach((rank, i) => {
    const height = Math.max(...rank.map(v => v.height));
    const ports = rank.every(v => v.port);
    for (const v of rank) {
      v.left = v.center - left + padding - v.width / 2;
      const isLeaf = !v.above.length && !v.port; // which stands near what uses it
      if (v.port || v.bend) v.height = height; // straight down, between its neighbours
      v.top = y + (height - v.height) / (isLeaf ? 1 : 2);
    }
    y +=
      height +
      (i === ranks.length - 1 ? 0 : ports || ranks[i + 1].every(v => v.port) ? PORT_GAP : RANK_GAP);
  });
  group.width = Math.max(right - left + 2 * padding, group.titleWidth ?? 0);
  group.height = y + padding;
}

// From places within each group to places in the picture.
function setPlaces(group, x, y) {
  group.x = x;
  group.y = y;
  for (const item of group.items) {
    const v = group.vertices.get(item.id);
    item.x = x + v.left;
    item.y = y + v.top;
    if (item.items) setPlaces(item, item.x, item.y);
  }
}

// The points of an edge: out of the groups around its source, into those around its target.
function pathOf([from, to], top, parents) {
  const up = ancestry(from, parents),
    down = ancestry(to, parents);
  let shared = 0;
  while (up[shared] === down[shared]) shared++;
  const middle = up.length > shared ? parents.get(up[shared]) : top;
  const groupsUp = up
    .slice(shared, -1)
    .reverse()
    .map(id => parents.get(up[up.indexOf(id) + 1]));
  const groupsDown = down.slice(shared, -1).map(id => parents.get(down[down.indexOf(id) + 1]));
  const points = [];
  for (const group of groupsUp)
    points.push(...along(group, up[up.indexOf(group.id) + 1], `out ${from}`));
  points.push(...along(middle, up[shared], down[shared]));
  for (const group of groupsDown)
    points.push(...along(group, `in ${from}`, down[down.indexOf(group.id) + 1]));
  return points;
}

// The bends between two vertices of a group, and the ports at either end.
function along(group, a, b) {
  const at = id => group.vertices.get(id),
    points = v =>
      [v.top, v.top + v.height].map(y => [group.x + v.left + v.width / 2, group.y + y]);
  const [first, last] = [at(a), at(b)];
  const { chain, count } = group.bends.get(`${a} ${b}`) ?? { chain: [], count: 0 };
  const bends = count > FAR ? [chain[0], chain[count - 1]] : chain.slice(0, count);
  return [...(first.port ? [first] : []), ...bends, ...(last.port ? [last] : [])].flatMap(points);
}
