"""What is shown while a table is read, from a pipe that gives its rows slowly."""

import os
import threading
import time

import carousel_test

carousel_test.need("pyte")
from terminal import Terminal  # noqa: E402

ROW = "{},%s\n" % ("x" * 90)


class Reading(carousel_test.ProgramTest):
    def setUp(self):
        super().setUp()
        self.table("old.csv", 300)
        self.carousel(
            "train", "series", "--data", "old.csv", "--target", "y", "--inputs", "y", "--hidden", "4", "--train-for", "3u",
            "--threads", "1", "--name", "run", "--quiet",
        )  # fmt: skip
        os.mkfifo(self.folder / "new.csv")

    def table(self, name, rows):
        (self.folder / name).write_text("y,note\n" + "".join(ROW.format(i % 17) for i in range(rows)))

    def feed(self, goes_on):
        """Rows of more than one block, then the rest once it goes on."""
        with open(self.folder / "new.csv", "w") as pipe:
            pipe.write("y,note\n")
            for i in range(60_000):
                pipe.write(ROW.format(i % 17))
            pipe.flush()
            time.sleep(0.6)
            for i in range(100):
                pipe.write(ROW.format(i % 17))
            pipe.flush()
            goes_on.wait(60)

    def test_is_one_line_with_the_rows_that_is_wiped(self):
        goes_on = threading.Event()
        feeder = threading.Thread(target=self.feed, args=(goes_on,))
        feeder.start()
        words = ["predict", "runs/run", "--data", "new.csv", "--every", "0", "--output", "out.csv"]
        terminal = Terminal(self.folder, words, 80, 24)
        self.addCleanup(os.close, terminal.terminal)
        terminal.show(until=lambda screen: "rows" in screen)
        self.assertRegex(terminal.text(), r"\[-+\] reading new\.csv: \d+k rows")
        goes_on.set()
        terminal.show()
        feeder.join()
        self.assertEqual(terminal.exit_code(), 0)
        self.assertNotIn("reading", terminal.text())
        self.assertTrue((self.folder / "out.csv").exists())

    def test_is_not_shown_where_there_is_no_terminal(self):
        goes_on = threading.Event()
        goes_on.set()
        feeder = threading.Thread(target=self.feed, args=(goes_on,))
        feeder.start()
        done = self.carousel("predict", "runs/run", "--data", "new.csv", "--every", "0", "--output", "out.csv")
        feeder.join()
        self.assertEqual(done.stderr, "")


carousel_test.main()
