"""The bar above the pages that says what happened and what to do."""

from collections import deque

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from gvtstudio.services.notifications import Notice, Notifications
from gvtstudio.ui.actions import ACTIONS
from gvtstudio.ui.widgets.labels import styled_label

INFO_SHOWN_MS = 8000
MAX_WAITING = 50
_TITLES = {row.name: row.text for row in ACTIONS}


class NoticeBar(QFrame):
    """Shows one notice at a time; never blocks, never takes the focus.

    Args:
        notifications: Where notices come from.
        parent: Qt parent.
    """

    action_requested = Signal(str)
    """Name of the command that the notice on screen offers."""

    def __init__(self, notifications: Notifications, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("noticeBar")
        self._waiting: deque[Notice] = deque(maxlen=MAX_WAITING)
        self._shown: Notice | None = None
        self._sentence = styled_label("", "subheading", self)
        self._remedy = styled_label("", "quiet", self)
        self.action_button = QPushButton(self)
        self._details = QPushButton("Details", self)
        self._details.setCheckable(True)
        self._dismiss = QPushButton("Dismiss", self)
        self._dismiss.setToolTip("Close this message (the next one follows).")
        self._details_text = styled_label("", "quiet", self)
        self._timer = QTimer(self, singleShot=True, interval=INFO_SHOWN_MS)
        self._build()
        self._connect_signals(notifications)
        self.hide()

    def _build(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.setSpacing(10)
        layout.addWidget(self._sentence, 3)
        layout.addWidget(self._remedy, 3)
        layout.addWidget(self._details_text, 4)
        layout.addWidget(self.action_button)
        layout.addWidget(self._details)
        layout.addWidget(self._dismiss)

    def _connect_signals(self, notifications: Notifications) -> None:
        notifications.noticed.connect(self._take)
        notifications.withdrawn.connect(self._withdraw)
        self._dismiss.clicked.connect(self.dismiss)
        self.action_button.clicked.connect(self._act)
        self._details.toggled.connect(self._details_text.setVisible)
        self._timer.timeout.connect(self.dismiss)

    @property
    def shown(self) -> Notice | None:
        """The notice on screen."""
        return self._shown

    @property
    def waiting(self) -> tuple[Notice, ...]:
        """Notices that follow when the one on screen is dismissed."""
        return tuple(self._waiting)

    def dismiss(self) -> None:
        """Close the notice on screen and show the next."""
        self._shown = None
        self._timer.stop()
        if self._waiting:
            self._show(self._waiting.popleft())
        else:
            self.hide()

    def _act(self) -> None:
        action = "" if self._shown is None else self._shown.action
        self.dismiss()
        self.action_requested.emit(action)

    def _withdraw(self, action: str) -> None:
        left = [notice for notice in self._waiting if notice.action != action]
        self._waiting = deque(left, maxlen=MAX_WAITING)
        if self._shown is not None and self._shown.action == action:
            self.dismiss()
        else:
            self._name_dismiss()

    def _take(self, notice: Notice) -> None:
        if notice == self._shown or notice in self._waiting:
            return
        if self._shown is None or _goes_away(self._shown):
            self._show(notice)
        elif _goes_before(notice, self._shown):
            self._waiting.appendleft(self._shown)
            self._show(notice)
        else:
            self._waiting.append(notice)
            self._name_dismiss()

    def _show(self, notice: Notice) -> None:
        self._shown = notice
        self._sentence.setText(notice.sentence)
        self._remedy.setText(notice.remedy)
        self._remedy.setVisible(bool(notice.remedy))
        self.action_button.setVisible(bool(notice.action))
        self.action_button.setText(_TITLES.get(notice.action, ""))
        self._details.setVisible(bool(notice.details))
        self._details.setChecked(False)
        self._details_text.setText(notice.details[-1500:])
        self._details_text.setVisible(False)
        self._name_dismiss()
        self.setProperty("level", notice.level)
        self.style().unpolish(self)
        self.style().polish(self)
        self.setAccessibleName(f"{notice.sentence} {notice.remedy}")
        if _goes_away(notice):
            self._timer.start()
        self.show()

    def _name_dismiss(self) -> None:
        count = len(self._waiting)
        self._dismiss.setText(f"Next ({count} more)" if count else "Dismiss")


def _goes_before(notice: Notice, shown: Notice) -> bool:
    """Whether a notice need not wait: errors, offers of help and answers go before warnings."""
    is_wanted = bool(notice.action or notice.stays) and not (shown.action or shown.stays)
    return shown.level == "warning" and (notice.level == "error" or is_wanted)


def _goes_away(notice: Notice) -> bool:
    return notice.level == "info" and not notice.stays
