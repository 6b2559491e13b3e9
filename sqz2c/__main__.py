"""
python -m sqz2c
"""

from sqz2c.cli import main

if __name__ == "__main__":
    main()
