"""`python -m transpiler` is `transpipe`."""

from transpiler.cli import main

if __name__ == "__main__":
    main()
