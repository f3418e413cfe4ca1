// What money buys: the best sizes of every course within a budget, as w2slens.plan looks for them.

"use strict";

const FEWEST = 2; // labels of a fit: one row shows no spread
const FIRST = [16, 8]; // numbers of labels, and of pseudo-labels beside each, looked at first, then
const NEXT = [6, 4]; // about the best of them,
const ROUNDS = 5; // so often in all
const ROUNDING = 1e-12; // share of a budget that is rounding

const ENDS_WITH = {
  w2s: "w2s",
  posterior: "posterior",
  "strong-on-labels": "strong",
  "label-more": "strong",
  "weak-is-enough": "weak",
};
const POOLED = ["w2s", "posterior"]; // courses that use a pool

/** Whole sizes between two ends, evenly on a logarithmic scale. */
function sizesBetween(low, high, points) {
  if (high <= low) return [low];
  const start = Math.max(low, 1);
  const found = new Set([low]);
  for (let k = 0; k < points; k++)
    found.add(Math.round(start * (high / start) ** (k / (points - 1))));
  found.add(high);
  return [...found].sort((a, b) => a - b);
}

/** Prices, and the risks of what they buy. */
class Shop {
  constructor(asked, posterior, prices, largest) {
    this.asked = asked;
    this.posterior = posterior; // its risk at (n, N), where that is known
    this.prices = prices;
    this.largest = largest;
    this.pool = prices.pool ?? largest;
  }

  names() {
    const found = ["w2s", "strong-on-labels", "weak-is-enough"];
    if (this.posterior) found.splice(1, 0, "posterior");
    if (this.prices.owned) found.splice(-1, 0, "label-more");
    return found;
  }

  /** Price of n labels, owned ones free, N pseudo-labels and the models. */
  cost(name, n, N) {
    const { owned, cost_label, cost_pseudo, cost_weak, cost_strong } = this.prices;
    const rows = Math.max(n - owned, 0) * cost_label + N * cost_pseudo;
    if (POOLED.includes(name)) return rows + cost_weak + cost_strong;
    return rows + (name === "weak-is-enough" ? cost_weak : cost_strong);
  }

  risk(name, n, N) {
    const model = ENDS_WITH[name];
    const risk =
      model === "posterior" ? this.posterior(n, N) : this.asked.risk(model, n, Math.max(N, 1));
    return Number.isNaN(risk) ? Infinity : risk;
  }

  /** Least risk of a course within a budget; null where it cannot be. */
  within(name, budget) {
    let [low, high] = [FEWEST, this.most(name, budget)];
    if (this.moreLabelsAreBetter(name)) low = Math.max(low, high);
    let pools = POOLED.includes(name) ? [1, this.pool] : [0, 0];
    let best = null;
    for (let round = 0; round < ROUNDS && low <= high; round++) {
      const found = this.among(
        name,
        budget,
        sizesBetween(low, high, (round ? NEXT : FIRST)[0]),
        pools,
        round,
      );
      if (!found) break;
      if (!best || found.course.risk < best.risk) best = found.course;
      [low, high, pools] = [found.low, found.high, found.pools];
    }
    return best;
  }

  /** The best of some numbers of labels, each with pools up to what the rest of the budget buys. */
  among(name, budget, labels, [fewest, most], round) {
    let best = null;
    for (let i = 0; i < labels.length; i++) {
      const n = labels[i];
      const edge = Math.min(Math.max(this.left(name, n, budget), fewest), Math.max(most, fewest));
      const choices = this.moreIsBetter(name)
        ? [edge]
        : sizesBetween(fewest, edge, (round ? NEXT : FIRST)[1]);
      for (let j = 0; j < choices.length; j++) {
        const cost = this.cost(name, n, choices[j]);
        if (cost > budget * (1 + ROUNDING)) continue;
        const risk = this.risk(name, n, choices[j]);
        if (!Number.isFinite(risk) || (best && risk >= best.course.risk)) continue;
        const beside = [
          choices[Math.max(j - 1, 0)],
          j + 1 < choices.length ? choices[j + 1] : this.pool,
        ];
        best = { course: { name, n, N: choices[j], cost, risk }, i, pools: beside };
      }
    }
    if (!best) return null;
    const [low, high] = [
      labels[Math.max(best.i - 1, 0)],
      labels[Math.min(best.i + 1, labels.length - 1)],
    ];
    if (this.moreIsBetter(name)) return { course: best.course, low, high, pools: [fewest, most] };
    const [less, more] = best.pools; // what the neighbouring n leave is to be reached, too
    return {
      course: best.course,
      low,
      high,
      pools: [Math.max(Math.min(less, this.left(name, high, budget)), fewest), more],
    };
  }

  /** Whether more pseudo-labels never raise the risk: a student at its best ridge only gains. */
  moreIsBetter(name) {
    return !POOLED.includes(name) || (name === "w2s" && this.asked.ridge_strong === "auto");
  }

  /** Whether more labels never raise the risk: nor do they, where the model has no pool to pay for. */
  moreLabelsAreBetter(name) {
    const ridge = name === "weak-is-enough" ? "ridge_weak" : "ridge_strong";
    return !POOLED.includes(name) && this.asked[ridge] === "auto";
  }

  /** Most labels that a course may use: owned ones may be left unused. */
  most(name, budget) {
    const { owned, cost_label } = this.prices;
    if (name === "strong-on-labels" && owned) return owned;
    if (cost_label === 0) return this.largest;
    const left = budget - this.cost(name, owned, 0);
    return owned + Math.min(Math.trunc((left * (1 + ROUNDING)) / cost_label), this.largest);
  }

  /** Most pseudo-labels beside n labels. */
  left(name, n, budget) {
    if (!POOLED.includes(name)) return 0;
    const { cost_pseudo } = this.prices;
    if (cost_pseudo === 0) return this.pool;
    const left = Math.max(budget - this.cost(name, n, 0), 0) * (1 + ROUNDING);
    return Math.trunc(Math.min(left / cost_pseudo, this.pool));
  }

  /** Every course at its best within a budget, by name; null where it cannot be. */
  courses(budget) {
    const found = {};
    for (const name of this.names()) {
      const course = this.within(name, budget);
      const useful = course && (name !== "label-more" || course.n > this.prices.owned);
      found[name] = useful ? course : null;
    }
    return found;
  }
}

/**
 * Risks between a table's (n, N), as scipy's PchipInterpolator has them along logarithms: first
 * between numbers of labels, then between pools.
 */
class BetweenSizes {
  constructor({ sizes, risks }) {
    this.sizes = sizes;
    this.x = sizes.map(Math.log);
    const logs = risks.map((row) => row.map((risk) => Math.log(Math.max(risk, 1e-300))));
    this.columns = sizes.map(
      (_, j) =>
        new Monotone(
          this.x,
          logs.map((row) => row[j]),
        ),
    );
    this.rows = new Map();
  }

  at(n, N) {
    const [least, most] = [this.sizes[0], this.sizes[this.sizes.length - 1]];
    const within = (size) => Math.log(Math.min(Math.max(size, least), most));
    if (!this.rows.has(n)) {
      this.rows.set(
        n,
        new Monotone(
          this.x,
          this.columns.map((column) => column.at(within(n))),
        ),
      );
    }
    return Math.exp(this.rows.get(n).at(within(N)));
  }
}

/** A cubic between points that does not overshoot them (Fritsch and Butland). */
class Monotone {
  constructor(x, y) {
    const h = x.slice(1).map((next, k) => next - x[k]);
    const slopes = h.map((width, k) => (y[k + 1] - y[k]) / width);
    const inner = slopes.slice(1).map((right, k) => {
      const left = slopes[k];
      if (left * right <= 0) return 0;
      const [w1, w2] = [2 * h[k + 1] + h[k], h[k + 1] + 2 * h[k]];
      return (w1 + w2) / (w1 / left + w2 / right);
    });
    const last = h.length - 1;
    const first = endSlope(h[0], h[1], slopes[0], slopes[1]);
    this.d = [first, ...inner, endSlope(h[last], h[last - 1], slopes[last], slopes[last - 1])];
    Object.assign(this, { x, y, h, slopes });
  }

  at(value) {
    const { x, y, h, d, slopes } = this;
    let k = 0;
    while (k < h.length - 1 && value >= x[k + 1]) k++;
    const s = value - x[k];
    const c2 = (3 * slopes[k] - 2 * d[k] - d[k + 1]) / h[k];
    const c3 = (d[k] + d[k + 1] - 2 * slopes[k]) / h[k] ** 2;
    return y[k] + s * (d[k] + s * (c2 + s * c3));
  }
}

/** Slope at an end, of a parabola through three points, kept from overshooting. */
function endSlope(h0, h1, slope0, slope1) {
  const found = ((2 * h0 + h1) * slope0 - h0 * slope1) / (h0 + h1);
  if (Math.sign(found) !== Math.sign(slope0)) return 0;
  if (Math.sign(slope0) !== Math.sign(slope1) && Math.abs(found) > 3 * Math.abs(slope0))
    return 3 * slope0;
  return found;
}
