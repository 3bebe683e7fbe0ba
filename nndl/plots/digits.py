"""Pictures of digits: samples, strips with cuts, weights as images, the confusion matrix."""

import numpy as np
from matplotlib.patches import Rectangle

from nndl.plots._style import BLUE, ORANGE, diverging, figure, ink

__all__ = ["confusion", "digits", "strip", "weights"]


def digits(images, titles=None, *, cols=10, tile=0.62):
    """Draw images (n, rows, cols) in rows of ``cols``, each with its title above it, if any.

    tile: width of one image in inches. Ink is dark, as on paper: pixel 0 is white and 1 is black.
    """
    images = np.asarray(images)
    rows = -(-len(images) // cols)
    tall = tile * (1.32 if titles is not None else 1.0)
    with figure(cols * tile, rows * tall, rows=rows, cols=cols, squeeze=False) as (fig, axes):
        fig.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
        for ax in axes.flat:
            ax.axis("off")
        for i, (ax, image) in enumerate(zip(axes.flat, images)):
            ax.imshow(image, cmap=ink, vmin=0, vmax=1)
            if titles is not None:
                ax.set_title(titles[i], fontsize=9, pad=2)
    return axes


def strip(image, cuts=(), labels=(), confidences=()):
    """Draw a strip of digits (rows, cols), with cuts as lines and each segment's label under it.

    cuts: columns at which the strip is cut, ends not included; confidences in [0, 1].
    """
    image = np.asarray(image)
    rows, cols = image.shape
    wide = min(7.2, 0.042 * cols + 0.4)
    with figure(wide, wide * rows / cols + 0.5) as (_, ax):
        ax.imshow(image, cmap=ink, vmin=0, vmax=1)
        for cut in cuts:
            ax.plot([cut - 0.5] * 2, [-0.5, rows - 0.5], color=ORANGE, linewidth=1.4)
        edges = [0, *cuts, cols]
        for i, label in enumerate(labels):
            middle = (edges[i] + edges[i + 1]) / 2
            ax.text(middle, rows + 1, str(label), ha="center", va="top", fontsize=12, color=BLUE)
            if len(confidences):
                ax.text(middle, rows + 6, f"{confidences[i]:.2f}", ha="center", va="top", fontsize=8)
        ax.set(xlim=(-0.5, cols - 0.5), ylim=(rows + 10 if len(labels) else rows - 0.5, -0.5))
        ax.axis("off")
    return ax


def weights(w, *, titles=None, cols=10, tile=0.7):
    """Draw each row of w (n, pixels) as a square image: orange positive, blue negative, paper zero."""
    w = np.asarray(w)
    side = round(w.shape[1] ** 0.5)
    rows = -(-len(w) // cols)
    with figure(cols * tile, rows * tile * (1.25 if titles else 1), rows=rows, cols=cols, squeeze=False) as (
        fig,
        axes,
    ):
        fig.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.06, hspace=0.06)
        for ax in axes.flat:
            ax.axis("off")
        for i, (ax, row) in enumerate(zip(axes.flat, w)):
            largest = np.abs(row).max() or 1.0
            ax.imshow(row.reshape(side, side), cmap=diverging, vmin=-largest, vmax=largest)
            if titles:
                ax.set_title(titles[i], fontsize=9, pad=2)
    return axes


def confusion(matrix):
    """Draw a confusion matrix of counts, true digits down, answers across; errors carry the color."""
    matrix = np.asarray(matrix)
    errors = matrix - np.diag(np.diag(matrix))
    side = range(len(matrix))
    with figure(4.6, 4.4) as (_, ax):
        for row in side:
            for col in side:
                share = errors[row, col] / max(errors.max(), 1)
                corner = (col - 0.46, row - 0.46)
                ax.add_patch(Rectangle(corner, 0.92, 0.92, color=ORANGE, alpha=0.6 * share, linewidth=0))
                if matrix[row, col]:
                    ax.text(col, row, str(matrix[row, col]), ha="center", va="center", fontsize=8)
        ax.set(xlabel="the network's answer", ylabel="the digit", xticks=side, yticks=side, aspect="equal")
        ax.set(xlim=(-0.6, len(matrix) - 0.4), ylim=(len(matrix) - 0.4, -0.6))
        ax.tick_params(length=0)
    return ax
