// The answer in words, and the numbers beside it.

"use strict";

const TIE = 0.01; // share of a risk by which two are too close to call
const COURSES = {
  w2s: "w2s",
  strong: "strong-on-labels",
  weak: "weak-is-enough",
  posterior: "posterior",
};

function counted(size, words) {
  return `${Math.round(size).toLocaleString("en")} ${words}`;
}

/** What to do with these labels and pseudo-labels, in a sentence, and why. */
function answer({ settings, risks, courses, scale, headlines }) {
  const { n, N, budget } = settings;
  const sizes = `With ${counted(n, "labels")} and ${counted(N, "pseudo-labels")}`;
  const known = { w2s: risks.w2s, strong: risks.strong, weak: risks.weak };
  if ("posterior" in risks) known.posterior = risks.posterior;
  const finite = Object.keys(known).filter((name) => Number.isFinite(known[name]));
  if (!finite.length) {
    return { headline: `${sizes}, no model has a finite expected risk`, action: "", why: NO_RISK };
  }
  finite.sort((left, right) => known[left] - known[right]);
  const action = COURSES[finite[0]];
  const advice = headlines[action][0].toLowerCase() + headlines[action].slice(1);
  const tie = finite.length > 1 && known[finite[1]] <= (1 + TIE) * known[finite[0]];
  const close = tie ? ["The first two are too close to call."] : [];
  const why = [
    reasons(known, finite, scale),
    ...close,
    ...warnings(risks),
    bought(courses, budget),
  ];
  return { headline: `${sizes}, ${advice}`, action, why: why.join(" ") };
}

const NO_RISK =
  "Without ridge, fits to about as many rows as dimensions have none. Move n or N, or let the ridge be the best one.";

const WORDS = {
  w2s: "the W2S student",
  strong: "the strong model on the labels alone",
  weak: "the teacher",
  posterior: "the student of labels and teacher together",
};

function reasons(known, ranked, scale) {
  const [first, ...others] = ranked.map((name) => `${written(known[name])} for ${WORDS[name]}`);
  const unit =
    scale === "raw" ? "squared error against the labels" : "squared error beyond the noise";
  return `Expected ${unit}: ${others.length ? `${first}, against ${listed(others)}` : first}.`;
}

function listed(parts) {
  return parts.length > 1
    ? `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`
    : parts[0];
}

/** What a user must not overlook: that W2S loses to labels alone, or to its teacher. */
function warnings(risks) {
  const found = [];
  if (opr(risks) < 1)
    found.push(
      "OPR is below 1: the strong model does better on the true labels than on the teacher's.",
    );
  if (risks.w2s > risks.weak) found.push("The W2S student does not beat its teacher.");
  return found;
}

function bought(courses, budget) {
  if (!courses.length) return `A budget of ${written(budget, 4)} buys no model with a finite risk.`;
  const [first, second] = courses.map(
    ({ name, n, N, risk }) =>
      `${name} on ${counted(n, "labels")}${N ? ` and ${counted(N, "pseudo-labels")}` : ""}, risk ${written(risk)}`,
  );
  return `With ${written(budget, 4)} to spend, the best course is ${first}${second ? `; next, ${second}` : ""}.`;
}

/** The strip of numbers: all risks that are known, the ratios, and what these sizes cost. */
function strip(risks, cost, names) {
  const entries = knownOf(risks).map((name) => [names[name], written(risks[name]), LOOKS[name][0]]);
  const ratios = [
    ["PGR", written(pgr(risks)), "--ink"],
    ["OPR", written(opr(risks)), "--ink"],
  ];
  const all = [...entries, ...ratios, ["cost of W2S", written(cost, 4), "--ink"]];
  return all
    .map(
      ([word, value, color]) =>
        `<div style="--of: var(${color})"><dt>${word}</dt><dd>${value}</dd></div>`,
    )
    .join("");
}

/** Why no command plans the same; empty where one does. */
function unplanned({ cost_label, cost_pseudo, pool, noise, signal }) {
  if (cost_label === 0) return "None plans for labels that cost nothing: a budget has no end then.";
  if (cost_pseudo === 0 && pool === null)
    return "None plans for pseudo-labels that cost nothing without saying how many rows there are.";
  if (noise === 0 && signal === 0) return "None plans where there is nothing to learn.";
  return "";
}

/** The command that plans the same, where dimensions describe the population. */
function replayed(settings) {
  const words = ["w2slens plan"];
  for (const name of ["d_w", "d_s", "d_sw", "noise", "rho_w", "rho_s", "signal"]) {
    if (settings[name] !== null) words.push(`--${name.replace("_", "-")} ${settings[name]}`);
  }
  for (const name of ["cost_label", "cost_pseudo", "budget"])
    words.push(`--${name.replace("_", "-")} ${settings[name]}`);
  if (settings.pool !== null) words.push(`--pool ${settings.pool}`);
  for (const name of ["owned", "cost_weak", "cost_strong"]) {
    if (settings[name]) words.push(`--${name.replace("_", "-")} ${settings[name]}`);
  }
  for (const name of ["ridge_weak", "ridge_strong"]) {
    if (settings[name] !== "auto") words.push(`--${name.replace("_", "-")} ${settings[name]}`);
  }
  if (!settings.intercept) words.push("--no-intercept");
  return words.join(" ");
}
