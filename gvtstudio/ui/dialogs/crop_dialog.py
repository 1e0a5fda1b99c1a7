"""Seeing a training learn."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.training_crop import CropReader, TrainingCrop
from gvtstudio.services.training_words import score_words
from gvtstudio.ui.widgets.labels import styled_label

_SIDE_PX = 280


class CropDialog(QDialog):
    """One crop kept apart: as it was measured, as it is restored now, and as it should be.

    It follows the training while that is at work, and keeps its last images afterwards.

    Args:
        queue: Tells when there is more to see.
        job_id: The training.
        parent: Qt parent.
    """

    def __init__(self, queue: JobQueue, job_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("What the training makes of one crop")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._queue = queue
        self._job_id = job_id
        self._path = ""
        self._reader = CropReader(self)
        self.images: dict[str, QLabel] = {}
        self._grid = QGridLayout()
        self.words = styled_label("", "quiet", self)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addLayout(self._grid)
        column.addWidget(self.words)
        column.addWidget(buttons)
        self._reader.crop_read.connect(self._show)
        self.finished.connect(self._reader.shut_down)
        queue.jobs_changed.connect(self._look)
        self._look()

    def _look(self) -> None:
        job = self._queue.job(self._job_id)
        if job is None:
            return
        if job.score is not None:
            self.words.setText(score_words(job.score))
        if job.crop and job.crop != self._path:
            self._path = job.crop
            self._reader.read(job.crop)

    def _show(self, crop: TrainingCrop) -> None:
        for place, image in enumerate(crop.images):
            if image.name not in self.images:
                self._add(image.name, place)
            height, width = image.pixels.shape
            drawn = QImage(
                image.pixels.tobytes(), width, height, width, QImage.Format.Format_Grayscale8
            )
            self.images[image.name].setPixmap(
                QPixmap.fromImage(drawn).scaled(
                    QSize(_SIDE_PX, _SIDE_PX), Qt.AspectRatioMode.KeepAspectRatio
                )
            )

    def _add(self, name: str, place: int) -> None:
        label = QLabel(self)
        label.setMinimumSize(_SIDE_PX, _SIDE_PX)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setAccessibleName(name)
        self._grid.addWidget(styled_label(name, "subheading", self), 0, place)
        self._grid.addWidget(label, 1, place)
        self.images[name] = label
