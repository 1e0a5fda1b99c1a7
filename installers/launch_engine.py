"""First file of the frozen program gvtstudio-engine, which the window starts for every job."""

import multiprocessing
import sys

if __name__ == "__main__":
    # A spawned child starts this file again; it must go its own way before anything is imported.
    multiprocessing.freeze_support()
    from gvtstudio.engine.__main__ import main

    sys.exit(main())
