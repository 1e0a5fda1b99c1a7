"""Values and rules every part of the program shares: no files, no Qt, no torch.

To add an error, add a class with its remedy to ``errors.py``; to add a setting, add a field to
``settings.py``. Everything here is frozen; a change makes a new value.
"""
