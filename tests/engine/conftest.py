from tests.engine.fixtures import one_thread, stack, tiny_model

__all__ = ["one_thread", "stack", "tiny_model"]
