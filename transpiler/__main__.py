"""`python -m transpiler` is `transpipe`."""

from transpiler.hook import main

if __name__ == "__main__":
    main()
