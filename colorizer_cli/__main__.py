"""`python -m colorizer_cli` is `colorize`."""

from colorizer_cli.cli.app import command

if __name__ == "__main__":
    command()
