// The figures of the page: what each shows of the models, and what a press in it sets.

"use strict";

const STEPS_OF = { curve: 56, map: 20, budgets: 13 };
const REACH = 10; // budgets are drawn from a tenth of the one that is set to ten times it
const COURSE_LOOKS = {
  w2s: [LOOKS.w2s, ""],
  posterior: [LOOKS.posterior, ""],
  "strong-on-labels": [LOOKS.strong, ""],
  "label-more": [LOOKS.strong, "6 4"],
  "weak-is-enough": [LOOKS.weak, ""],
};

class Figures {
  constructor({ names, map }, values, change) {
    Object.assign(this, { names, look: map, values, change });
    this.axes = {}; // by figure: what a place in it means
    for (const id of ["over-n", "over-N", "map-opr", "map-pgr", "frontier"]) this.pickable(id);
  }

  /** Let a click or a drag on a figure set what its axes show. */
  pickable(id) {
    const figure = document.getElementById(id);
    const pick = (event) => {
      if (!event.buttons || !this.axes[id]) return;
      const box = figure.getBoundingClientRect();
      const pixel = ((event.clientX - box.left) * WIDTH) / box.width;
      const height = ((event.clientY - box.top) * HEIGHT) / box.height;
      for (const [name, along, at] of this.axes[id](pixel, height)) {
        const value = Math.min(Math.max(along.from(at), along.low), along.high);
        this.change(name, WHOLE.includes(name) ? Math.round(value) : Number(value.toPrecision(3)));
      }
    };
    figure.addEventListener("pointerdown", pick);
    if (id !== "frontier") figure.addEventListener("pointermove", pick); // its axis moves with the budget
  }

  range(name, value) {
    const values = this.values(name);
    return [Math.min(values[0], value), Math.max(values[values.length - 1], value)];
  }

  show(id, svg, words) {
    const figure = document.getElementById(id);
    figure.innerHTML = svg;
    figure.setAttribute("aria-label", words);
  }

  /** Risks of all models over n, and over N. */
  risks(risksAt, settings, now, scale) {
    const { names } = this;
    const yLabel = `${scale} risk (squared error)`;
    for (const [name, other] of [
      ["n", "N"],
      ["N", "n"],
    ]) {
      const sizes = sizesBetween(...this.range(name, settings[name]), STEPS_OF.curve);
      const at = (size) => ({ ...settings, [name]: size });
      const drawn = sizes.map((size) => risksAt(at(size).n, at(size).N));
      const title = `Expected risks at ${other} = ${settings[other].toLocaleString("en")}`;
      const xLabel = name === "n" ? "labels n" : "pseudo-labels N";
      const { svg, x } = drawRisks({
        sizes,
        risks: drawn,
        at: settings[name],
        now,
        names,
        title,
        xLabel,
        yLabel,
      });
      const words = knownOf(now).map((model) => `${names[model]} ${written(now[model])}`).join(", ");
      this.show(
        `over-${name}`,
        svg,
        `${title}, over ${xLabel}; at ${name} = ${settings[name]}: ${words}`,
      );
      this.axes[`over-${name}`] = (pixel) => [[name, x, pixel]];
    }
  }

  /** OPR and PGR over both. */
  maps(asked, settings) {
    const grid = (name) => {
      const [low, high] = this.range(name, settings[name]);
      return Array.from({ length: STEPS_OF.map }, (_, k) =>
        Math.round(low * (high / low) ** ((k + 0.5) / STEPS_OF.map)),
      );
    };
    const [n, N] = [grid("n"), grid("N")];
    const risks = n.map((labels) => N.map((pseudo) => asked.risks(labels, pseudo)));
    const kinds = [
      ["opr", opr, 1, Infinity, "OPR: above 1, W2S beats labels alone"],
      ["pgr", pgr, 0, 1, "PGR: share of the gap recovered"],
    ];
    for (const [name, ratio, centre, most, title] of kinds) {
      const values = risks.map((row) => row.map(ratio));
      const ends = { n: this.range("n", settings.n), N: this.range("N", settings.N) };
      const { svg, x, y } = drawMap({
        ...ends,
        values,
        centre,
        most,
        now: settings,
        look: this.look,
        title,
      });
      this.show(`map-${name}`, svg, `${title}, over labels n and pseudo-labels N`);
      this.axes[`map-${name}`] = (pixel, height) => [
        ["N", x, pixel],
        ["n", y, height],
      ];
    }
  }

  /** What money buys; returns the courses at the budget, the best first. */
  frontier(shop, settings, now, scale) {
    const { budget, n, N } = settings;
    const steps = STEPS_OF.budgets;
    const middle = budget || REACH * (settings.cost_label || 1); // no logarithm leads to 0
    const budgets = Array.from(
      { length: steps },
      (_, k) => middle * REACH ** ((2 * k) / (steps - 1) - 1),
    );
    budgets[(steps - 1) / 2] = middle;
    const each = budgets.map((money) => shop.courses(money));
    const lines = Object.fromEntries(
      shop.names().map((name) => [name, each.map((found) => found[name])]),
    );
    const bought = budget ? each[(steps - 1) / 2] : shop.courses(budget);
    const possibleNow = Object.values(bought).filter(Boolean);
    const courses = possibleNow.sort((left, right) => left.risk - right.risk);
    const spent = { cost: shop.cost("w2s", n, N), risk: now.w2s };
    const yLabel = `expected ${scale} risk`;
    const drawn = {
      frontier: lines,
      budgets,
      budget,
      best: courses[0],
      spent,
      names: {},
      looks: COURSE_LOOKS,
      yLabel,
    };
    const { svg, x } = drawFrontier(drawn);
    const words = courses.map((course) => `${course.name} ${written(course.risk)}`).join(", ");
    this.show(
      "frontier",
      svg,
      `Least risk of every course over the budget; at ${written(budget, 4)}: ${words}`,
    );
    this.axes.frontier = (pixel) => [["budget", x, pixel]];
    return courses;
  }
}
