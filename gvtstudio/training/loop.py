"""One training loop for every task.

Nothing random is kept between steps: the batch of step n is drawn from (seed, n). A training that
was interrupted and resumed on the same processor therefore ends with the same bits. Where a loss is
no number any more the training goes back to the last state known to be good, learns half as fast
from there, and gives up after the third time.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.errors import Cancelled, InputRefused
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.specs import load_callable, look_up
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.training.batches import AheadOfTime, Batch, step_seed
from gvtstudio.training.checkpoint import TrainingState, load_checkpoint, save_checkpoint
from gvtstudio.training.clock import TrainingClock
from gvtstudio.training.history import HistoryFile
from gvtstudio.training.learner import Learner, LoopSettings
from gvtstudio.training.previews import Previews
from gvtstudio.training.schedules import SCHEDULES
from gvtstudio.training.validation import Judge

STAGE = "Training"
SNAPSHOT_EVERY = 50
"""Steps after which the state is kept in memory, for going back to."""
MOST_SETBACKS = 3
UNCALIBRATED = Calibration()

OnBest = Callable[[TrainingState], None]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a task gives the loop to learn from.

    Args:
        batches: The batch of each step, which follows from the step alone; called from threads.
        judge: How it is validated.
        calibration: Of the crop that previews show.
    """

    batches: Callable[[int], Batch]
    judge: Judge
    calibration: Calibration = UNCALIBRATED


class TrainingLoop:
    """Trains what a learner holds.

    Args:
        learner: Changes the weights.
        lesson: What to learn from.
        settings: How to train.
        folder: For the checkpoint, the history and the previews.
        fingerprint: Identifies this training; see ``TrainingState``.
    """

    def __init__(
        self,
        learner: Learner,
        lesson: Lesson,
        settings: LoopSettings,
        *,
        folder: JobFolder,
        fingerprint: str,
    ) -> None:
        self._lesson = lesson
        self._settings = settings
        self._folder = folder
        self._learner = learner
        self._schedule = load_callable(look_up(SCHEDULES, "schedule", settings.schedule))
        self._history = HistoryFile(folder.history_path)
        self._previews = Previews(folder.preview_dir, lesson.calibration)
        self._state = TrainingState(fingerprint, self._learner.weights())
        self._good: tuple[int, dict[str, Any]] = (0, {})

    def resume(self) -> bool:
        """Go on from the checkpoint in the folder; ``False`` where there is none.

        Raises:
            FileUnreadable: It is damaged or belongs to another training.
        """
        state = load_checkpoint(self._folder.checkpoint_dir, self._state.fingerprint)
        if state is None:
            return False
        self._state = state
        self._learner.go_on_from(state.learner)
        return True

    def run(self, reporter: JobReporter, on_best: OnBest | None = None) -> TrainingState:
        """Train to the end, until time, patience or the user ends it, and keep the best weights.

        Args:
            reporter: Hears of every step and validation.
            on_best: Called with every new best state after the first step.

        Raises:
            Cancelled: The user stopped; the checkpoint holds everything.
            InputRefused: The loss is not finite any more, however slowly it learns.
        """
        settings, state = self._settings, self._state
        clock = TrainingClock(settings.minutes, state.seconds)
        begun = state.step if state.history else -1
        self._history.begin(begun)
        self._previews.begin(begun)
        self._keep_as_good()
        is_last = state.step >= settings.steps or self._has_lost_patience(reporter)
        with AheadOfTime(self._lesson.batches, settings.workers, settings.steps) as ahead:
            try:
                if state.start_score is None:
                    self._judge_start(reporter, clock)
                while not is_last:
                    loss = self._step(ahead, clock, reporter)
                    is_last = (
                        state.step >= settings.steps or clock.is_over() or reporter.should_finish()
                    )
                    if is_last or state.step % settings.validation_every == 0:
                        self._validate(loss, clock, reporter, on_best)
                    is_last = is_last or self._has_lost_patience(reporter)
                    total = state.step if is_last else self._expected_steps(clock)
                    reporter.progress(STAGE, state.step, total, "steps")
            except Cancelled:
                self._save(clock)
                raise
        return state

    def _step(self, ahead: AheadOfTime, clock: TrainingClock, reporter: JobReporter) -> float:
        """Go one step further, perhaps after some steps back; the loss."""
        state, settings = self._state, self._settings
        while True:
            seed = step_seed(settings.seed, state.step)
            loss = self._learner.learn(ahead.batch(state.step), self._rate(clock), seed)
            if math.isfinite(loss):
                break
            self._go_back(reporter)
        state.step += 1
        if state.step % SNAPSHOT_EVERY == 0:
            self._keep_as_good()
        return loss

    def _has_lost_patience(self, reporter: JobReporter) -> bool:
        """Whether too many validations have come since the best one."""
        state, patience = self._state, self._settings.patience
        since = sum(row["step"] > state.best_step for row in state.history)
        if not patience or since < patience:
            return False
        reporter.log(
            f"None of the last {since} validations was better than that of step "
            f"{state.best_step}: the training ends at step {state.step}."
        )
        return True

    def _expected_steps(self, clock: TrainingClock) -> int:
        """How many it will have been when all are done or, where sooner, the time is over."""
        step, share = self._state.step, clock.share()
        in_time = step / share if share else math.inf
        return max(step + 1, round(min(self._settings.steps, in_time)))

    def _rate(self, clock: TrainingClock) -> float:
        """Learning rate of the coming step; it falls with the steps or, where faster, the clock."""
        state, settings = self._state, self._settings
        done = max(state.step / settings.steps, clock.share())
        return settings.learning_rate * state.rate_factor * float(self._schedule(done))

    def _go_back(self, reporter: JobReporter) -> None:
        state = self._state
        if state.setbacks == MOST_SETBACKS:
            raise InputRefused(
                f"The training diverged at step {state.step + 1}: the loss is no number any more, "
                f"also with a learning rate divided by {round(1 / state.rate_factor)}.",
                "Lower the learning rate, switch gradient clipping on, or look for extreme values "
                "in the pairs.",
            )
        failed = state.step + 1
        state.step, kept = self._good
        self._learner.go_on_from(kept)
        state.setbacks += 1
        state.rate_factor /= 2
        reporter.log(
            f"At step {failed} the loss was no number any more; the training went back to step "
            f"{state.step} and goes on from there with half the learning rate.",
            "warning",
        )

    def _keep_as_good(self) -> None:
        self._good = (self._state.step, self._learner.state())

    def _judge_start(self, reporter: JobReporter, clock: TrainingClock) -> None:
        """Validate what the training begins with, so that one can see whether it gets better."""
        scores = self._judged(reporter)
        self._state.start_score = scores.get(self._lesson.judge.score, math.inf)
        if scores:
            self._note(math.nan, scores, clock, reporter)

    def _validate(
        self, loss: float, clock: TrainingClock, reporter: JobReporter, on_best: OnBest | None
    ) -> None:
        """Judge the weights, remember the best ones, and save everything."""
        state = self._state
        with clock.counting_validation():
            scores = self._judged(reporter)
            score = scores.get(self._lesson.judge.score, math.inf)
            is_best = score < state.best_score or not scores
            if is_best:
                state.best_score, state.best_step = score, state.step
                state.best_weights = self._learner.weights()
            if all(map(math.isfinite, scores.values())) or score == 0:
                self._keep_as_good()
            self._note(loss, scores, clock, reporter)
            self._save(clock)
            if is_best and on_best is not None:
                on_best(state)

    def _judged(self, reporter: JobReporter) -> dict[str, float]:
        judge, step = self._lesson.judge, self._state.step
        with self._learner.answering():
            scores = judge.numbers(self._learner)
            images = judge.preview(self._learner)
        if images:
            reporter.preview(self._previews.add(step, images))
        return scores

    def _note(
        self, loss: float, scores: dict[str, float], clock: TrainingClock, reporter: JobReporter
    ) -> None:
        """Tell the numbers of a validation and keep them."""
        state = self._state
        state.history.append({"step": float(state.step), **scores})
        rate = self._rate(clock)
        row = {"step": state.step, "loss": loss, **scores, "learning_rate": rate}
        self._history.add({**row, "seconds": clock.seconds()})
        best_step = float(state.best_step if state.is_better_than_start else 0)
        told = {"loss": loss, **scores, "learning_rate": rate, "best_step": best_step}
        # a number without an end cannot be written in a message
        reporter.score(state.step, {n: v for n, v in told.items() if math.isfinite(v)})

    def _save(self, clock: TrainingClock) -> None:
        self._state.learner = self._learner.state()
        self._state.seconds = clock.seconds()
        save_checkpoint(self._folder.checkpoint_dir, self._state)
