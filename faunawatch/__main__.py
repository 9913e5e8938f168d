"""`python -m faunawatch` is the `faunawatch` command; workers start their jobs this way."""

from faunawatch.cli import app

if __name__ == "__main__":
    app()
