"""Two hosts on one machine: network namespaces, joined by a link."""

import contextlib
import os
import shutil
import subprocess
from collections import namedtuple

Host = namedtuple("Host", "name address")  # a namespace, whose end of the link has the same name


class NoHostsError(Exception):
    """Why there are none."""


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise NoHostsError(f"no network namespaces here: {done.stderr.strip()}")


@contextlib.contextmanager
def two_hosts():
    """Both, for the time of a with statement; throws NoHostsError where none can be made."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        raise NoHostsError("network namespaces need root, and the command ip")
    hosts = [Host(f"cs{os.getpid()}{end}", f"10.77.0.{number}") for number, end in enumerate("ab", 1)]
    with contextlib.ExitStack() as undone:
        for host in hosts:
            ip("netns", "add", host.name)
            undone.callback(ip, "netns", "del", host.name)
        ip("link", "add", hosts[0].name, "type", "veth", "peer", "name", hosts[1].name)
        for name, address in hosts:
            ip("link", "set", name, "netns", name)
            ip("-n", name, "addr", "add", f"{address}/24", "dev", name)
            for device in (name, "lo"):
                ip("-n", name, "link", "set", device, "up")
        yield hosts


def inside(host):
    """What is put before a command that is to run there."""
    return ["ip", "netns", "exec", host.name]
