"""``python -m nndl.grading``: the grading commands on their own."""

import sys

from nndl.grading.cli import main

sys.exit(main())
