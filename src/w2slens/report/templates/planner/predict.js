// Risks of the four models at any n, N and ridge: what w2slens.predict says.

"use strict";

const MODELS = ["weak", "w2s", "strong", "ceiling"];
const ROUNDING_GAP = 1e-12; // share of the teacher's risk below which a gap to its ceiling is rounding

/** Exact risks of ridgeless fits of Gaussian features, (1 − 2/n) of a dimension for an intercept. */
function exact(pair, n, N, { ridge_weak, ridge_strong, one }) {
  const { d_w, d_s, d_sw, noise, weak, strong } = pair;
  const share = (size, d) => d + one * (1 - 2 / size);
  const perRow = (value, rows, d, ridge) =>
    rows > d + one + 1 && ridge === 0 ? value / (rows - d - one - 1) : NaN;
  const τ = perRow(noise + weak.error, n, d_w, ridge_weak);
  const fitted = (size) => share(size, d_s) * perRow(1, size, d_s, ridge_strong);
  const c = fitted(N);
  const error = noise + strong.error;
  return {
    weak: weak.error + τ * share(n, d_w),
    w2s: pair.w2s_bias + c * pair.unlearnable + τ * (share(n, d_sw) + c * (d_w - d_sw)),
    strong: strong.error + error * fitted(n),
    ceiling: strong.error + error * fitted(n + N),
  };
}

/**
 * The models of one population, at ridges that are numbers or "auto": for every model the ridge of
 * least expected risk. What does not depend on noise is remembered: `noise` may be changed.
 */
class Models {
  constructor(pair, candidates) {
    this.pair = pair;
    this.weak = new Candidates(pair.weak, candidates);
    this.strong = new Candidates(pair.strong, candidates);
    this.told = new Recalled(this.weak, (kept) => told(pair.relay, kept));
    this.listening = new Recalled(this.strong, (kept) => listening(pair.relay, kept));
    this.recalled = new Map(); // what students make of the best teachers, by their place
  }

  /** Ask at one setting: {ridge_weak, ridge_strong, one, factors}. */
  asked(setting) {
    return new Asked(this, setting);
  }

  /** What students of all candidates make of a teacher: an array a part. */
  heardOf(teacher) {
    if (this.recalled.has(teacher.place)) return this.recalled.get(teacher.place);
    this.students ??= this.strong.all.map((_, place) => this.listening.candidate(place));
    const found = heard(this.told.at(teacher.at), this.students, this.pair.energy);
    if (teacher.place !== undefined) this.recalled.set(teacher.place, found);
    return found;
  }
}

/** One question to the models; fits are made once for every number of rows. */
class Asked {
  constructor(models, { ridge_weak, ridge_strong, one, factors }) {
    this.models = models;
    this.pair = models.pair;
    Object.assign(this, { ridge_weak, ridge_strong, one, factors });
    this.known = { teacher: new Map(), strong: new Map(), pool: new Map() };
  }

  get tuned() {
    return this.ridge_weak === "auto" || this.ridge_strong === "auto";
  }

  once(kind, rows, make) {
    const known = this.known[kind];
    if (!known.has(rows)) known.set(rows, make());
    return known.get(rows);
  }

  fitted(candidates, ridge, rows) {
    if (ridge === "auto") return candidates.best(this.pair.noise, rows, this.one);
    return fit(candidates, this.pair.noise, rows, ridge, this.one);
  }

  teacher(n) {
    return this.once("teacher", n, () => this.fitted(this.models.weak, this.ridge_weak, n));
  }

  strong(rows) {
    return this.once("strong", rows, () =>
      this.fitted(this.models.strong, this.ridge_strong, rows),
    );
  }

  /** Risk of the student of a teacher, over so many rows. */
  student(teacher, N) {
    if (!teacher.defined) return NaN;
    return this.ridge_strong === "auto"
      ? this.bestStudent(teacher, N)
      : this.givenStudent(teacher, N);
  }

  bestStudent(teacher, N) {
    const { bias, inherited, lackedMean, lackedSpread } = this.heardBy(teacher);
    const learnt = this.once("pool", N, () => this.models.strong.learnt(N, this.one));
    const { scale } = teacher;
    let place = -1;
    let least = Infinity;
    for (let k = 0; k < learnt.length; k++) {
      const lacked = Math.max(lackedMean[k] + scale * lackedSpread[k], 0);
      const risk = lacked * learnt[k] + scale * inherited[k] + bias[k];
      if (risk < least) {
        least = risk;
        place = k;
      }
    }
    if (place < 0) return NaN;
    return Math.max(bias[place], 0) + (least - bias[place]) + teacher.own;
  }

  heardBy(teacher) {
    teacher.heard ??= this.models.heardOf(teacher);
    return teacher.heard;
  }

  givenStudent(teacher, N) {
    const { pair, one } = this;
    const student = this.once("pool", N, () => {
      const made = fit(this.models.strong, 0, N, this.ridge_strong, one);
      return { ...made, shares: this.models.listening.at(made.at) };
    });
    if (!student.defined) return NaN;
    teacher.told ??= this.models.told.at(teacher.at);
    const found = heard(teacher.told, [student.shares], pair.energy);
    const lacked = found.lackedMean[0] + teacher.scale * found.lackedSpread[0];
    const variance = teacher.scale * found.inherited[0] + lacked * student.copied;
    return Math.max(found.bias[0], 0) + variance + teacher.own;
  }

  /** Risk of one model by the equivalent; none where a ridgeless fit has about as many rows as d. */
  equivalent(name, n, N) {
    const { d_w, d_s } = this.pair;
    const near = (rows, d, ridge) => ridge === 0 && Math.abs(rows - this.one - d) <= 1;
    const noTeacher = near(n, d_w, this.ridge_weak);
    if (name === "weak") return noTeacher ? NaN : riskOf(this.teacher(n));
    if (name === "w2s") {
      const none = noTeacher || near(N, d_s, this.ridge_strong);
      return none ? NaN : this.student(this.teacher(n), N);
    }
    const rows = name === "strong" ? n : n + N;
    return near(rows, d_s, this.ridge_strong) ? NaN : riskOf(this.strong(rows));
  }

  /** Risks of some models: exact where that holds, else equivalent; NaN where there is none. */
  some(names, n, N) {
    const { pair, ridge_weak, ridge_strong, factors } = this;
    const ridgeless = ridge_weak === 0 && ridge_strong === 0;
    const known = this.tuned ? {} : exact(pair, n, N, this);
    const found = {};
    for (const name of names) {
      const exactly = Number.isFinite(known[name]);
      const none = !exactly && ridgeless && pair.signal === null;
      const risk = exactly ? known[name] : none ? NaN : this.equivalent(name, n, N);
      found[name] = risk * factors[name];
    }
    return found;
  }

  /** Risks of the four models. */
  risks(n, N) {
    return this.some(MODELS, n, N);
  }

  /** Risk of one model alone, without what the others cost. */
  risk(name, n, N) {
    return this.some([name], n, N)[name];
  }
}

/** The models whose risks are told: the four, and the student of labels and teacher together. */
function knownOf(risks) {
  return [...MODELS, ...("posterior" in risks ? ["posterior"] : [])];
}

/** A risk: bias and variance. */
function riskOf({ bias, variance }) {
  return bias + variance;
}

/** PGR: the share of the gap between teacher and ceiling that the student recovers. */
function pgr({ weak, w2s, ceiling }) {
  return weak - ceiling > ROUNDING_GAP * Math.abs(weak) ? (weak - w2s) / (weak - ceiling) : NaN;
}

/** OPR: risk of the strong model on the labels over that of the student. */
function opr({ strong, w2s }) {
  return w2s > 0 ? strong / w2s : NaN;
}
