"""Every code of a diagnostic with its title; `catnn/explain/` has a page for each."""

CODES: dict[str, str] = {
    # E08xx: lowering and run time
    "E0801": "no backend is installed",
    # E05xx: parameters
    "E0591": "weights do not fit the model",
}
