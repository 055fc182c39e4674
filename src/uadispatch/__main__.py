"""``python -m uadispatch``: the same as the command ``uadispatch``."""

from uadispatch.cli import main

main()
