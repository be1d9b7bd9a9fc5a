"""`python -m benchmarks`: the comparison with the libraries that people use."""

from benchmarks.reference import main

main()
