"use strict";

// Results are computed in float64 and rounded to float32 once, when they are stored; a test stores them in float64.
let Floats = Float32Array;

/** A matrix, row by row. */
class Matrix {
  constructor(rows, columns, numbers = new Floats(rows * columns)) {
    Object.assign(this, { rows, columns, numbers });
  }

  at(row, column) {
    return this.numbers[row * this.columns + column];
  }

  get T() {
    const transposed = new Matrix(this.columns, this.rows);
    for (let row = 0; row < this.rows; row++)
      for (let column = 0; column < this.columns; column++)
        transposed.numbers[column * this.rows + row] = this.at(row, column);
    return transposed;
  }

  /** The matrix times a number, for the first `columns` columns; the others stay as they are. */
  scaled(factor, columns = this.columns) {
    const numbers = this.numbers.map((value, k) => (k % this.columns < columns ? factor * value : value));
    return new Matrix(this.rows, this.columns, numbers);
  }
}

/** f of each entry of one or several vectors of the same length. */
function each(f, ...vectors) {
  return Floats.from(vectors[0], (_, k) => f(...vectors.map((vector) => vector[k])));
}

/** M v. */
function times(M, v) {
  const product = new Floats(M.rows);
  for (let row = 0; row < M.rows; row++) {
    let sum = 0;
    for (let column = 0; column < M.columns; column++) sum += M.numbers[row * M.columns + column] * v[column];
    product[row] = sum;
  }
  return product;
}

/** Mᵀ v. */
function timesT(M, v) {
  const sums = new Float64Array(M.columns);
  for (let row = 0; row < M.rows; row++)
    for (let column = 0; column < M.columns; column++) sums[column] += M.numbers[row * M.columns + column] * v[row];
  return Floats.from(sums);
}

/** Adds the outer product v wᵀ to a matrix. */
function addOuter(M, v, w) {
  for (let row = 0; row < M.rows; row++)
    for (let column = 0; column < M.columns; column++) M.numbers[row * M.columns + column] += v[row] * w[column];
}

/** [v; w], v above w. */
function stacked(v, w) {
  const both = new Floats(v.length + w.length);
  both.set(v);
  both.set(w, v.length);
  return both;
}

const zeros = (n) => new Floats(n);
const norm = (v) => Math.hypot(...v);
const sigmoid = (a) => 1 / (1 + Math.exp(-a));

/** The largest absolute eigenvalue ρ of a square matrix: the limit of the 2ᵏ-th root of the norm of its 2ᵏ-th power. */
function spectralRadius(matrix, squarings = 20) {
  const n = matrix.rows;
  let power = Float64Array.from(matrix.numbers);
  let logarithm = 0; // the power is e^logarithm times the matrix `power`, whose norm is 1
  for (let k = 0; k <= squarings; k++) {
    const size = Math.hypot(...power);
    if (size === 0) return 0;
    power = power.map((value) => value / size);
    logarithm += Math.log(size);
    if (k === squarings) break;
    const square = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        const entry = power[i * n + j];
        for (let m = 0; m < n; m++) square[i * n + m] += entry * power[j * n + m];
      }
    power = square;
    logarithm *= 2;
  }
  return Math.exp(logarithm / 2 ** squarings);
}
