"""The second process: reads a request, does it, and says how it goes.

To add a kind of job: a request in ``domain/job.py``, a module here with
``run(request, folder, reporter) -> Finished``, and a line in ``dispatch.HANDLERS``.
"""
