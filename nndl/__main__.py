"""``python -m nndl`` is the command ``nndl``."""

from nndl.cli import main

raise SystemExit(main())
