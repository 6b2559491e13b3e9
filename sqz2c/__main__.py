"""
python -m sqz2c, and the command sqz2c
"""

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line; Ctrl-C while it is loaded ends it as it does later."""
    try:
        from sqz2c.cli import main as commands  # takes seconds

        commands(prog_name="sqz2c")
    except KeyboardInterrupt:
        print("\nsqz2c: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
