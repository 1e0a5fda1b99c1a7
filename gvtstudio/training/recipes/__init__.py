"""How the bundled backbones were trained; each module can be run again with ``python -m``."""
