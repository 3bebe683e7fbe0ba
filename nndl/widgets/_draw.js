// Drawing: SVG stages that follow the width of the page, canvases at the screen's resolution, axes, curves, the
// two-dimensional pad, and one way to drag with mouse, finger or pen.

// Colours as the CSS gives them now, for canvases: colors(fig).blue, .ink, .line, .ground ...
export function colors(fig) {
  const style = getComputedStyle(fig.root);
  const names = ["ink", "soft", "line", "ground", "raised", "blue", "orange", "green", "vermillion", "sky", "purple", "yellow"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--nf-${name}`).trim()]));
}

// A box that calls paint(width) when its width changes. One unit of its drawing is one CSS pixel.
function followWidth(fig, box, paint) {
  let width = 0;
  const redraw = later(fig, () => width && paint(width));
  const observer = new ResizeObserver(([entry]) => {
    const found = Math.round(entry.contentRect.width);
    if (found && found !== width) {
      width = found;
      redraw();
    }
  });
  observer.observe(box);
  fig.cleanup(() => observer.disconnect());
  return redraw;
}

// An SVG drawing. draw(g, { width, height }) fills an empty group; .redraw() asks for it before the next frame.
// `handles` is a second group that is never emptied: what is being dragged lives there, or a touch would lose it.
export function stage(fig, { name = "stage", label, height = (width) => 0.62 * width, draw }) {
  const drawing = svg("g");
  const handles = svg("g");
  const root = svg("svg", { class: "nf-stage", role: "img", "aria-label": label, "data-nndl": `${fig.name}.${name}` }, drawing, handles);
  const node = h("div", { class: "nf-stage-box" }, root);
  node.redraw = followWidth(fig, node, (width) => {
    const size = { width, height: Math.round(height(width)) };
    root.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
    root.setAttribute("height", size.height);
    drawing.replaceChildren();
    draw(drawing, size);
  });
  return Object.assign(node, { svg: root, handles, describe: (text) => root.setAttribute("aria-label", text) });
}

// A canvas of fixed size in CSS pixels. draw(context, { width, height, colors }).
export function raster(fig, { name = "canvas", label, width, height, draw }) {
  const node = h("canvas", { class: "nf-canvas", role: "img", "aria-label": label, "data-nndl": `${fig.name}.${name}` });
  const ratio = Math.min(3, globalThis.devicePixelRatio || 1);
  Object.assign(node, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  node.style.width = `${width}px`;
  const context = node.getContext("2d");
  node.redraw = later(fig, () => {
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, { width, height, colors: colors(fig) });
  });
  fig.onTheme(node.redraw);
  node.redraw();
  return node;
}

// Where a pointer is, in the pixels of `frame` as drawn (a scaled canvas included: pass its drawn width).
export function at(frame, event, drawnWidth) {
  const box = frame.getBoundingClientRect();
  const ratio = drawnWidth ? drawnWidth / box.width : 1;
  return { x: (event.clientX - box.left) * ratio, y: (event.clientY - box.top) * ratio };
}

// drag(fig, node, { frame, start, move, end }): start(p) may return false to refuse, and then the page scrolls as ever.
export function drag(fig, node, { frame = node, width, start = () => true, move, end = () => {} }) {
  let pointer = null;
  fig.listen(node, "pointerdown", (event) => {
    if (event.button > 0 || pointer !== null || start(at(frame, event, width), event) === false) return;
    pointer = event.pointerId;
    node.setPointerCapture(pointer);
    node.focus?.({ preventScroll: true });
    event.preventDefault();
  });
  // Comes right after pointerdown. Without it the finger would scroll the page: touch-action is not heeded on shapes.
  fig.listen(node, "touchstart", (event) => pointer !== null && event.preventDefault(), { passive: false });
  fig.listen(node, "pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    // A fast stroke reports several points at once.
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) move(at(frame, each, width), each);
  });
  for (const type of ["pointerup", "pointercancel"])
    fig.listen(node, type, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      end(at(frame, event, width), event);
    });
}

export const text = (g, x, y, words, attributes = {}) => {
  const node = svg("text", { x, y, ...attributes });
  words.split("*").forEach((part, i) => node.append(i % 2 ? svg("tspan", { "font-style": "italic" }, part) : part));
  g.append(node);
  return node;
};

export const path = (points) =>
  points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

export const curve = (g, points, attributes = {}) => {
  const node = svg("path", { d: path(points), class: "nf-curve", ...attributes });
  g.append(node);
  return node;
};

// Axes to the left and below. x and y are scales in pixels; labels in italics between asterisks.
export function axes(g, { x, y, xlabel = "", ylabel = "", xticks, yticks, show = format }) {
  const [left, right] = x.range;
  const [bottom, top] = y.range;
  const line = (x1, y1, x2, y2, kind) => g.append(svg("line", { x1, y1, x2, y2, class: kind }));
  for (const value of xticks ?? ticks(x.domain, Math.max(2, Math.floor((right - left) / 70)), x.log)) {
    line(x(value), bottom, x(value), bottom + 4, "nf-axis");
    text(g, x(value), bottom + 17, show(value), { class: "nf-tick", "text-anchor": "middle" });
  }
  for (const value of yticks ?? ticks(y.domain, Math.max(2, Math.floor((bottom - top) / 45)), y.log)) {
    line(left, y(value), right, y(value), "nf-grid");
    text(g, left - 7, y(value) + 4, show(value), { class: "nf-tick", "text-anchor": "end" });
  }
  line(left, bottom, right, bottom, "nf-axis");
  text(g, (left + right) / 2, bottom + 34, xlabel, { class: "nf-label", "text-anchor": "middle" });
  text(g, left, top - 9, ylabel, { class: "nf-label" });
}

// nudge(dx, dy) in pixels for each arrow key, in larger steps with Shift.
const NUDGES = { ArrowLeft: [-4, 0], ArrowRight: [4, 0], ArrowUp: [0, -4], ArrowDown: [0, 4] };
function onArrows(fig, node, nudge) {
  fig.listen(node, "keydown", (event) => {
    if (!NUDGES[event.key]) return;
    event.preventDefault();
    nudge(...NUDGES[event.key].map((d) => (event.shiftKey ? 5 * d : d)));
  });
}

// Two coupled numbers at once: drag, click, or arrow keys. x and y: { trait, label, min, max, log }. background(g, {x, y})
// draws behind. Give the reader a slider for each as well.
export function pad(fig, { name = "pad", label, x, y, height = () => 220, background = () => {}, onInput = () => {} }) {
  const value = (spec) => fig.model.get(spec.trait);
  let maps = null;
  const thumb = svg("circle", { r: 9, class: "nf-thumb" });
  const node = stage(fig, { name, label, height, draw: (g, { width, height: rows }) => {
    maps = {
      x: scale([x.min, x.max], [52, width - 12], x.log),
      y: scale([y.min, y.max], [rows - 40, 22], y.log),
    };
    background(g, maps);
    axes(g, { ...maps, xlabel: x.label, ylabel: y.label });
    place();
  } });
  const place = () => {
    if (!maps) return;
    thumb.setAttribute("cx", maps.x(clamp(value(x), x.min, x.max)));
    thumb.setAttribute("cy", maps.y(clamp(value(y), y.min, y.max)));
    node.describe(`${label}: ${plain(x.label)} ${format(value(x))}, ${plain(y.label)} ${format(value(y))}. Arrow keys move it.`);
  };
  const put = (px, py) => {
    const [left, right] = maps.x.range;
    const [bottom, top] = maps.y.range;
    const next = (spec, map, pixel) => Number(map.invert(pixel).toPrecision(3));
    fig.write({
      [x.trait]: clamp(next(x, maps.x, clamp(px, left, right)), x.min, x.max),
      [y.trait]: clamp(next(y, maps.y, clamp(py, top, bottom)), y.min, y.max),
    });
    onInput();
  };
  node.handles.append(thumb);
  node.svg.setAttribute("role", "application");
  node.svg.setAttribute("aria-roledescription", "two-dimensional slider");
  node.svg.setAttribute("tabindex", "0");
  node.svg.classList.add("nf-pad");
  drag(fig, node.svg, { start: (p) => put(p.x, p.y), move: (p) => put(p.x, p.y) });
  onArrows(fig, node.svg, (dx, dy) => maps && put(maps.x(value(x)) + dx, maps.y(value(y)) + dy));
  fig.watch(`${x.trait} ${y.trait}`, place);
  return node;
}
