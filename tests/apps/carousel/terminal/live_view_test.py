"""carousel train --live on a terminal, which pyte plays."""

import os
import signal

import carousel_test

carousel_test.need("pyte")
from terminal import Terminal  # noqa: E402

WORDS = [
    "train",
    "adding",
    "--hidden",
    "8",
    "--layers",
    "2",
    "--length",
    "30",
    "--batch",
    "4",
    "--flow-every",
    "5u",
    "--stop-at",
    "none",
    "--validate-every",
    "0",
    "--validation-batches",
    "1",
    "--live",
]


class Live(carousel_test.ProgramTest):
    def start(self, columns=80, lines=24, updates="100000u", **environment):
        words = [*WORDS, "--train-for", updates, "--name", "run", "--overwrite"]
        terminal = Terminal(self.folder, words, columns, lines, **environment)
        self.addCleanup(os.close, terminal.terminal)
        return terminal

    def stop(self, terminal):
        os.write(terminal.terminal, b"\x03")  # as the keyboard would, with its echo
        terminal.show()
        self.assertEqual(terminal.exit_code(), 128 + signal.SIGINT)

    def assert_one_plot(self, text):
        self.assertEqual(text.count("log10 |dL/dh_t|, update "), 1, text)
        self.assertEqual(text.count("└"), 1, text)
        self.assertEqual(text.count("t = 30"), 1, text)

    def test_is_redrawn_in_place_above_the_progress(self):
        for columns, lines in ((80, 24), (120, 40), (50, 14)):
            with self.subTest(columns=columns):
                terminal = self.start(columns, lines)
                terminal.show(until=lambda screen: "\n[" in screen and "└" in screen)
                first = terminal.bytes.count(b"update ")
                terminal.show(
                    until=lambda screen, terminal=terminal, first=first: terminal.bytes.count(b"update ") > first + 5 and "\n[" in screen
                )
                self.assert_one_plot(terminal.text())
                last_line = terminal.text().rstrip().splitlines()[-1]
                self.assertRegex(last_line, r"^\[#*-*\] up ")
                self.stop(terminal)

    def test_leaves_the_last_plot_and_the_cursor_when_stopped(self):
        terminal = self.start()
        terminal.show(until=lambda screen: "└" in screen)
        terminal.show(until=lambda screen: "\n[" in screen)
        self.stop(terminal)
        self.assert_one_plot(terminal.text())
        self.assertIn("stopped by SIGINT", terminal.text())
        self.assertNotIn("\n[", terminal.text())  # the progress line is gone
        self.assertFalse(terminal.screen.cursor.hidden)
        self.assertEqual(terminal.screen.cursor.x, 0)

    def test_leaves_the_last_plot_at_the_end_of_a_short_run(self):
        terminal = self.start(updates="20u", lines=40)
        terminal.show()
        self.assertEqual(terminal.exit_code(), 0)
        self.assert_one_plot(terminal.text())
        self.assertIn("update 20  l0  l1", terminal.text())

    def test_has_colours_unless_they_are_refused(self):
        terminal = self.start(updates="20u")
        terminal.show()
        self.assertIn(b"\x1b[36m", terminal.bytes)
        terminal = self.start(updates="20u", NO_COLOR="1")
        terminal.show()
        self.assertNotRegex(terminal.bytes, rb"\x1b\[[0-9;]*m")
        self.assertIn("0 l0  1 l1", terminal.text())


carousel_test.main()
