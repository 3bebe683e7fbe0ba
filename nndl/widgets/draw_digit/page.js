// The page to draw on: pointer, keyboard, and the list of steps that makes the picture.

const MAX_STEPS = 300; // enough for a digit inked cell by cell

// Steps with one more. What lies before the page before this one can no longer be undone, and is dropped.
export function withStep(steps, step) {
  const next = [...steps, step];
  const starts = next.map((each, i) => (each.kind === "clear" || each.kind === "sample" ? i : -1)).filter((i) => i >= 0);
  return next.slice(starts.length > 1 ? starts[starts.length - 2] : 0);
}

// Steps as a piece of an address, "s2.4,10,5,12.5,9~m1,0~c3,4,1~i5~x", and back.
const LETTERS = { stroke: "s", move: "m", cell: "c", sample: "i", clear: "x" };
const numbersOf = {
  stroke: (step) => [step.width, ...step.points], move: (step) => [step.dx, step.dy],
  cell: (step) => [step.row, step.col, step.ink], sample: (step) => [step.index], clear: () => [],
};
export const textOfSteps = (steps) => steps.map((step) => LETTERS[step.kind] + numbersOf[step.kind](step).join(",")).join("~");

// undefined for anything that is not such a text, or that loads a sample beyond the `samples` there are.
export function stepsOfText(said, samples) {
  const steps = said === "" ? [] : said.slice(0, 60000).split("~").slice(0, MAX_STEPS).map((part) => stepOfText(part, samples));
  return steps.every(Boolean) ? steps : undefined;
}

function stepOfText(part, samples) {
  const numbers = part.length > 1 ? part.slice(1).split(",").map(Number) : [];
  if (!numbers.every((v) => Number.isFinite(v) && Math.abs(v) < 1000)) return null;
  const [a, b, c] = numbers;
  const whole = numbers.every(Number.isInteger);
  const width = numbers.length;
  if (part[0] === "s" && width > 2 && width % 2 && a > 0 && a <= 10) return { kind: "stroke", width: a, points: numbers.slice(1) };
  if (part[0] === "m" && width === 2 && whole) return { kind: "move", dx: a, dy: b };
  if (part[0] === "c" && width === 3 && whole && (c === 0 || c === 1)) return { kind: "cell", row: a, col: b, ink: c };
  if (part[0] === "i" && width === 1 && whole && a >= 0 && a < samples) return { kind: "sample", index: a };
  return part === "x" ? { kind: "clear" } : null;
}

const hundredths = (value) => Math.round(100 * value) / 100;
const isInk = (ink, row, col) => ink[(row * FINE + FINE / 2) * PAGE + col * FINE + FINE / 2] > 0.5;

// Ink in [0, 1] as gray levels of an ImageData of the same size.
export function paintInk(image, ink) {
  for (let i = 0; i < ink.length; i++) {
    const t = ink[i];
    image.data[4 * i] = 250 - 230 * t;
    image.data[4 * i + 1] = 249 - 225 * t;
    image.data[4 * i + 2] = 245 - 215 * t;
    image.data[4 * i + 3] = 255;
  }
  return image;
}

// state: { ink, cursor, onInk }. The canvas redraws itself; state.onInk() is called when the ink has changed.
export function drawingPage(fig, state) {
  const buffer = h("canvas", { width: PAGE, height: PAGE });
  const image = new ImageData(PAGE, PAGE);
  const node = raster(fig, {
    name: "page", width: PAGE, height: PAGE,
    label: "Page to draw a digit on. Arrow keys move a cursor, space inks or clears its pixel, P lowers and lifts the pen, shift and arrow keys move the drawing.",
    draw: (context, { width, colors: tone }) => {
      buffer.getContext("2d").putImageData(paintInk(image, state.ink), 0, 0);
      context.drawImage(buffer, 0, 0, width, width);
      if (!fig.model.get("centered")) frameOf(context);
      if (state.keys && document.activeElement === node) cursorOf(context, state, tone);
    },
  });
  node.setAttribute("role", "application");
  node.setAttribute("aria-roledescription", "drawing page");
  node.setAttribute("tabindex", "0");
  node.classList.add("dd-page");
  fig.listen(node, "blur", node.redraw);
  pointerInk(fig, node, state);
  keyInk(fig, node, state);
  return node;
}

// Where MNIST keeps its digits: the middle 20 x 20 of the page.
function frameOf(context) {
  context.setLineDash([4, 4]);
  context.strokeStyle = "#57606a";
  context.lineWidth = 1;
  context.strokeRect(4 * FINE + 0.5, 4 * FINE + 0.5, 20 * FINE, 20 * FINE);
  context.setLineDash([]);
}

function cursorOf(context, { cursor, penDown }, tone) {
  context.strokeStyle = penDown ? "#a84300" : "#0072b2";
  context.lineWidth = 2.5;
  context.strokeRect(cursor.col * FINE, cursor.row * FINE, FINE, FINE);
  context.strokeStyle = tone.ground;
  context.lineWidth = 1;
  context.strokeRect(cursor.col * FINE - 2, cursor.row * FINE - 2, FINE + 4, FINE + 4);
}

function pointerInk(fig, node, state) {
  let stroke = null;
  const extend = ({ x, y }) => {
    const point = [x / FINE, y / FINE].map(hundredths);
    const at = stroke.points.slice(-2);
    if (at.length && Math.hypot(point[0] - at[0], point[1] - at[1]) < 0.15) return;
    const from = at.length ? at : point;
    inkSegment(state.ink, FINE * from[0], FINE * from[1], FINE * point[0], FINE * point[1], (FINE * stroke.width) / 2);
    stroke.points.push(...point);
    state.onInk();
  };
  drag(fig, node, {
    width: PAGE,
    start: (p) => {
      stroke = { kind: "stroke", width: fig.model.get("brush"), points: [] };
      state.keys = false;
      extend(p);
    },
    move: extend,
    end: () => {
      state.add(stroke);
      stroke = null;
    },
  });
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function keyInk(fig, node, state) {
  const arrow = ([dx, dy], shifted) => {
    if (shifted) return state.add({ kind: "move", dx, dy });
    const { row, col } = state.cursor;
    const next = { row: clamp(row + dy, 0, SIDE - 1), col: clamp(col + dx, 0, SIDE - 1) };
    state.cursor = next;
    if (!state.penDown) return state.tell(`Row ${next.row + 1}, column ${next.col + 1}: ${isInk(state.ink, next.row, next.col) ? "ink" : "paper"}`);
    return state.add({ kind: "stroke", width: fig.model.get("brush"), points: [col + 0.5, row + 0.5, next.col + 0.5, next.row + 0.5] });
  };
  fig.listen(node, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (ARROWS[event.key]) arrow(ARROWS[event.key], event.shiftKey);
    else if (key === " " || key === "enter") {
      const { row, col } = state.cursor;
      state.add({ kind: "cell", row, col, ink: isInk(state.ink, row, col) ? 0 : 1 });
    } else if (key === "p") {
      state.penDown = !state.penDown;
      state.tell(state.penDown ? "Pen down: arrow keys draw" : "Pen up");
    } else return;
    state.keys = true;
    event.preventDefault();
    node.redraw();
  });
}
