// Numbers as people read them, and as places on an axis.

"use strict";

const [WIDTH, HEIGHT] = [460, 350];
const BOX = { left: 58, right: 446, top: 30, bottom: 262 }; // of the axes; a legend fits below
const LOG_FROM = 30; // numbers that differ by a larger factor are drawn on a logarithmic axis
const WILD = 3000; // risks this many times the least are beyond the axis: interpolation peaks

/** A number to three significant digits, as w2slens writes it on pages; a dash where undefined. */
function written(value, digits = 3) {
  if (value === null || !Number.isFinite(value)) return "–";
  if (Math.abs(value) >= Math.min(1000, 10 ** digits - 0.5))
    return Math.round(value).toLocaleString("en");
  if (value !== 0 && Math.abs(value) < 1e-3) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    return `${mantissa}e${exponent[0] === "-" ? "-" : "+"}${exponent.slice(1).padStart(2, "0")}`;
  }
  return value.toPrecision(digits);
}

/** A tick, without powers of ten. */
function plain(value) {
  return value >= 1000
    ? Math.round(value).toLocaleString("en")
    : String(Number(value.toPrecision(4)));
}

/** An axis from numbers to pixels: logarithmic where `log`, else linear. */
function axis([low, high], [start, end], log) {
  const f = log ? Math.log : (value) => value;
  const back = log ? Math.exp : (value) => value;
  const span = f(high) - f(low) || 1;
  return {
    ...{ low, high, log },
    to: (value) => start + ((f(value) - f(low)) / span) * (end - start),
    from: (pixel) => back(f(low) + ((pixel - start) / (end - start)) * span),
    ticks: log ? logTicks(low, high) : linearTicks(low, high),
  };
}

function logTicks(low, high) {
  const span = high / low;
  if (span < 4) return linearTicks(low, high);
  const steps = span < 300 ? [1, 2, 5] : [1];
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const step of steps) found.push(Number(`${step}e${power}`));
  }
  const inside = found.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
  const every = Math.ceil(inside.length / 7);
  return inside.filter((_, k) => k % every === 0);
}

function linearTicks(low, high) {
  const rough = (high - low || Math.abs(high) || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((width) => width >= rough);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high * (1 + 1e-9); k++) found.push(k * step);
  return found;
}

/** Limits of risks: all of them, but for the wild ones about an interpolation peak. */
function riskAxis(values) {
  const known = values.filter((value) => Number.isFinite(value) && value > 0);
  if (!known.length) return axis([0, 1], [BOX.bottom, BOX.top], false);
  const low = Math.min(...known);
  const high = Math.min(Math.max(...known), low * WILD);
  if (high > LOG_FROM * low) return axis([low / 1.15, high * 1.15], [BOX.bottom, BOX.top], true);
  return axis([0, high * 1.06], [BOX.bottom, BOX.top], false);
}

function sizeAxis(range) {
  return axis(range, [BOX.left, BOX.right], true);
}
