// Colours: roles of the theme, and two scales. A scale's colours differ in lightness, so that grey prints show them.

/** Role or "#rrggbb" -> colour, as the theme of `element` has it; one of its own is lighter on dark paper. */
export function palette(element) {
  const style = getComputedStyle(element);
  const named = (role) => style.getPropertyValue(`--${role}`).trim() || style.getPropertyValue("--ink").trim();
  const paper = named("paper"); // "" of what is not in the page yet
  const dark = paper !== "" && brightness(paper) < 128;
  const known = new Map();
  return (role) => {
    if (!role) return role;
    if (!known.has(role)) known.set(role, !role.startsWith("#") ? named(role) : dark ? lightened(role) : role);
    return known.get(role);
  };
}

function lightened(colour) {
  const now = brightness(colour);
  return now < 140 ? mixed(colour, "#ffffff", (140 - now) / (255 - now)) : colour;
}

// Lightness rises evenly from the first to the last; between two stops, linear in sRGB.
const SEQUENTIAL = ["#0b1f3a", "#123f73", "#1c6a9c", "#3c95ad", "#74bdb2", "#b8dfb9", "#f4f3c9"];
const DIVERGING = ["#0a4a7a", "#3f86bd", "#a6cbe3", "#f4f4f2", "#f1b793", "#cc6a3c", "#7d2f0c"];

const LEVELS = 511;
const shades = (stops) => Array.from({ length: LEVELS + 1 }, (_, level) => {
  const place = (level / LEVELS) * (stops.length - 1);
  const before = Math.min(Math.floor(place), stops.length - 2);
  return mixed(stops[before], stops[before + 1], place - before);
});
const SHADES = { sequential: shades(SEQUENTIAL), diverging: shades(DIVERGING) };

/** The colour of a value of a heat map, "" where it is not finite. */
export function shade(mark, low, high) {
  const colours = SHADES[mark.scale];
  const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
  const [from, to] = mark.scale === "diverging" ? [-most, most] : [low, high > low ? high : low + 1];
  return (value) => {
    if (!Number.isFinite(value)) return "";
    return colours[Math.round(LEVELS * Math.min(1, Math.max(0, (value - from) / (to - from))))];
  };
}

/** Whether dark words are read on this colour. */
export function light(colour) {
  return brightness(colour) > 140;
}

function brightness(colour) {
  const [red, green, blue] = channels(colour);
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

function mixed(one, other, share) {
  const to = channels(other);
  return `rgb(${channels(one).map((channel, index) => Math.round(channel + share * (to[index] - channel))).join(",")})`;
}

/** Red, green and blue of "#rrggbb" or "rgb(r,g,b)", each from 0 to 255. */
export function channels(colour) {
  if (colour.startsWith("#")) return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return colour.match(/\d+/g).map(Number);
}
