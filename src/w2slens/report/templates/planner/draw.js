// Figures as inline SVG in the colours of the page.

"use strict";

const SHAPES = {
  circle: (x, y, r) => `<circle cx="${x}" cy="${y}" r="${r}"/>`,
  square: (x, y, r) => `<rect x="${x - r}" y="${y - r}" width="${2 * r}" height="${2 * r}"/>`,
  triangle: (x, y, r) => `<path d="M${x} ${y - r}l${r} ${2 * r}h${-2 * r}z"/>`,
  diamond: (x, y, r) => `<path d="M${x} ${y - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z"/>`,
  plus: (x, y, r) => `<path d="M${x - r} ${y}h${2 * r}M${x} ${y - r}v${2 * r}" stroke-width="3"/>`,
};
const LOOKS = {
  weak: ["--weak", "circle"],
  w2s: ["--w2s", "square"],
  strong: ["--strong", "triangle"],
  ceiling: ["--ceiling", "diamond"],
  posterior: ["--pink", "plus"],
};

/** Frame, ticks, labels and title of a figure; `inner` is drawn between. */
function framed({ x, y, title, xLabel, yLabel, inner, legend = "" }) {
  const { left, right, top, bottom } = BOX;
  const parts = [`<text class="title" x="${left}" y="18">${title}</text>`];
  for (const tick of x.ticks) {
    const at = x.to(tick).toFixed(1);
    parts.push(`<path class="tick" d="M${at} ${bottom}v4"/>`);
    const anchor = at > right - 20 ? "end" : "middle";
    const edge = anchor === "end" ? right + 8 : at;
    parts.push(
      `<text x="${edge}" y="${bottom + 17}" text-anchor="${anchor}">${plain(tick)}</text>`,
    );
  }
  for (const tick of y.ticks) {
    const at = y.to(tick);
    parts.push(`<path class="grid" d="M${left} ${at.toFixed(1)}H${right}"/>`);
    parts.push(
      `<text x="${left - 6}" y="${(at + 4).toFixed(1)}" text-anchor="end">${plain(tick)}</text>`,
    );
  }
  parts.push(`<g clip-path="url(#inside)">${inner}</g>`);
  parts.push(`<path class="frame" d="M${left} ${top}V${bottom}H${right}"/>`);
  const middle = (left + right) / 2;
  parts.push(`<text x="${middle}" y="${bottom + 35}" text-anchor="middle">${xLabel}</text>`);
  const turned = `transform="translate(14 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle"`;
  parts.push(`<text ${turned}>${yLabel}</text>`, legend);
  return parts.join("");
}

/** A line through finite points, broken where there are none. */
function line(points, x, y, color, dash = "") {
  let path = "";
  let open = false;
  for (const [value, risk] of points) {
    if (!Number.isFinite(risk) || risk <= 0) {
      open = false;
      continue;
    }
    const height = Math.min(Math.max(y.to(risk), -1e4), 1e4);
    path += `${open ? "L" : "M"}${x.to(value).toFixed(1)} ${height.toFixed(1)}`;
    open = true;
  }
  return `<path class="line" d="${path}" stroke="var(${color})" stroke-dasharray="${dash}"/>`;
}

function mark(shape, x, y, color, r = 5) {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return "";
  return `<g class="mark" fill="var(${color})" stroke="var(${color})">${SHAPES[shape](x, y, r)}</g>`;
}

/** Entries below a figure: [look, words, dash]. */
function legendOf(entries) {
  const parts = entries.map(([[color, shape], words, dash = ""], k) => {
    const x = BOX.left + (k % 2) * 194;
    const y = BOX.bottom + 52 + Math.floor(k / 2) * 16;
    const stroke = `stroke="var(${color})" stroke-dasharray="${dash}"`;
    const sample = `<path class="line" d="M${x} ${y - 4}h24" ${stroke}/>`;
    return `${sample}${mark(shape, x + 12, y - 4, color, 4)}<text x="${x + 30}" y="${y}">${words}</text>`;
  });
  return parts.join("");
}

/** Risks of the models over sizes, those of now marked. */
function drawRisks({ sizes, risks, at, now, names, title, xLabel, yLabel }) {
  const models = knownOf(now);
  const x = sizeAxis([sizes[0], sizes[sizes.length - 1]]);
  const values = risks.flatMap((one) => models.map((name) => one[name]));
  const y = riskAxis([...values, ...models.map((name) => now[name])]);
  const lines = models.map((name) =>
    line(
      sizes.map((size, k) => [size, risks[k][name]]),
      x,
      y,
      LOOKS[name][0],
    ),
  );
  const here = x.to(at);
  const marks = models.map((name) => mark(LOOKS[name][1], here, y.to(now[name]), LOOKS[name][0]));
  const upright = `<path class="now" d="M${here.toFixed(1)} ${BOX.top}V${BOX.bottom}"/>`;
  const inner = upright + lines.join("") + marks.join("");
  const legend = legendOf(models.map((name) => [LOOKS[name], names[name]]));
  return { svg: framed({ x, y, title, xLabel, yLabel, inner, legend }), x };
}

/** Colours of a map: white at the centre, and the last colour for the wild few, and beyond `most`. */
function shading(values, centre, most, { covered, least, shades }) {
  const known = values
    .filter(Number.isFinite)
    .map((value) => Math.abs(value - centre))
    .sort((a, b) => a - b);
  const place = covered * (known.length - 1);
  const [below, above] = [known[Math.floor(place)], known[Math.ceil(place)]];
  const typical = known.length ? below + (above - below) * (place % 1) : 1;
  const reach = Math.min(Math.max(typical, least), most);
  const low = centre === 1 ? Math.max(centre - reach, 0) : centre - reach;
  const half = (shades.length - 1) / 2;
  const shade = (value) => {
    if (!Number.isFinite(value)) return "var(--unknown)";
    const way = value < centre ? (value - centre) / (centre - low) : (value - centre) / reach;
    return shades[Math.round(half + half * Math.max(-1, Math.min(way, 1)))];
  };
  return { shade, low, high: centre + reach };
}

/** PGR or OPR over (N, n): purple is gain, orange loss, grey unknown. */
function drawMap({ n, N, values, centre, most, now, look, title }) {
  const x = axis([N[0], N[N.length - 1]], [BOX.left, BOX.right], true);
  const y = axis([n[0], n[n.length - 1]], [BOX.bottom, BOX.top], true);
  const { shade, low, high } = shading(values.flat(), centre, most, look);
  const [wide, tall] = [
    (BOX.right - BOX.left) / values[0].length,
    (BOX.bottom - BOX.top) / values.length,
  ];
  const shapes = new Map(); // one path a colour
  values.forEach((row, i) =>
    row.forEach((value, j) => {
      const [left, top] = [BOX.left + j * wide, BOX.bottom - (i + 1) * tall];
      const [across, down] = [(wide + 0.4).toFixed(1), (tall + 0.4).toFixed(1)];
      const cell = `M${left.toFixed(1)} ${top.toFixed(1)}h${across}v${down}H${left.toFixed(1)}z`;
      const color = shade(value);
      shapes.set(color, (shapes.get(color) ?? "") + cell);
    }),
  );
  const cells = [...shapes].map(([color, path]) => `<path fill="${color}" d="${path}"/>`);
  const cross =
    mark("circle", x.to(now.N), y.to(now.n), "--page", 6) +
    mark("circle", x.to(now.N), y.to(now.n), "--accent", 4);
  const inner = `<g shape-rendering="crispEdges">${cells.join("")}</g>${cross}`;
  const legend = colourBar(shade, low, high, centre);
  const labels = { xLabel: "pseudo-labels N", yLabel: "labels n" };
  return { svg: framed({ x, y, title, ...labels, inner, legend }), x, y };
}

function colourBar(shade, low, high, centre) {
  const [left, right, top] = [BOX.left + 60, BOX.right - 60, BOX.bottom + 46];
  const bar = axis([low, high], [left, right], false);
  const steps = 40;
  const parts = Array.from({ length: steps }, (_, k) => {
    const from = left + ((right - left) * k) / steps;
    const width = (right - left) / steps + 0.5;
    const place = `x="${from.toFixed(1)}" y="${top}" width="${width}" height="10"`;
    return `<rect ${place} fill="${shade(bar.from(from + width / 2))}"/>`;
  });
  for (const value of new Set([low, centre, high])) {
    const anchor = value === low ? "start" : value === high ? "end" : "middle";
    const words = value.toFixed(2).replace(/^-0\.00$/, "0.00");
    parts.push(
      `<text x="${bar.to(value)}" y="${top + 25}" text-anchor="${anchor}">${words}</text>`,
    );
  }
  return parts.join("");
}

/** What money buys: the least risk of every course over the budget. */
function drawFrontier({ frontier, budgets, budget, best, spent, names, looks, yLabel }) {
  const x = axis([budgets[0], budgets[budgets.length - 1]], [BOX.left, BOX.right], true);
  const all = Object.values(frontier).flat();
  const y = riskAxis(all.map((course) => course && course.risk).filter(Boolean));
  const here = x.to(Math.max(budget, budgets[0])).toFixed(1); // nothing to spend is at the edge
  const parts = [`<path class="now" d="M${here} ${BOX.top}V${BOX.bottom}"/>`];
  const entries = [];
  for (const [name, courses] of Object.entries(frontier)) {
    const [look, dash] = looks[name];
    const points = budgets.map((money, k) => [money, courses[k] ? courses[k].risk : NaN]);
    parts.push(line(points, x, y, look[0], dash));
    for (const [money, risk] of points.filter((_, k) => k % 3 === 0)) {
      parts.push(mark(look[1], x.to(money), y.to(risk), look[0], 4));
    }
    entries.push([look, names[name] ?? name, dash]);
  }
  const height = best ? y.to(best.risk) : NaN;
  if (Number.isFinite(height)) {
    const place = `cx="${here}" cy="${height.toFixed(1)}"`;
    parts.push(`<circle class="ring" ${place} r="9"/>`);
  }
  if (spent) parts.push(mark("diamond", x.to(spent.cost), y.to(spent.risk), "--accent", 6));
  const labels = { title: "What money buys", xLabel: "budget", yLabel };
  return { svg: framed({ x, y, ...labels, inner: parts.join(""), legend: legendOf(entries) }), x };
}
