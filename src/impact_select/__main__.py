"""`python -m impact_select`."""

from impact_select.cli import main

if __name__ == "__main__":
    main()
