"""What can go wrong, and what the user can do about it.

GvtError                  anything the program says in words
├── UsageError            exit 2: an option or name that does not exist
├── InputRefused          exit 3: the file or stack cannot be used as it is
│   ├── FileUnreadable        missing, no permission, damaged or no image
│   ├── StackUnsuitable       an image, but not one this task can work on
│   └── ModelRefused          a model package that is damaged or made for something else
├── ResourcesMissing      exit 4: not enough memory or disk
│   └── OutputUnwritable      the folder or file to write cannot be written
└── Cancelled             exit 5: the user asked to stop

Everything else is a fault of the program: exit 1.
"""


class GvtError(Exception):
    """One clear sentence and, apart from it, what the user can do.

    Args:
        message: What happened, in the user's terms, with the name of the file concerned.
        remedy: What to do about it; empty only where nothing can be done.
    """

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def sentence(self) -> str:
        """The message and the remedy as one line, as the command line prints it."""
        return f"{self.message} {self.remedy}".strip()


class UsageError(GvtError):
    """A command, option, name or value that does not exist."""

    exit_code = 2


class InputRefused(GvtError):
    """The input cannot be used as it is."""

    exit_code = 3


class FileUnreadable(InputRefused):
    """The file is missing, locked, damaged or no image."""


class StackUnsuitable(InputRefused):
    """The file is an image, but not one the task can work on."""


class ModelRefused(InputRefused):
    """The model package is damaged, or made for another task or kind of data."""


class ResourcesMissing(GvtError):
    """Not enough memory or disk space for what was asked."""

    exit_code = 4


class OutputUnwritable(ResourcesMissing):
    """The place to write to cannot be written."""


class Cancelled(GvtError):
    """The user asked to stop."""

    exit_code = 5

    def __init__(self) -> None:
        super().__init__("Cancelled.", "")
