// Numbers as text, and JSON with the numbers that JSON has no word for.

const POWERS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

const PLAIN = new Intl.NumberFormat("en", { maximumSignificantDigits: 15 }); // making one takes far longer than using it

/** Text of a number with so many significant digits: 0.00123, 1,230, 1.23e-7. */
export function figure(value, digits = 3) {
  if (typeof value !== "number") return String(value);
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e7) return sign(value.toExponential(digits - 1).replace("e+", "e").replace(/\.?0+e/, "e"));
  const rounded = Number(value.toPrecision(digits));
  return sign(PLAIN.format(rounded));
}

/** Text of a power of ten, as an axis shows it: 10⁻³. */
export function power(exponent) {
  if (exponent >= 0 && exponent <= 3) return (10 ** exponent).toLocaleString("en");
  return "10" + [...String(exponent)].map((digit) => POWERS[digit]).join("");
}

/** Words with their numbers as `figure` writes them: "3e-07" is 3e-7, and a minus is no hyphen. */
export function spoken(words) {
  return String(words).replace(/(\d)e([+−-])0*(\d)/g, (_, digit, way, power) => `${digit}e${way === "+" ? "" : "-"}${power}`).replace(/(^|[\s([{=<>≤≥|×/:])-(?=[\d.∞‖])/g, "$1−");
}

function sign(text) {
  return text.replace(/^-/, "−");
}

/** What `encoded` of Python wrote, to the last bit. */
export function decoded(text) {
  if (!text.includes('"nonfinite"')) return JSON.parse(text); // a reviver takes ten times as long
  return JSON.parse(text, (_, value) =>
    value !== null && typeof value === "object" && typeof value.nonfinite === "string" ? Number(value.nonfinite) : value);
}
