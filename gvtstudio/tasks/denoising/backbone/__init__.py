"""How the bundled model ``denoise-fluorescence-3d`` is made; every step can be run again.

1. ``python -m gvtstudio.tasks.denoising.backbone.train --data DATA --work FOLDER``
2. ``python -m gvtstudio.tasks.denoising.backbone.pack --data DATA --work FOLDER``
"""
