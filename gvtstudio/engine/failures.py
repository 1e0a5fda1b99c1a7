"""Turns whatever went wrong into a sentence with a remedy. The one broad ``except`` is here."""

import traceback
from collections.abc import Callable

from gvtstudio.domain.errors import Cancelled, GvtError
from gvtstudio.domain.messages import Failed, Finished, Stopped

OUT_OF_MEMORY = Failed(
    "The memory of this computer or of its graphics card is full.",
    "Close other programs, choose smaller tiles, or compute on the processor.",
    exit_code=4,
)

CARD_LOST = Failed(
    "The graphics card does not answer any more.",
    "Restart the computer if it was switched off or its driver was changed, or compute on the "
    "processor (--device cpu).",
    exit_code=4,
)


def guarded(work: Callable[[], Finished]) -> Finished | Failed | Stopped:
    """The result of the work, or what stopped it; never raises."""
    try:
        return work()
    except Cancelled:
        return Stopped()
    except GvtError as error:
        return Failed(error.message, error.remedy, error.exit_code, _details(error))
    except MemoryError as error:
        return Failed(OUT_OF_MEMORY.message, OUT_OF_MEMORY.remedy, 4, _details(error))
    except Exception as error:
        return _unexpected(error)


def _unexpected(error: Exception) -> Failed:
    if "out of memory" in str(error).lower() or "not enough memory" in str(error):
        return Failed(OUT_OF_MEMORY.message, OUT_OF_MEMORY.remedy, 4, _details(error))
    if type(error).__name__ == "AcceleratorError" or "CUDA error" in str(error):
        return Failed(CARD_LOST.message, CARD_LOST.remedy, 4, _details(error))
    return Failed(
        f"The program made an error it did not expect ({type(error).__name__}: {error}).",
        "Please report it with the details; your files are unchanged.",
        exit_code=1,
        details=_details(error),
    )


def _details(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def exit_code(result: Finished | Failed | Stopped) -> int:
    """What the process returns: 0 done, 5 cancelled, else the failure's own."""
    if isinstance(result, Failed):
        return result.exit_code
    return Cancelled.exit_code if isinstance(result, Stopped) else 0
