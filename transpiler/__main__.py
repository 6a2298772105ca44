"""`python -m transpiler` is `transpipe`."""

from transpiler.entry import main

if __name__ == "__main__":
    main()
