"""Files: image stacks in and out, projects, settings, job folders and where everything lies.

To read another file format, add a row to ``formats/__init__.py``; to write one, a row to
``exports/__init__.py``.
"""
