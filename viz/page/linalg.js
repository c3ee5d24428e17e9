// Linear equations and determinants of small matrices, by elimination.

// Eliminate below the diagonal of [a | b], rows of numbers, swapping rows for the largest pivot.
// Gives the determinant of a.
function eliminate(rows, n) {
  let det = 1;
  for (let d = 0; d < n; d++) {
    let best = d;
    for (let i = d + 1; i < n; i++) if (Math.abs(rows[i][d]) > Math.abs(rows[best][d])) best = i;
    if (best !== d) {
      [rows[d], rows[best]] = [rows[best], rows[d]];
      det = -det;
    }
    det *= rows[d][d];
    for (let i = d + 1; i < n; i++) {
      const times = rows[i][d] / rows[d][d];
      if (times) for (let j = d; j < rows[i].length; j++) rows[i][j] -= times * rows[d][j];
    }
  }
  return det;
}

// The x with a @ x = b, in rows.
function solveRows(a, b) {
  const n = a.length,
    rows = a.map((row, i) => [...row, ...b[i]]);
  if (eliminate(rows, n) === 0) throw new Error("the matrix is singular");
  const x = rows.map(row => row.slice(n));
  for (let i = n - 1; i >= 0; i--)
    for (let j = 0; j < b[0].length; j++) {
      for (let k = i + 1; k < n; k++) x[i][j] -= rows[i][k] * x[k][j];
      x[i][j] /= rows[i][i];
    }
  return x;
}

function choleskyRows(a) {
  const l = a.map(row => row.map(() => 0));
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j <= i; j++) {
      let rest = a[i][j];
      for (let k = 0; k < j; k++) rest -= l[i][k] * l[j][k];
      l[i][j] = i === j ? Math.sqrt(rest) : rest / l[j][j];
    }
  return l;
}

// The matrices of a stack as lists of rows.
function matricesOf(x) {
  const [n, m] = x.shape.slice(-2);
  return Array.from({ length: sizeOf(x.shape.slice(0, -2)) }, (_, s) =>
    Array.from({ length: n }, (_, i) =>
      Array.from(x.data.slice((s * n + i) * m, (s * n + i + 1) * m)),
    ),
  );
}

// f(rows) for each matrix of a stack, in a stack of the shape that shapeOf gives.
const ofEach = (f, shapeOf) => x =>
  makeArray(shapeOf(x.shape), floating(x.dtype), matricesOf(x).map(f).flat(2));
const determinant = rows => eliminate(rows, rows.length);
const cofactorRows = rows =>
  rows.map((row, i) =>
    row.map((_, j) => {
      const rest = rows.filter((_, k) => k !== i).map(one => one.filter((_, k) => k !== j));
      return (-1) ** (i + j) * determinant(rest);
    }),
  );
const unitRows = n =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => +(i === j)));

function solve(a, b) {
  if (b.shape.length === 1) return squeeze(solve(a, expandDims(b, 1)), -1);
  const stacks = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)),
    shape = [...stacks, ...b.shape.slice(-2)];
  const left = matricesOf(broadcastTo(a, [...stacks, ...a.shape.slice(-2)])),
    right = matricesOf(broadcastTo(b, shape));
  return makeArray(
    shape,
    floating(promote(a, b)),
    left.map((rows, i) => solveRows(rows, right[i])).flat(2),
  );
}

Object.assign(FUNCTIONS, {
  "linalg.solve": solve,
  "linalg.inv": ofEach(
    rows => solveRows(rows, unitRows(rows.length)),
    shape => shape,
  ),
  "linalg.det": ofEach(determinant, shape => shape.slice(0, -2)),
  cofactors: ofEach(cofactorRows, shape => shape),
  "linalg.cholesky": ofEach(choleskyRows, shape => shape),
  logabsdet: ofEach(
    rows => Math.log(Math.abs(determinant(rows))),
    shape => shape.slice(0, -2),
  ),
});
