// What is made once at the candidates κ, and interpolated between them.

"use strict";

const WIDE = 32; // directions from which interpolating is quicker
const STENCIL = 6; // candidates between which is interpolated: the error is of the order 1e-11

/**
 * Arrays that depend on κ alone, smoothly in log κ: of wide features they are made at candidates,
 * each once, and interpolated between them by polynomials.
 */
class Recalled {
  constructor(candidates, make) {
    Object.assign(this, { candidates, make });
    this.known = new Map();
  }

  /** The arrays of a fit, by what it keeps. */
  at(kept) {
    const { side, all, place } = this.candidates;
    const u = place(kept.κ);
    const first = Math.floor(u) - STENCIL / 2 + 1;
    const inside = first >= 1 && first + STENCIL <= all.length;
    if (side.values.length < WIDE || !inside) return this.make(kept);
    const found = {};
    for (let i = 0; i < STENCIL; i++) {
      const weight = lagrange(u - first, i);
      for (const [name, part] of Object.entries(this.candidate(first + i))) {
        found[name] ??= new Float64Array(part.length);
        const sum = found[name];
        for (let k = 0; k < sum.length; k++) sum[k] += weight * part[k];
      }
    }
    return found;
  }

  /** The arrays of a candidate. */
  candidate(place) {
    if (!this.known.has(place)) this.known.set(place, this.make(this.candidates.all[place]));
    return this.known.get(place);
  }
}

/** Weight at u of the i-th of equal steps from 0. */
function lagrange(u, i) {
  let weight = 1;
  for (let j = 0; j < STENCIL; j++) if (j !== i) weight *= (u - j) / (i - j);
  return weight;
}
