from gvtstudio.ui.actions import ACTIONS


def test_manual_lists_every_shortcut(root):
    text = (root / "docs" / "user" / "shortcuts.md").read_text(encoding="utf-8")
    missing = [
        row.name
        for row in ACTIONS
        if not any(
            f"| `{row.shortcut}` |" in line and row.help in line for line in text.splitlines()
        )
    ]
    assert missing == []
