// The page: settings → everything that is shown, all at once.

"use strict";

class Planner {
  constructor(state) {
    this.state = state;
    this.own = state.own ? outlined(state.own) : null;
    this.between = state.posterior ? new BetweenSizes(state.posterior) : null;
    this.find = (id) => document.getElementById(id);
    this.build();
    this.reset();
  }

  /** Begin again with what the page was made of. */
  reset() {
    this.settings = { ...this.state.start, population: this.own ? "own" : "canonical" };
    if (this.own) this.settings.noise = this.own.noise;
    this.said = "";
    this.update();
  }

  build() {
    const change = (name, value, said) => this.change(name, value, said);
    this.controls = new Map();
    const form = this.find("controls");
    for (const [group, settings] of controlsOf(this.state.start, this.state.own)) {
      const section = document.createElement("fieldset");
      section.innerHTML = `<legend>${group}</legend>`;
      if (group === "The pair" && this.own) section.append(this.choice());
      for (const one of settings) {
        const control = new Control(one, change);
        this.controls.set(control.name, control);
        section.append(control.row);
      }
      if (group === "Ridges") section.append(this.intercept());
      form.append(section);
    }
    form.append(this.again());
    form.addEventListener("submit", (event) => event.preventDefault());
    this.figures = new Figures(this.state, (name) => this.controls.get(name).values, change);
  }

  /** Own population, or the canonical instance of its dimensions. */
  choice() {
    const row = document.createElement("div");
    row.className = "choice";
    row.innerHTML =
      '<label><input type="radio" name="population" value="own"> yours, as it was found</label>' +
      '<label><input type="radio" name="population" value="canonical"> one of like dimensions, to move</label>';
    row.addEventListener("change", (event) => {
      const chosen = event.target.value;
      const noise = chosen === "own" ? this.own.noise : this.state.start.noise;
      Object.assign(this.settings, { population: chosen, noise });
      this.later();
    });
    return row;
  }

  intercept() {
    const row = document.createElement("label");
    row.className = "choice";
    row.innerHTML = '<input type="checkbox" id="intercept"> fits have an intercept';
    row.addEventListener("change", (event) => this.change("intercept", event.target.checked));
    return row;
  }

  again() {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", id: "again", textContent: "Start again" });
    button.addEventListener("click", () => this.reset());
    return button;
  }

  /** Set something, and say what was made of it where that is not what was typed. */
  change(name, value, said = "") {
    this.settings[name] = value;
    this.said = said;
    this.later();
  }

  /** Update with the next frame, once for all that was moved before it. */
  later() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.update();
    });
  }

  /** The population that is meant, its models, and whether the posterior student is known of it. */
  population() {
    const { state, settings } = this;
    if (settings.population === "own") {
      this.own.noise = settings.noise;
      this.ownModels ??= new Models(this.own, state.candidates);
      return { models: this.ownModels, ...state.own, ...withinPool({ ...settings }, []) };
    }
    const { found, moved } = possible(settings);
    withinPool(found, moved);
    const dimensions = OF_A_PAIR.map((name) => found[name]).join();
    if (this.dimensions !== dimensions) {
      this.canonicalModels = new Models(canonical(found), state.candidates);
      this.dimensions = dimensions;
    }
    this.canonicalModels.pair.noise = found.noise;
    return { models: this.canonicalModels, scale: "excess", factors: AS_PREDICTED, found, moved };
  }

  /** Whether the table of the posterior student is of these settings. */
  tabulated(population, asked) {
    if (!this.between || asked.ridge_weak !== "auto" || asked.ridge_strong !== "auto") return null;
    const { start, own } = this.state;
    const { found } = population;
    const begun = own ? { ...start, noise: own.noise } : possible(start).found;
    const same = ["noise", "intercept", ...(own ? [] : OF_A_PAIR)].every(
      (name) => found[name] === begun[name],
    );
    return same && Boolean(own) === (found.population === "own")
      ? (n, N) => this.between.at(n, Math.max(N, 1))
      : null;
  }

  /** Compute everything, and show it. */
  update() {
    const population = this.population();
    const settings = population.found;
    const unknown = population.models.pair.signal === null;
    const ridge = (name) => (unknown ? 0 : settings[name]);
    const setting = { ridge_weak: ridge("ridge_weak"), ridge_strong: ridge("ridge_strong") };
    const asked = population.models.asked({
      ...setting,
      one: settings.intercept ? 1 : 0,
      factors: population.factors,
    });
    const posterior = this.tabulated(population, asked);
    const shop = new Shop(asked, posterior, settings, this.state.largest);
    this.showControls(population, unknown);
    const risksAt = (n, N) => {
      const known = asked.risks(n, N);
      return posterior ? { ...known, posterior: posterior(n, N) } : known;
    };
    const now = risksAt(settings.n, settings.N);
    this.figures.risks(risksAt, settings, now, population.scale);
    this.figures.maps(asked, settings);
    const courses = this.figures.frontier(shop, settings, now, population.scale);
    Object.assign(this, { now, courses });
    this.showAnswer({ population, settings, now, courses, shop });
  }

  showControls({ found, moved }, unknown) {
    const fixed = found.population === "own";
    const shown = fixed ? { ...found, ...this.ownNumbers() } : found;
    const most = Math.min(shown.d_w, shown.d_s);
    this.controls.get("d_sw").values = evenly(0, most, Math.min(Math.max(most, 1) * 4, 200));
    this.controls.get("noise").rename(fixed ? "noise σ² added to the labels" : "label noise σ²");
    for (const [name, control] of this.controls) {
      const off = (fixed && OF_A_PAIR.includes(name)) || (unknown && name.startsWith("ridge"));
      control.show(unknown && name.startsWith("ridge") ? 0 : shown[name], off);
    }
    this.find("intercept").checked = found.intercept;
    for (const radio of document.getElementsByName("population"))
      radio.checked = radio.value === found.population;
    const notes = [this.said, ...moved].filter(Boolean).map((why) => `${why}.`);
    if (unknown)
      notes.push(
        "E f*² is not known, without which no ridge can be chosen: all fits are ridgeless.",
      );
    this.find("notes").textContent = notes.join(" ");
  }

  /** What the own population has in place of the settings of a pair. */
  ownNumbers() {
    const { d_w, d_s, d_sw, weak, strong, signal } = this.own;
    return { d_w, d_s, d_sw, rho_w: weak.error, rho_s: strong.error, signal };
  }

  showAnswer({ population, settings, now, courses, shop }) {
    const { names, headlines } = this.state;
    const said = answer({
      settings,
      risks: now,
      courses,
      scale: population.scale,
      headlines,
    });
    const [verdict] = document.getElementsByClassName("verdict");
    verdict.innerHTML = `<b>${said.headline} <small>${said.action}</small></b>${said.why}`;
    this.find("strip").innerHTML = strip(now, shop.cost("w2s", settings.n, settings.N), names);
    this.find("lacking").hidden = !this.between || "posterior" in now;
    const canonicalOne = settings.population === "canonical";
    const lost = canonicalOne ? unplanned(settings) : "";
    this.find("command").textContent = canonicalOne && !lost ? replayed(settings) : "";
    this.find("unplanned").textContent = lost;
    this.find("replay").hidden = !canonicalOne;
  }
}

const AS_PREDICTED = { weak: 1, w2s: 1, strong: 1, ceiling: 1 };
globalThis.planner = new Planner(JSON.parse(document.getElementById("state").textContent));
