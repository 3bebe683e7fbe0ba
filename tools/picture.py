"""Draw the README's picture, book/_static/readme.svg: a network reads a digit."""

from pathlib import Path

import nndl
from nndl import plots
from nndl.plots import _style as style

TARGET = Path(__file__).parents[1] / "book" / "_static" / "readme.svg"


def main():
    """Train chapter 1's network on the embedded digits and draw what it answers to one of them."""
    train, _, test = nndl.load_digits()
    net = nndl.Network([nndl.Dense(784, 30), nndl.Dense(30, 10)], initializer=nndl.Large())
    net.fit(train, 30, eta=3.0, progress=False)
    fives = test.only(5)
    surest = net.feedforward(fives.x)[:, 5].argmax()
    answers = [f"{digit}   {a:.2f}" for digit, a in enumerate(net.feedforward(fives.x[surest]))]
    names = ["784 pixels", "30 hidden neurons", "10 digits"]
    ax = plots.network(net.sizes, outputs=answers, names=names, shown=10, width=7.6)
    low, high = ax.get_xlim()
    ax.set_xlim(low - 3.4, high + 0.4)
    picture = ax.inset_axes([low - 3.2, -1.9, 3.8, 3.8], transform=ax.transData)
    picture.imshow(fives.images[surest], cmap=style.ink)
    picture.set_axis_off()
    TARGET.write_text(style.svg(ax.figure))


if __name__ == "__main__":
    main()
