"""Dialogs; every one is opened without blocking and answers through a signal or callable."""
