"""One module for each command: `arguments(parser)` and `run(options) -> exit status`."""
