"""How the bundled model ``project-epithelium`` is made; both steps can be run again.

1. ``gvtstudio train --task projection --simulate projection --learning-rate 0.001 --minutes 16
   --validation-every 50 --out TRAINED``
2. ``python -m gvtstudio.tasks.projection.backbone.pack --trained TRAINED --out FILE`` measures it
   on simulated volumes that no training saw and writes the package.
"""
