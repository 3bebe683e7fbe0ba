// What a run's curves say, in words: pure functions of the curves, tested apart from the drawing.

// The middle value; of an even number, the mean of the two in the middle. Not finite if any value is not.
export function medianOf(values) {
  if (!values.every(Number.isFinite)) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// One curve from many: the median over those seeds that have reached each epoch.
export function medianCurve(curves) {
  const longest = Math.max(0, ...curves.map((c) => c.length));
  return Array.from({ length: longest }, (_, e) => medianOf(curves.filter((c) => c.length > e).map((c) => c[e])));
}

const percentText = (share) => percent(share, 1);
const lastOf = (curve) => curve[curve.length - 1];

// What to do about the size of the steps.
const slower = ({ mu }) => (mu > 0.5 ? "Lower η or μ." : "Lower η.");

// How the cost moved: the share of the later epochs in which it rose, and its relative fall over the last fifth.
function motionOf(cost) {
  const later = cost.slice(cost.length >> 1);
  const steps = later.slice(1).map((c, i) => c - later[i]);
  const mean = later.reduce((sum, c) => sum + c, 0) / later.length;
  const before = cost[Math.max(0, cost.length - 1 - Math.ceil(cost.length / 5))];
  const rises = steps.filter((s) => s > 0.02 * mean).length;
  return {
    rises: rises > 1 ? rises / steps.length : 0, // a single rise is no pattern
    fall: (before - lastOf(cost)) / Math.max(before, 1e-12),
  };
}

function whyDiverged({ eta, lmbda, mu, n }) {
  const factor = 1 - (eta * lmbda) / n;
  if (factor < -1) return `the penalty multiplies every weight by 1 − ηλ/n = ${factor.toFixed(1)} at each step. Lower η or λ.`;
  if (mu >= 1) return "with μ of 1 or more nothing brakes the velocity. Lower μ.";
  return `each step overshoots by more than the last. ${slower({ mu })}`;
}

// Why the cost no longer falls. slope is the outputs' mean sigma', at most 0.25, missed the number of digits that are
// hardly ever recognized; both undefined where they are not known.
function whyStuck({ slope, missed }, rises, settings) {
  if (settings.lmbda > 0 && !(slope < 0.05)) return "The penalty λ/n outweighs the fit and holds the weights near 0. Lower λ.";
  if (rises > 0.25) return `The steps jump across the valley instead of into it. ${slower(settings)}`;
  if (missed >= 1 && missed < 6 && slope < 0.05) {
    const digits = missed < 2 ? "One digit is" : `${Math.round(missed)} digits are`;
    const cure = missed > 2 ? slower(settings) : settings.cost === "quadratic" ? "Other seeds or the cross-entropy may free it." : "Other seeds may free it.";
    return `${digits} hardly ever recognized: the output says no to every image and has saturated there. ${cure}`;
  }
  if (slope < 0.02) {
    const cure = settings.cost === "quadratic" ? `${slower(settings)} Or try the cross-entropy.` : slower(settings);
    return `Outputs are saturated: their mean σ′ is ${slope.toPrecision(1)}, of at most 0.25, so little gradient is left. ${cure}`;
  }
  if (settings.hidden > 0 && settings.hidden < 8) return `A hidden layer of ${settings.hidden} is narrow for ten digits. Add neurons.`;
  return "Another seed, or another η, may free it.";
}

// The verdict on (median) curves: {kind, text}. settings: eta, lmbda, mu, cost, hidden and n, the training examples.
export function verdictOf(curves, settings) {
  const [cost, end] = [curves.training_cost, lastOf(curves.training_accuracy)];
  const ends = { slope: curves.slope && lastOf(curves.slope), missed: curves.missed && lastOf(curves.missed) };
  if (!cost.every(Number.isFinite) || lastOf(cost) > 100 * (1 + cost[0])) {
    return { kind: "diverged", text: `Diverged: ${whyDiverged(settings)}` };
  }
  if (cost.length < 6) return { kind: "early", text: `Too early to tell, at ${percentText(end)} of the training set.` };
  const { rises, fall } = motionOf(cost);
  const calm = rises < 0.2 && !(ends.slope < 0.02);
  const reached = percentText(end);
  if (calm && end < 0.95 && fall > 0.03) {
    return { kind: "slow", text: `Too slow: ${reached} of the training set, and the cost is still falling. Raise η, or allow more epochs.` };
  }
  if (calm && end < 0.5 && !settings.lmbda && settings.eta < 0.3 && settings.hidden !== 1) {
    return { kind: "slow", text: `Too slow: ${reached} of the training set after a long, flat stretch. Raise η.` };
  }
  if (end < 0.15) return { kind: "dead", text: `Dead at chance (${reached}). ${whyStuck(ends, rises, settings)}` };
  if (rises > 0.25 && end < 0.99) {
    const share = Math.round(100 * rises);
    return { kind: "oscillating", text: `Oscillating: the cost rose in ${share} % of the later epochs. ${slower(settings)}` };
  }
  if (end < 0.93) return { kind: "stuck", text: `Stuck at ${reached} of the training set. ${whyStuck(ends, rises, settings)}` };
  return healthy(end, lastOf(curves.held_out_accuracy));
}

function healthy(end, held) {
  const gap = end - held;
  const note = gap > 0.04 ? ` The ${(100 * gap).toFixed(0)} points between them are overfitting.` : "";
  return { kind: "healthy", text: `Healthy: ${percentText(end)} of the training set, ${percentText(held)} of the held-out digits.${note}` };
}

// The word a verdict begins with, to be set off from its reason.
export const VERDICTS = {
  diverged: "Diverged", dead: "Dead at chance", slow: "Too slow", oscillating: "Oscillating", stuck: "Stuck", healthy: "Healthy", early: "Too early to tell",
};

const SYMBOLS = {
  eta: "η", lmbda: "λ", mu: "μ", batch_size: "mini-batches of", hidden: "hidden neurons", epochs: "epochs", seeds: "seeds", seed: "first seed",
  cost: "cost", start: "start",
};

// In what the run before differed: "η = 3, mini-batches of 10"; empty if in nothing.
export function differenceOf(before, now) {
  const changed = Object.keys(SYMBOLS).filter((name) => before[name] !== now[name]);
  const words = (name) => (name.length < 6 && SYMBOLS[name].length === 1 ? `${SYMBOLS[name]} = ` : `${SYMBOLS[name]} `);
  return changed.map((name) => words(name) + String(before[name]).replace("cross_entropy", "cross-entropy")).join(", ");
}
