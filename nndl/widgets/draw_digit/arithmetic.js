// What happens between a stroke and a verdict: ink on a page, centering, a forward pass. Nothing here touches the
// screen. The tests hold it equal to drawing.py, nndl.datasets.center and Network.feedforward.

export const SIDE = 28; // pixels of the image that the network sees, in each direction
export const FINE = 10; // pixels of the page in each of them
export const PAGE = SIDE * FINE;

// ---- the page. A drawing is a list of steps, in units of the network's pixels, from the upper left corner:
// { kind: "stroke", width, points: [x, y, x, y, ...] }, { kind: "cell", row, col, ink }, { kind: "move", dx, dy },
// { kind: "sample", index } and { kind: "clear" }, which both begin a new page.

// Ink one straight piece of a stroke, its edge softened over one pixel of the page. Coordinates in page pixels.
export function inkSegment(ink, x0, y0, x1, y1, radius) {
  const reach = radius + 1;
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length2 = dx * dx + dy * dy;
  const [left, right] = [Math.max(0, Math.floor(Math.min(x0, x1) - reach)), Math.min(PAGE - 1, Math.ceil(Math.max(x0, x1) + reach))];
  const [top, bottom] = [Math.max(0, Math.floor(Math.min(y0, y1) - reach)), Math.min(PAGE - 1, Math.ceil(Math.max(y0, y1) + reach))];
  for (let row = top; row <= bottom; row++) {
    for (let col = left; col <= right; col++) {
      const [px, py] = [col + 0.5 - x0, row + 0.5 - y0];
      const t = length2 ? clamp((px * dx + py * dy) / length2, 0, 1) : 0;
      const covered = clamp(radius - Math.hypot(px - t * dx, py - t * dy) + 0.5, 0, 1);
      const i = row * PAGE + col;
      if (covered > ink[i]) ink[i] = covered;
    }
  }
}

function inkStroke(ink, { points, width }, dx, dy) {
  const at = (i) => FINE * (points[i] + (i % 2 ? dy : dx));
  const radius = (FINE * width) / 2;
  if (points.length === 2) inkSegment(ink, at(0), at(1), at(0), at(1), radius);
  for (let i = 2; i < points.length; i += 2) inkSegment(ink, at(i - 2), at(i - 1), at(i), at(i + 1), radius);
}

// One pixel of the network: a block of the page.
function inkCell(ink, row, col, value) {
  if (row < 0 || row >= SIDE || col < 0 || col >= SIDE) return;
  for (let r = 0; r < FINE; r++) ink.fill(value, (row * FINE + r) * PAGE + col * FINE, (row * FINE + r) * PAGE + (col + 1) * FINE);
}

// The page after all steps, PAGE x PAGE, 0 paper, 1 ink. A move shifts all that was drawn before it; what leaves the
// page is not lost, for every step is drawn where later moves put it. samples: bytes, 784 for each image.
export function inkPage(steps, samples) {
  const ink = new Float32Array(PAGE * PAGE);
  const from = Math.max(0, steps.findLastIndex((step) => step.kind === "clear" || step.kind === "sample"));
  let [dx, dy] = [0, 0];
  for (const step of steps.slice(from)) if (step.kind === "move") [dx, dy] = [dx + step.dx, dy + step.dy];
  for (const step of steps.slice(from)) {
    if (step.kind === "move") [dx, dy] = [dx - step.dx, dy - step.dy];
    else if (step.kind === "stroke") inkStroke(ink, step, dx, dy);
    else if (step.kind === "cell") inkCell(ink, step.row + dy, step.col + dx, step.ink);
    else if (step.kind === "sample") inkSample(ink, samples.subarray(784 * step.index, 784 * (step.index + 1)), dx, dy);
  }
  return ink;
}

function inkSample(ink, bytes, dx, dy) {
  for (let row = 0; row < SIDE; row++) for (let col = 0; col < SIDE; col++) inkCell(ink, row + dy, col + dx, bytes[row * SIDE + col] / 255);
}

// The page at 28 x 28, each pixel the mean of its block: what an uncentered network sees.
export function shrinkPage(ink) {
  const image = new Float64Array(SIDE * SIDE);
  for (let row = 0; row < PAGE; row++) {
    const line = Math.floor(row / FINE) * SIDE;
    for (let col = 0; col < PAGE; col++) image[line + Math.floor(col / FINE)] += ink[row * PAGE + col];
  }
  return image.map((sum) => sum / (FINE * FINE));
}

// ---- centering, as nndl.datasets.center does it.

const BOX = 20; // pixels of the digit's longer side
const MIDDLE = 14; // where its center of mass goes, to half a pixel

// The written part: { top, bottom, left, right }, bottom and right exclusive; null on an empty page.
export function inkBox(page, rows, cols) {
  let [top, bottom, left, right] = [rows, 0, cols, 0];
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      if (!(page[row * cols + col] > 0)) continue;
      [top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
      [left, right] = [Math.min(left, col), Math.max(right, col + 1)];
    }
  }
  return bottom ? { top, bottom, left, right } : null;
}

// The weights with which each of nOut new pixels looks at nIn old ones: a triangle as wide as the larger of the two.
function stretch(nIn, nOut) {
  const width = Math.max(1, nIn / nOut);
  return Array.from({ length: nOut }, (_, i) => {
    const middle = ((i + 0.5) * nIn) / nOut;
    const found = Array.from({ length: nIn }, (_, k) => Math.max(0, 1 - Math.abs(middle - (k + 0.5)) / width));
    const sum = found.reduce((total, value) => total + value, 0);
    return found.map((value) => value / sum);
  });
}

// image (rows x cols, flat) brought to nRows x nCols.
export function resizeImage(image, rows, cols, nRows, nCols) {
  const [down, across] = [stretch(rows, nRows), stretch(cols, nCols)];
  const half = new Float64Array(nRows * cols);
  for (let i = 0; i < nRows; i++)
    for (let r = 0; r < rows; r++)
      if (down[i][r]) for (let col = 0; col < cols; col++) half[i * cols + col] += down[i][r] * image[r * cols + col];
  const found = new Float64Array(nRows * nCols);
  for (let i = 0; i < nRows; i++)
    for (let j = 0; j < nCols; j++) {
      let sum = 0;
      for (let col = 0; col < cols; col++) sum += across[j][col] * half[i * cols + col];
      found[i * nCols + j] = sum;
    }
  return found;
}

// Python rounds a half to the even side.
const roundHalfEven = (value) => {
  const low = Math.floor(value);
  return value - low === 0.5 ? low + (low % 2) : Math.round(value);
};

// The digit on the page (rows x cols) as MNIST has it: 20 pixels on its longer side, its center of mass in the middle.
export function centerImage(page, rows, cols) {
  const image = new Float64Array(SIDE * SIDE);
  const box = inkBox(page, rows, cols);
  if (!box) return image;
  const [boxRows, boxCols] = [box.bottom - box.top, box.right - box.left];
  const cut = new Float64Array(boxRows * boxCols);
  for (let row = 0; row < boxRows; row++)
    for (let col = 0; col < boxCols; col++) cut[row * boxCols + col] = page[(box.top + row) * cols + box.left + col];
  const grow = BOX / Math.max(boxRows, boxCols);
  const [nRows, nCols] = [boxRows, boxCols].map((n) => Math.max(1, roundHalfEven(n * grow)));
  const digit = resizeImage(cut, boxRows, boxCols, nRows, nCols);
  const [top, left] = [placeMiddle(digit, nRows, nCols, true), placeMiddle(digit, nRows, nCols, false)];
  for (let row = 0; row < nRows; row++)
    for (let col = 0; col < nCols; col++) image[(top + row) * SIDE + left + col] = digit[row * nCols + col];
  return image;
}

// The row (or column) at which the digit begins, so that its center of mass comes to the middle.
function placeMiddle(digit, rows, cols, byRow) {
  let [mass, moment] = [0, 0];
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++) {
      mass += digit[row * cols + col];
      moment += digit[row * cols + col] * (byRow ? row : col);
    }
  const start = Math.ceil(Math.round(1e4 * (MIDDLE - 0.5 - moment / mass)) / 1e4);
  return clamp(start, 0, SIDE - (byRow ? rows : cols));
}

// The image moved by whole pixels; what leaves the frame is lost.
export function shiftImage(image, dx, dy) {
  const moved = new Float64Array(SIDE * SIDE);
  for (let row = Math.max(0, dy); row < Math.min(SIDE, SIDE + dy); row++)
    for (let col = Math.max(0, dx); col < Math.min(SIDE, SIDE + dx); col++) moved[row * SIDE + col] = image[(row - dy) * SIDE + col - dx];
  return moved;
}
