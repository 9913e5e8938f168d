"""What the doctor finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, and what to do when it is not."""

    ok: bool
    words: str


def well(words: str) -> Finding:
    """Find that something is as it should be."""
    return Finding(ok=True, words=words)


def wrong(words: str, do: str) -> Finding:
    """Find that something is not as it should be, and say what to do."""
    return Finding(ok=False, words=f"{words}: {do}")
