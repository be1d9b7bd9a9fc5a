"""`python -m catnn` is the command `catnn`."""

import sys

from catnn.cli.main import main

sys.exit(main())
