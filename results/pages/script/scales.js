// From a value to a pixel and back, and where the ticks stand.

import { figure, power } from "./numbers.js";

/** A scale from [low, high] to the pixels [from, to]; low < high, both > 0 where it is logarithmic; whole: of counts. */
export function scale(kind, low, high, from, to, whole = false) {
  const log = kind === "log";
  const on = log ? Math.log10 : (value) => value;
  const [start, end] = [on(low), on(high)];
  const factor = (to - from) / (end - start);
  return {
    low, high, log,
    of: (value) => (log && !(value > 0) ? NaN : from + (on(value) - start) * factor),
    back: (pixel) => {
      const place = start + (pixel - from) / factor;
      return log ? 10 ** place : place;
    },
    ticks: (count) => (log ? powers(start, end, count) : round(low, high, count, whole)),
  };
}

/** The range of an axis: as given, or of all values, with a margin unless it is tight. */
export function range(axis, values, tight = false) {
  const log = axis.scale === "log";
  const finite = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  let low = axis.low ?? smallest(finite), high = axis.high ?? largest(finite);
  if (!(low <= high)) [low, high] = log ? [0.1, 10] : [0, 1];
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  if (tight) return [axis.low ?? low, axis.high ?? high];
  const margin = log ? (high / low) ** 0.04 : (high - low) * 0.04;
  return [axis.low ?? (log ? low / margin : low - margin), axis.high ?? (log ? high * margin : high + margin)];
}

const smallest = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
const largest = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);

function round(low, high, count, whole = false) {
  const rough = (high - low) / Math.max(count, 1);
  const unit = 10 ** Math.floor(Math.log10(rough));
  const wide = [1, 2, 5, 10].map((factor) => factor * unit).find((size) => size >= rough * 0.999);
  const step = whole ? Math.max(1, wide) : wide;
  const ticks = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index += 1) {
    const value = index * step;
    ticks.push([value, figure(Number(value.toPrecision(12)), 6)]);
  }
  return ticks;
}

function powers(start, end, count) {
  const step = Math.max(1, Math.ceil((end - start) / Math.max(count, 1)));
  const ticks = [];
  for (let exponent = Math.ceil(start / step - 1e-9) * step; exponent <= end + 1e-9; exponent += step) {
    ticks.push([10 ** exponent, power(exponent)]);
  }
  if (ticks.length >= 2) return ticks;
  return round(10 ** start, 10 ** end, Math.min(count, 4)).filter(([value]) => value > 0);
}
