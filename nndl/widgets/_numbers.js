// Numbers for the figures: seeded chance, scales, ticks, and how a number is written. Nothing here touches the page.
// Python's esm(name) joins _numbers.js, _common.js, _draw.js and the figure's own widget.js into one module
// without imports, so every name below is in scope in all of them.

export const clamp = (value, lo, hi) => Math.min(hi, Math.max(lo, value));

// mulberry32: 32 bits of state, the same stream in every browser and in Node.
export function generator(seed) {
  let state = seed >>> 0;
  let spare = null;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  const integer = (n) => Math.floor(uniform() * n);
  const permutation = (n) => {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = integer(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  };
  return { uniform, normal, integer, permutation };
}

// A map from data to pixels; scale.invert goes back.
export function scale(domain, range, log = false) {
  const to = log ? Math.log : Number;
  const from = log ? Math.exp : Number;
  const [a, b] = domain.map((v) => to(v));
  const [c, d] = range;
  const map = (value) => c + ((to(value) - a) / (b - a)) * (d - c);
  map.invert = (pixel) => from(a + ((pixel - c) / (d - c)) * (b - a));
  return Object.assign(map, { domain, range, log });
}

// Round numbers between lo and hi, about `count` of them; powers of ten on a logarithmic scale.
export function ticks([lo, hi], count = 5, log = false) {
  if (log) {
    const first = Math.ceil(Math.log10(lo) - 1e-9);
    const last = Math.floor(Math.log10(hi) + 1e-9);
    const every = Math.max(1, Math.ceil((last - first + 1) / (count + 1)));
    const found = [];
    for (let e = first; e <= last; e += every) found.push(Number(`1e${e}`));
    return found;
  }
  const rough = (hi - lo) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((k) => k * power >= rough * 0.75);
  const found = [];
  for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

// A number for people: 3 significant digits, a true minus sign, 1.2 × 10⁻⁶ when it is far from 1.
export function format(value, digits = 3) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e").map(Number);
  if (exponent > 5 || exponent < -4) {
    const raised = [...String(exponent)].map((c) => RAISED[c]).join("");
    return `${mantissa} × 10${raised}`.replace("-", "−").replace(/^(−?)1 × /, "$1");
  }
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

export const percent = (share, decimals = 0) => `${(100 * share).toFixed(decimals)} %`;

// A value as Python writes it.
export function python(value) {
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value === null || value === undefined) return "None";
  if (value && typeof value === "object")
    return `{${Object.entries(value).map(([k, v]) => `${python(k)}: ${python(v)}`).join(", ")}}`;
  return JSON.stringify(value);
}

// Figures keep their state behind the # of a static page's address: "#descend:eta=0.3&mu=0.9;nand_board:gate=..."
function hashParts(hash) {
  try {
    return decodeURIComponent(hash.replace(/^#/, "")).split(";");
  } catch {
    return []; // a broken % sequence: nothing that a figure wrote
  }
}

export function readHash(hash, name) {
  const part = hashParts(hash).find((p) => p.startsWith(`${name}:`));
  if (!part) return {};
  const found = {};
  for (const pair of part.slice(name.length + 1).split("&")) {
    const at = pair.indexOf("=");
    if (at > 0) found[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return found;
}

export function writeHash(hash, name, values) {
  const others = hashParts(hash).filter((p) => /^\w+:/.test(p) && !p.startsWith(`${name}:`));
  const own = Object.entries(values).map(([k, v]) => `${k}=${v}`).join("&");
  return `#${[...others, ...(own ? [`${name}:${own}`] : [])].join(";")}`;
}

// How a trait is read back from an address that anybody may have written: undefined is left out.
export const within = (lo, hi) => (said) => {
  const value = said.trim() === "" ? NaN : Number(said);
  return Number.isFinite(value) ? clamp(value, lo, hi) : undefined;
};
export const wholeWithin = (lo, hi) => (said) => {
  const value = within(lo, hi)(said);
  return value === undefined ? undefined : Math.round(value);
};
export const oneOf = (...choices) => (said) => choices.find((choice) => String(choice) === said);
