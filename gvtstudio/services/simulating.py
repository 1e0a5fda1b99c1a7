"""A stack for a user who has none at hand."""

from gvtstudio.domain.job import SimulateRequest
from gvtstudio.services.job import Job
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.simulation import RECIPES


def simulate_stack(queue: JobQueue) -> Job | None:
    """Queue the simulation of a noisy stack; the session opens it when it is there."""
    recipe = next(iter(RECIPES.values()))
    return queue.submit(SimulateRequest(recipe=recipe.name, output_dir=""), "Simulating a stack")
