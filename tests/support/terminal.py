"""The program on a terminal, which pyte plays; who imports this needs pyte."""

import fcntl
import os
import pty
import select
import struct
import termios
import time

import pyte


class Terminal:
    """The program on a terminal of so many columns and lines."""

    def __init__(self, folder, words, columns, lines, **environment):
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.bytes = b""
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.environ.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment})
            program = os.environ["CAROUSEL_BINARY"]
            os.read(0, 1)  # until the terminal has its size
            os.execv(program, [program, *words])
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.write(self.terminal, b"\n")

    def show(self, until=lambda screen: False):
        """Takes in what the program writes until the screen is as wanted, or the program ends."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if not select.select([self.terminal], [], [], 0.1)[0]:
                continue
            try:
                data = os.read(self.terminal, 1 << 16)
            except OSError:  # the program has ended
                return
            self.bytes += data
            self.stream.feed(data)
            if until(self.text()):
                return

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def exit_code(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
