"""The window: pages, actions, viewer, forms and dialogs.

It never imports torch; heavy work is asked of the engine through ``services``.
"""
