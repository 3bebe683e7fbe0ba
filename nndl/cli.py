"""The command line: ``nndl train``, ``nndl data``, ``nndl grade``, ``nndl exercises``.

Exit codes: 0 done, 1 failed, 2 wrong use.
"""

import argparse
import sys

__all__ = ["main"]


def main(argv=None):
    """Run one command; return its exit code."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if not hasattr(arguments, "run"):
        parser.print_help()
        return 2
    try:
        return arguments.run(arguments) or 0
    except KeyboardInterrupt:
        print("\nStopped. Nothing was half written.", file=sys.stderr)
        return 1
    except (OSError, ValueError, TypeError) as error:
        print(f"nndl {arguments.command}: {error}", file=sys.stderr)
        return 1


def _parser():
    from nndl import __version__
    from nndl.grading.cli import add_commands

    parser = argparse.ArgumentParser(
        prog="nndl",
        description="Neural networks and deep learning: train networks, fetch data, hand out and grade exercises.",
        epilog="Each command explains itself: nndl COMMAND --help",
    )
    parser.add_argument("--version", action="version", version=f"nndl {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    _add_train(commands)
    _add_data(commands)
    add_commands(commands)
    return parser


def _add_train(commands):
    p = commands.add_parser(
        "train",
        help="train a network of dense layers to read digits",
        description="Train a network to read handwritten digits. Without options: chapter 1's own run, "
        "784-30-10 sigmoid neurons, quadratic cost, eta 3.0, mini-batches of 10, 30 epochs.",
    )
    p.add_argument("--sizes", default="784,30,10", help="neurons from input to output (default: %(default)s)")
    p.add_argument(
        "--epochs", type=int, default=30, help="passes over the training data (default: %(default)s)"
    )
    p.add_argument("--batch-size", type=int, default=10, help="examples per step (default: %(default)s)")
    p.add_argument("--eta", type=float, default=3.0, help="learning rate, per step (default: %(default)s)")
    p.add_argument("--lmbda", type=float, default=0.0, help="L2 regularization (default: %(default)s)")
    p.add_argument("--mu", type=float, default=0.0, help="momentum coefficient (default: %(default)s)")
    p.add_argument(
        "--cost", default="Quadratic", choices=["Quadratic", "CrossEntropy"], help="(default: %(default)s)"
    )
    p.add_argument(
        "--start",
        default="Large",
        choices=["Large", "Default"],
        help="initial weights (default: %(default)s)",
    )
    p.add_argument("--seed", type=int, default=0, help="fixes weights and shuffles (default: %(default)s)")
    p.add_argument("--data", default="auto", choices=["auto", "mnist", "digits"],
                   help="auto: MNIST where it is at hand, else the digits that need no download")  # fmt: skip
    p.add_argument("--save", metavar="FILE", help="write the trained network to FILE (.json or .npz)")
    p.add_argument(
        "--checkpoint",
        metavar="FILE",
        help="keep the run in FILE (.npz) as it goes; after a crash the same command goes on from there",
    )
    p.add_argument("--quiet", action="store_true", help="print the last line only")
    p.set_defaults(run=train)


def _add_data(commands):
    p = commands.add_parser(
        "data",
        help="fetch or check MNIST",
        description="Find MNIST ($NNDL_DATA, the cache, or a download), check every byte, and say what is there.",
    )
    p.add_argument("--folder", help="a folder with the four IDX files")
    p.set_defaults(run=data)


def train(arguments):
    """Train a dense network as asked, with a line per epoch and a progress bar; print the test accuracy."""
    import nndl
    from nndl import datasets

    try:
        sizes = [int(n) for n in arguments.sizes.split(",")]
    except ValueError:
        raise ValueError(f"--sizes takes whole numbers such as 784,30,10; got {arguments.sizes!r}.") from None
    load = {"auto": "load_any", "mnist": "load_mnist", "digits": "load_digits"}[arguments.data]
    training, validation, test = getattr(datasets, load)()
    layers = [nndl.Dense(n_in, n_out) for n_in, n_out in zip(sizes, sizes[1:])]
    cost, start = getattr(nndl, arguments.cost)(), getattr(nndl, arguments.start)()
    net = nndl.Network(layers, cost=cost, seed=arguments.seed, initializer=start)
    if not arguments.quiet:
        print(f"{net} on {training}")
    shown = {"progress": False} if arguments.quiet else {"progress": 0.1, "on_epoch": _say}
    history = net.fit(
        training,
        arguments.epochs,
        batch_size=arguments.batch_size,
        eta=arguments.eta,
        lmbda=arguments.lmbda,
        mu=arguments.mu,
        validation=validation,
        checkpoint=arguments.checkpoint,
        **shown,
    )
    if arguments.save:
        net.save(arguments.save)
    seconds = sum(history.seconds)
    print(
        f"test accuracy {net.accuracy(test):.2%} after {history.epochs} epochs, {seconds:.2f} s of training"
    )
    return int(history.diverged is not None)


def _say(history):
    from tqdm.auto import tqdm

    tqdm.write(str(history))


def data(arguments):
    """Load MNIST from wherever it is, checked, and print the three parts."""
    from nndl import load_mnist

    for name, part in zip(("training", "validation", "test"), load_mnist(arguments.folder)):
        print(f"{name:10}  {len(part):6,} images of {part.x.shape[1]} pixels")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
