"""The command line; each command is a module in `commands/`, imported when it is called."""
