// Populations: a teacher–student pair in the numbers that its risks depend on.
//
// A side has eigenvalues λ_i, each `counts` times, energies e_i of f* along them, and the error that
// it cannot express. `relay` says what a student hears of its teacher; its tables are those of
// w2slens.theory.outline, where their meaning stands.

"use strict";

/** Read a population that the library outlined. */
function outlined(found) {
  const side = ({ values, energies, error }) => {
    const λ = numbers(values);
    return {
      values: λ,
      counts: new Float64Array(λ.length).fill(1),
      energies: numbers(energies),
      error,
    };
  };
  const relay = {};
  for (const name of [
    "mean_filters",
    "spread_filters",
    "student_filters",
    "squares",
    "linear",
    "spreads",
  ]) {
    relay[name] = matrix(found[name]);
  }
  const { signal, noise, d_sw, w2s_bias, unlearnable } = found;
  const weak = side(found.weak);
  const strong = side(found.strong);
  const size = (one) => one.values.length;
  return {
    ...{ weak, strong, relay, signal, noise, d_sw, w2s_bias, unlearnable },
    ...{ energy: found.energy, d_w: size(weak), d_s: size(strong) },
  };
}

/** Decode base64 of float64, as the page has it. */
function numbers({ data }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  return new Float64Array(bytes.buffer);
}

function matrix(found) {
  const [rows, columns] = found.shape;
  const all = numbers(found);
  return Array.from({ length: rows }, (_, i) => all.subarray(i * columns, (i + 1) * columns));
}

/**
 * The canonical instance of given dimensions, as `Problem.gaussian` builds it: isotropic, so that
 * each side is one eigenvalue of 1, d times. f* = free part along a shared direction + α along one
 * of the teacher's own + β along one of the student's own + what neither expresses.
 */
function canonical({ d_w, d_s, d_sw, noise, rho_w, rho_s, signal }) {
  const { shared, r, weakR, strongR } = privateDirections(d_w, d_s, d_sw);
  const [α, β] = privateParts(weakR, strongR, rho_w, rho_s);
  const least = α ** 2 + rho_w;
  const free = signal === null || shared === 0 ? 0 : Math.max(signal - least, 0); // squared
  const own = strongR === null ? 0 : β * Math.sqrt(1 - strongR ** 2);
  const partner = weakR ? weakR * α : 0; // of α, seen by the student's partly correlated direction
  const energyWeak = free + (weakR === null ? 0 : α ** 2);
  const met = strongR ? (own + partner) ** 2 : own ** 2 + partner ** 2;
  const energyStrong = free + met;
  const relayed = free + partner ** 2; // ‖Σ_sw c_w‖²
  const agreed = free + (weakR ? r * α * (partner + (strongR ? own : 0)) : 0);
  const energy = signal === null ? least : signal;
  const side = (count, expressed) => ({
    values: Float64Array.of(1),
    counts: Float64Array.of(count),
    energies: Float64Array.of(expressed),
    error: Math.max(energy - expressed, 0),
  });
  const one = (value) => [Float64Array.of(value)];
  return {
    ...{ d_w, d_s, d_sw, noise, signal, energy },
    weak: side(d_w, energyWeak),
    strong: side(d_s, energyStrong),
    relay: {
      ...{ mean_filters: one(1), spread_filters: one(1), student_filters: one(1) },
      ...{ squares: one(relayed), linear: one(agreed), spreads: one(d_sw) },
    },
    w2s_bias: Math.max(energy + relayed - 2 * agreed, 0),
    unlearnable: Math.max(energyWeak - relayed, 0),
  };
}

/** Correlation of each side's private direction with the other side's space; null: it has none. */
function privateDirections(d_w, d_s, d_sw) {
  const shared = Math.floor(d_sw);
  const r = Math.sqrt(d_sw - shared);
  const taken = shared + (r ? 1 : 0);
  const weakR = d_w > taken ? 0 : r || null;
  const strongR = d_s > taken ? 0 : r || null;
  return { shared, r, weakR, strongR };
}

/** (α, β) by which the two sides miss ρ_w and ρ_s. */
function privateParts(weakR, strongR, rho_w, rho_s) {
  if (weakR === null && strongR === null) return [0, 0];
  if (weakR === null) return [0, Math.sqrt(Math.max(rho_w - rho_s, 0) / (1 - strongR ** 2))];
  if (strongR === null) return [Math.sqrt(Math.max(rho_s - rho_w, 0) / (1 - weakR ** 2)), 0];
  const β = Math.sqrt(rho_w);
  if (weakR && strongR) return [(Math.sqrt(rho_s) + weakR * β) / Math.sqrt(1 - weakR ** 2), β];
  const rest = rho_s - (strongR * β) ** 2;
  return [Math.sqrt(Math.max(rest, 0) / (1 - weakR ** 2)), β];
}

const TINY = 1e-9; // relative difference of settings that is rounding

/**
 * The settings nearest to those asked for that a population can have, and in words what moved.
 * `Problem.gaussian` refuses the others.
 */
function possible(asked) {
  const found = { ...asked };
  const moved = [];
  const move = (name, value, why) => {
    if (Math.abs(found[name] - value) > TINY * Math.abs(value)) moved.push(why);
    found[name] = value;
  };
  const most = Math.min(found.d_w, found.d_s);
  if (found.d_sw > most) move("d_sw", most, `d_sw is at most min(d_w, d_s) = ${most}`);
  const { shared, weakR, strongR } = privateDirections(found.d_w, found.d_s, found.d_sw);
  const { rho_w } = found;
  if (weakR === null && strongR === null) {
    move("rho_s", rho_w, "for equal subspaces ρ_s must be ρ_w");
  } else if (weakR === null && found.rho_s > rho_w) {
    move(
      "rho_s",
      rho_w,
      "the student's space contains the teacher's (d_sw = d_w): ρ_s is at most ρ_w",
    );
  } else if (strongR === null && found.rho_s < rho_w) {
    move(
      "rho_s",
      rho_w,
      "the teacher's space contains the student's (d_sw = d_s): ρ_s is at least ρ_w",
    );
  } else if (strongR && !weakR && found.rho_s < strongR ** 2 * rho_w) {
    move("rho_s", strongR ** 2 * rho_w, "this d_sw and ρ_w leave a larger ρ_s");
  }
  if (found.signal !== null) {
    const [α] = privateParts(weakR, strongR, rho_w, found.rho_s);
    const least = α ** 2 + rho_w;
    const only = shared === 0;
    if (found.signal < least) move("signal", least, "E f*² is at least what these errors imply");
    else if (only)
      move("signal", least, "without a shared direction E f*² is what these errors imply");
  }
  return { found, moved };
}

/** Keep the pseudo-labels within the unlabeled rows that there are; say so where they were more. */
function withinPool(found, moved) {
  const { N, pool } = found;
  if (pool !== null && N > pool) {
    const rows = pool.toLocaleString("en");
    moved.push(`there are ${rows} unlabeled rows, and so at most ${rows} pseudo-labels`);
    found.N = pool;
  }
  return { found, moved };
}
