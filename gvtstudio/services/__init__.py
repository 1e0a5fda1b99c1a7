"""Everything behind the window that is no widget: jobs, session, project, settings, notices.

Qt signals are the one way by which anything here tells that it changed; each carries one frozen
value.
"""
