"""Forms made from declared parameters; nothing here knows a task by name."""
