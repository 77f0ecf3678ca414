"""`python -m colorizer_cli` is `colorize`."""

from colorizer_cli.cli.app import main

if __name__ == "__main__":
    main()
