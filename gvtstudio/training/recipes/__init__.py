"""How the bundled backbones were trained: run again with ``python -m gvtstudio.training.recipes.NAME``."""
