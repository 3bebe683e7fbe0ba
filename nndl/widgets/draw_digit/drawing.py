"""A drawing as a list of steps, and the page of ink that it makes: the NumPy twin of ``arithmetic.js``.

Steps are dicts in units of the network's pixels, counted from the upper left corner of 28 x 28::

    {"kind": "stroke", "width": 2.4, "points": [x, y, x, y, …]}      {"kind": "move", "dx": 1, "dy": 0}
    {"kind": "cell", "row": 3, "col": 4, "ink": 1}                   {"kind": "sample", "index": 0}
    {"kind": "clear"}

A sample and a clear begin a new page. A move shifts what was drawn before it; what leaves the page is not lost.
"""

import numpy as np

from nndl import require

__all__ = ["KINDS", "check_steps", "ink_page", "shrink_page"]

SIDE, FINE = 28, 10  # pixels of the network's image; of the page in each of them
PAGE = SIDE * FINE
KINDS = {
    "stroke": {"width", "points"},
    "cell": {"row", "col", "ink"},
    "move": {"dx", "dy"},
    "sample": {"index"},
    "clear": set(),
}


def check_steps(steps, samples):
    """Return the steps if each is a dict as above; ``samples`` is the number of images that may be loaded.

    Raises ValueError that names the first step that is not.
    """
    for i, step in enumerate(steps):
        kind = require.one_of(step.get("kind"), f"The kind of step {i}", tuple(KINDS))
        if missing := KINDS[kind] - set(step):
            raise ValueError(
                f"Step {i}, a {kind}, needs {', '.join(sorted(missing))}, got {sorted(step)}. Add what is missing."
            )
        if kind == "stroke" and (len(step["points"]) < 2 or len(step["points"]) % 2):
            raise ValueError(
                f"Step {i} has points [x, y, x, y, …], got {len(step['points'])} numbers. Give them in pairs."
            )
        if kind == "sample" and not 0 <= step["index"] < samples:
            raise ValueError(
                f"Step {i} loads sample 0 to {samples - 1}, got {step['index']}. Choose one of these."
            )
    return list(steps)


def ink_page(steps, samples):
    """Return the page (280, 280) after all steps, float32 from 0 (paper) to 1 (ink); samples uint8 (n, 784)."""
    ink = np.zeros((PAGE, PAGE), np.float32)
    starts = [i for i, step in enumerate(steps) if step["kind"] in ("clear", "sample")]
    steps = steps[starts[-1] :] if starts else steps
    shift = np.sum([(s["dx"], s["dy"]) for s in steps if s["kind"] == "move"] or [(0, 0)], axis=0)
    for step in steps:
        if step["kind"] == "move":
            shift = shift - (step["dx"], step["dy"])
        elif step["kind"] == "stroke":
            _stroke(ink, FINE * (np.reshape(step["points"], (-1, 2)) + shift), FINE * step["width"] / 2)
        elif step["kind"] == "cell":
            _cells(ink, np.float32([[step["ink"]]]), step["row"] + shift[1], step["col"] + shift[0])
        elif step["kind"] == "sample":
            _cells(ink, samples[step["index"]].reshape(SIDE, SIDE) / np.float32(255), shift[1], shift[0])
    return ink


def shrink_page(ink):
    """Return the page (280, 280) as the image (28, 28) of the means of its blocks."""
    return ink.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))


def _stroke(ink, points, radius):
    """Ink a line through points (n, 2), x and y in pixels of the page, its edge softened over one pixel."""
    ends = points[1:] if len(points) > 1 else points  # a single point is a dot
    for start, end in zip(points, ends):
        # Beyond the page both ends of the box are clipped to the same edge: nothing is near.
        low = np.clip(np.floor(np.minimum(start, end) - radius - 1), 0, PAGE).astype(int)
        high = np.clip(np.ceil(np.maximum(start, end) + radius + 1), 0, PAGE).astype(int)
        near = ink[low[1] : high[1], low[0] : high[0]]
        covered = _coverage(*np.mgrid[low[1] : high[1], low[0] : high[0]] + 0.5, start, end, radius)
        np.maximum(near, covered, out=near, casting="same_kind")


def _coverage(rows, cols, start, end, radius):
    """How much ink a straight piece leaves on pixels around (rows, cols): 1 within the radius, then falling to 0."""
    (dx, dy), (across, down) = end - start, (cols - start[0], rows - start[1])
    length2 = dx * dx + dy * dy
    along = np.clip((across * dx + down * dy) / length2, 0, 1) if length2 else 0.0
    return np.clip(radius - np.hypot(across - along * dx, down - along * dy) + 0.5, 0, 1)


def _cells(ink, image, row, col):
    """Set the blocks from (row, col) on to the values of image; those beyond the page are left out."""
    for (r, c), value in np.ndenumerate(image):
        if 0 <= row + r < SIDE and 0 <= col + c < SIDE:
            ink[(row + r) * FINE : (row + r + 1) * FINE, (col + c) * FINE : (col + c + 1) * FINE] = value
