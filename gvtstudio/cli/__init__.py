"""The command line: every capability of the window, with the same engine behind it.

To add a command: a module here with ``add_arguments(parser)`` and ``run(options) -> int``, and a
line in ``COMMANDS``. Modules are imported when their command is used.
"""

COMMANDS: dict[str, tuple[str, str]] = {
    "restore": ("gvtstudio.cli.restore", "restore stacks with a model"),
    "train": ("gvtstudio.cli.train", "train a model from pairs or from a simulation"),
    "isotropic": ("gvtstudio.cli.isotropic", "train on one stack and make it isotropic"),
    "evaluate": ("gvtstudio.cli.evaluate", "measure a restored stack against its target"),
    "analyse": ("gvtstudio.cli.analyse", "profiles, spectra, resolution, regions, spots"),
    "simulate": ("gvtstudio.cli.simulate", "make noisy stacks with known truth"),
    "register": ("gvtstudio.cli.register", "find a stack in one of higher magnification"),
    "rerun": ("gvtstudio.cli.rerun", "make a result again and compare"),
    "methods": ("gvtstudio.cli.methods", "a methods paragraph and citations for results"),
    "export": ("gvtstudio.cli.export", "write a stack to another format"),
    "figure": ("gvtstudio.cli.figure", "draw stacks side by side as a picture"),
    "movie": ("gvtstudio.cli.movie", "a movie of a way through planes or time points"),
    "project": ("gvtstudio.cli.project", "what is in a project; find its files, pack it"),
    "info": ("gvtstudio.cli.info", "axes, size, type, channels and voxel size of a file"),
    "models": ("gvtstudio.cli.models", "list, show, import and export models"),
    "architectures": ("gvtstudio.cli.architectures", "list the networks, or show one in detail"),
    "demo": ("gvtstudio.cli.demo", "simulate, restore, measure and compare"),
}
