// Fits of one side to noisy labels, and students of them: the two-stage deterministic equivalent.
// Letters as on the notation page: κ the effective ridge, h = λ/(λ+κ), df1 = Σh, df2 = Σh².

"use strict";

const NEAR = 1e-10; // relative step of Newton's method after which the last digit is reached
const STEPS = 200; // of it at most

/** What a fit of effective ridge κ keeps: shares h, df1, df2, and what it leaves of f*. */
function filtered(side, κ) {
  const { values, counts, energies } = side;
  const h = new Float64Array(values.length);
  let [df1, df2, left, kept] = [0, 0, side.error, 0];
  for (let i = 0; i < h.length; i++) {
    h[i] = values[i] / (values[i] + κ);
    df1 += counts[i] * h[i];
    df2 += counts[i] * h[i] ** 2;
    left += (κ / (values[i] + κ)) ** 2 * energies[i];
    kept += h[i] ** 2 * energies[i];
  }
  return { κ, h, df1, df2, left, kept };
}

/** d, the rank: eigenvalues with their counts. */
function dimension(side) {
  return side.counts.reduce((sum, count) => sum + count, 0);
}

/**
 * The root κ of n = Σ λ_i/(λ_i+κ) + nλ/κ: with x = 1/κ the sum is concave and increasing in x, so
 * that Newton's method comes from below and never passes the root: from the last candidate below.
 */
function effectiveRidge(candidates, n, ridge) {
  const { side } = candidates;
  const { values, counts } = side;
  if (Number.isNaN(ridge)) return NaN;
  if (ridge === 0 && n >= dimension(side)) return 0;
  let total = n * ridge;
  for (let i = 0; i < values.length; i++) total += counts[i] * values[i];
  let x = Math.max(n / total, candidates.below(n, ridge));
  for (let step = 0; step < STEPS; step++) {
    let [value, slope] = [n * ridge * x, n * ridge];
    for (let i = 0; i < values.length; i++) {
      const shrunk = 1 / (1 + values[i] * x);
      value += counts[i] * values[i] * x * shrunk;
      slope += counts[i] * values[i] * shrunk ** 2;
    }
    const move = (n - value) / slope;
    x += move;
    if (Math.abs(move) <= NEAR * x) break;
  }
  return 1 / x;
}

/**
 * A fit on so many rows. `one` is 1 where an unpenalised intercept is fitted too: it leaves n − 1
 * centred rows, and its own error is τ²/n. `known`, where κ is given, is what it keeps.
 */
function fit(candidates, noise, rows, ridge, one, known = null) {
  const { side } = candidates;
  const free = rows - one;
  const n = Math.max(free, 1);
  const at = known || filtered(side, effectiveRidge(candidates, n, (rows * ridge) / n));
  const pole = ridge === 0 && free === dimension(side);
  const defined = free >= 1 && free > at.df2 && !pole;
  const inflation = defined ? 1 / (1 - at.df2 / n) : NaN;
  const misfit = (at.left + noise) * inflation; // τ², the test error with noise
  const meanError = one / rows;
  return {
    ...{ at, ridge, defined, inflation, meanError },
    scale: misfit / n, // the covariance of the coefficients is τ²/n · h² along white axes
    own: misfit * meanError,
    copied: inflation * (at.df2 / n + meanError), // what a finite sample copies of what it lacks
    bias: defined ? Math.max(at.left, 0) : NaN,
    variance: misfit * (at.df2 / n + meanError),
  };
}

/** Effective ridges of one side, among which the best is looked for: 0, and powers of ten. */
class Candidates {
  constructor(side, { decades: [low, high], count }) {
    const { values, counts } = side;
    let mean = 0;
    for (let i = 0; i < values.length; i++) mean += values[i] * counts[i];
    mean /= dimension(side);
    const power = (k) => mean * 10 ** (low + ((high - low) * k) / (count - 1));
    this.side = side;
    this.place = (κ) => 1 + ((Math.log10(κ / mean) - low) / (high - low)) * (count - 1);
    this.all = Array.from({ length: count + 1 }, (_, k) => filtered(side, k ? power(k - 1) : 0));
    for (const name of ["df1", "df2", "left"])
      this[name] = Float64Array.from(this.all, (at) => at[name]);
    this.df1[0] += 1; // ridgeless, one row more has no finite expectation
  }

  /** x = 1/κ of the last candidate at which Σ λ_i/(λ_i+κ) + nλ/κ does not reach n; 0: none. */
  below(n, ridge) {
    let [reached, not] = [0, this.all.length];
    while (not - reached > 1) {
      const k = (reached + not) >> 1;
      const { κ, df1 } = this.all[k];
      if (df1 + (n * ridge) / κ <= n) not = k;
      else reached = k;
    }
    return not < this.all.length ? 1 / this.all[not].κ : 0;
  }

  /** What a fit to so many rows learns of noise, (df2/n + 1/n)/(1 − df2/n); ∞ where no λ ≥ 0 leads. */
  learnt(rows, one) {
    const { df1, df2 } = this;
    const free = Math.max(rows - one, 0);
    const found = new Float64Array(df1.length);
    for (let k = 0; k < found.length; k++) {
      // (df2/n + 1/rows)/(1 − df2/n), over n
      found[k] = free > df1[k] ? (df2[k] + (one * free) / rows) / (free - df2[k]) : Infinity;
    }
    return found;
  }

  /** λ by which a fit to so many rows comes to a candidate. */
  ridge(rows, one, place) {
    const { κ, df1 } = this.all[place];
    return Math.max((κ * (rows - one - df1)) / rows, 0);
  }

  /** The fit of least risk to so many labels of this noise. */
  best(noise, rows, one) {
    const { df1, df2, left } = this;
    const free = Math.max(rows - one, 0);
    const own = (one * free) / rows;
    let place = -1;
    let least = Infinity;
    for (let k = 0; k < left.length; k++) {
      if (free <= df1[k]) continue; // no λ ≥ 0 leads there
      const risk = left[k] + ((left[k] + noise) * (df2[k] + own)) / (free - df2[k]);
      if (risk < least) {
        least = risk;
        place = k;
      }
    }
    if (place < 0) return fit(this, noise, rows, NaN, one);
    const ridge = this.ridge(rows, one, place);
    return { ...fit(this, noise, rows, ridge, one, this.all[place]), place };
  }
}

/** Sums over the student's directions, as products with its filters: Σ_a of a table's rows. */
function combined(table, weights) {
  const found = new Float64Array(table.length ? table[0].length : 0);
  for (let a = 0; a < table.length; a++) {
    for (let b = 0; b < found.length; b++) found[b] += weights[a] * table[a][b];
  }
  return found;
}

function products(table, vector) {
  return Float64Array.from(table, (row) => dot(row, vector));
}

function dot(left, right) {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += left[i] * right[i];
  return sum;
}

/** What students hear of a teacher that keeps shares h: of its mean, and of its spread. */
function told(relay, { h, df2, kept }) {
  const squared = h.map((share) => share ** 2);
  const q = products(relay.mean_filters, h);
  const pairs = [];
  for (let a = 0; a < q.length; a++) for (let b = a; b < q.length; b++) pairs.push(q[a] * q[b]);
  return {
    squares: combined(relay.squares, pairs),
    linear: combined(relay.linear, q),
    spreads: combined(relay.spreads, products(relay.spread_filters, squared)),
    totals: Float64Array.of(kept, df2), // Σh²e and Σh²
  };
}

/** The student's shares g and g², as products with its filters. */
function listening(relay, { h }) {
  const g = products(relay.student_filters, h);
  return {
    g,
    g2: products(
      relay.student_filters,
      h.map((share) => share ** 2),
    ),
  };
}

/**
 * What students of shares g make of their teacher, an array a part: bias Σs g² − 2Σℓ g + E f*²; per
 * unit of the teacher's spread the part Σv g² that they inherit; and the parts of mean and spread
 * that they lack, Σh²e − Σs(2g − g²) and Σh² − Σv(2g − g²).
 */
function heard({ squares, linear, spreads, totals }, students, energy) {
  const [bias, inherited, lackedMean, lackedSpread] = [0, 1, 2, 3].map(
    () => new Float64Array(students.length),
  );
  for (let k = 0; k < students.length; k++) {
    const { g, g2 } = students[k];
    const kept = dot(squares, g2);
    inherited[k] = dot(spreads, g2);
    bias[k] = kept - 2 * dot(linear, g) + energy;
    lackedMean[k] = totals[0] - 2 * dot(squares, g) + kept;
    lackedSpread[k] = totals[1] - 2 * dot(spreads, g) + inherited[k];
  }
  return { bias, inherited, lackedMean, lackedSpread };
}
