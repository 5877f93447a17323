"""`python -m modelwise`: the command line, where the `modelwise` script is not on the path."""

from .ui.cli import main

if __name__ == "__main__":
    main()
