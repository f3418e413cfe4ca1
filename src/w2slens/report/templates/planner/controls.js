// What can be moved: every setting a slider, its exact number beside it.

"use strict";

const TICKS = 40; // positions of a slider in every power of ten

/** Numbers evenly on a logarithmic scale, to three digits, or whole; 0 first where it is allowed. */
function ladder(low, high, { whole = false, zero = false } = {}) {
  const count = Math.max(Math.ceil(Math.log10(high / low) * TICKS), 1);
  const found = new Set(zero ? [0] : []);
  for (let k = 0; k <= count; k++) {
    const value = Number((low * (high / low) ** (k / count)).toPrecision(3));
    found.add(whole ? Math.round(value) : value);
  }
  return [...found].sort((a, b) => a - b);
}

function evenly(low, high, count) {
  return Array.from({ length: count + 1 }, (_, k) =>
    Number((low + ((high - low) * k) / count).toPrecision(4)),
  );
}

/** A range about what a page begins with. */
function about(value, low, high, more) {
  return ladder(value > 0 ? Math.min(low, value / 100) : low, Math.max(high, value * 100), more);
}

/** Groups of settings: name, words, and the numbers that a slider runs through. */
function controlsOf(start, own) {
  const whole = { whole: true };
  const zero = { zero: true };
  const noise = own ? own.noise : start.noise;
  const scale = Math.max(noise, start.noise, start.signal ?? 0) || 1;
  const energies = ladder(scale / 1e4, scale * 100, zero);
  const prices = (price, low, high) => about(price, low, high, zero);
  return [
    [
      "Sizes",
      [
        ["n", "labels n", ladder(Math.max(2, start.n / 30), start.n * 30, whole)],
        ["N", "pseudo-labels N", ladder(Math.max(2, start.N / 100), start.N * 100, whole)],
      ],
    ],
    [
      "Money",
      [
        ["budget", "budget", about(start.budget, 1, 1e4, zero)],
        ["cost_label", "price of a label", prices(start.cost_label, 0.01, 100)],
        ["cost_pseudo", "price of a pseudo-label", prices(start.cost_pseudo, 1e-5, 1)],
        ["cost_weak", "price of running the teacher", prices(start.cost_weak, 0.1, 1e4)],
        ["cost_strong", "price of running the strong model", prices(start.cost_strong, 0.1, 1e4)],
        [
          "owned",
          "labels owned already",
          ladder(1, Math.max(1e4, start.owned * 10), { whole: true, zero: true }),
        ],
        ["pool", "unlabeled rows there are", about(start.pool ?? 0, 10, 1e7, whole), "endless"],
      ],
    ],
    [
      "The pair",
      [
        ["d_w", "dimensions of the teacher d<sub>w</sub>", about(start.d_w, 1, 1000, whole)],
        ["d_s", "dimensions of the student d<sub>s</sub>", about(start.d_s, 1, 1000, whole)],
        ["d_sw", "shared dimensions d<sub>sw</sub>", null],
        ["noise", "label noise σ²", energies],
        ["rho_w", "error ρ<sub>w</sub> that no teacher avoids", energies],
        ["rho_s", "error ρ<sub>s</sub> that no student avoids", energies],
        ["signal", "signal E f*²", energies, "unknown"],
      ],
    ],
    [
      "Ridges",
      [
        ["ridge_weak", "ridge λ<sub>w</sub> of the teacher", ladder(1e-6, 100, zero), "best"],
        [
          "ridge_strong",
          "ridge λ<sub>s</sub> of the strong model",
          ladder(1e-6, 100, zero),
          "best",
        ],
      ],
    ],
  ];
}

/** A number as people type it: commas group thousands, or one of them is the decimal point. */
function typedNumber(text) {
  const typed = text.trim();
  if (/^[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/.test(typed)) return Number(typed.replaceAll(",", ""));
  if (typed === "" || (typed.includes(",") && typed.includes("."))) return NaN;
  return Number(typed.replace(",", ".")); // NaN where a second comma is left
}

/** Least and most that may be typed where that is beyond the slider: the curves can draw it. */
const TYPED = {
  ...{ n: [2, 1e7], N: [1, 1e7], owned: [0, 1e7], pool: [1, 1e7], budget: [0, 1e12] },
  ...{ cost_label: [0, 1e12], cost_pseudo: [0, 1e12], cost_weak: [0, 1e12], cost_strong: [0, 1e12] },
};

const INSTEAD = { pool: null, signal: null, ridge_weak: "auto", ridge_strong: "auto" };
const OF_A_PAIR = ["d_w", "d_s", "d_sw", "rho_w", "rho_s", "signal"]; // an own population has its own

/** One row of the form: a slider, the number, and where there is such a thing, a box instead. */
class Control {
  constructor([name, words, values, instead], change) {
    Object.assign(this, { name, values, instead, words: words.replace(/<[^>]*>/g, "") });
    this.row = document.createElement("div");
    this.row.className = "control";
    const box = `<label class="instead"><input type="checkbox" id="${name}-box"> ${instead}</label>`;
    this.row.innerHTML =
      `<label for="${name}">${words}</label>${instead ? box : ""}` +
      `<input type="range" id="${name}-slider" min="0" step="1" aria-label="${this.words}">` +
      `<input type="text" inputmode="decimal" id="${name}" autocomplete="off" spellcheck="false">`;
    this.slider = this.row.querySelector("[type=range]");
    this.number = this.row.querySelector("[type=text]");
    this.box = this.row.querySelector("[type=checkbox]");
    this.last = null;
    this.slider.addEventListener("input", () => change(name, this.values[this.slider.value]));
    this.number.addEventListener("change", () => this.typed(change));
    if (this.box) {
      this.box.addEventListener("change", () =>
        change(name, this.box.checked ? INSTEAD[name] : this.last),
      );
    }
  }

  /** Take a number that was typed, up to the limits; what is no number is put back. Say either. */
  typed(change) {
    const text = this.number.value.trim();
    const value = typedNumber(text);
    if (!Number.isFinite(value)) {
      change(this.name, this.last, `${this.words}: “${text}” is no number`);
      return;
    }
    const [least, most] = this.limits();
    const taken = Math.min(Math.max(value, least), most);
    const end = `${value < least ? "least" : "most"} that this page draws`;
    const said = taken === value ? "" : `${this.words}: ${grouped(taken)} is the ${end}`;
    change(this.name, WHOLE.includes(this.name) ? Math.round(taken) : taken, said);
  }

  limits() {
    const ends = [this.values[0], this.values[this.values.length - 1]];
    const [least, most] = TYPED[this.name] ?? ends;
    return [Math.min(least, ends[0]), Math.max(most, ends[1], this.last ?? 0)];
  }

  /** Show a value: of the settings that are possible, which may differ from what was asked. */
  show(value, off) {
    const special = this.box !== null && value === INSTEAD[this.name];
    if (this.last === null || !special) this.last = special ? this.middle() : value;
    if (this.box) this.box.checked = special;
    if (this.box) this.box.disabled = off;
    for (const input of [this.slider, this.number]) input.disabled = off || special;
    this.slider.max = this.values.length - 1;
    this.slider.value = nearest(this.values, this.last);
    const shown = Number(this.last.toPrecision(WHOLE.includes(this.name) ? 15 : 4));
    this.number.value = special ? this.instead : grouped(shown);
    this.slider.setAttribute("aria-valuetext", this.number.value);
    this.row.classList.toggle("off", off || special);
  }

  rename(words) {
    this.row.querySelector("label").textContent = words;
    this.slider.setAttribute("aria-label", words);
  }

  middle() {
    return this.values[Math.floor(this.values.length / 2)];
  }
}

function grouped(value) {
  return value >= 1000 ? value.toLocaleString("en") : String(value);
}

const WHOLE = ["n", "N", "d_w", "d_s", "owned", "pool"];

/** Place of the number that is nearest. */
function nearest(values, value) {
  let place = 0;
  for (let k = 1; k < values.length; k++) {
    if (Math.abs(values[k] - value) < Math.abs(values[place] - value)) place = k;
  }
  return place;
}
