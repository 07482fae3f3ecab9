"""What `carousel train --processes N` becomes: torchrun's own launcher, which says in one sentence what ended a process.

carousel_launch.py N PROGRAM ARGUMENT...  The exit code is that of the process that failed first, or 128 + n after a signal.
"""

import logging
import os
import signal
import sys
import uuid

try:
    from torch.distributed.elastic.multiprocessing.api import DefaultLogsSpecs, SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch
except ImportError as missing:
    print(
        f"carousel: --processes starts torchrun's launcher, which {sys.executable} has not ({missing}): install torch there, or name "
        "another Python in CAROUSEL_PYTHON",
        file=sys.stderr,
    )
    sys.exit(77)


def main(count: str, program: str, *words: str) -> int:
    os.environ["CAROUSEL_LAUNCHED"] = str(os.getpid())  # how a process ended is said here, and none outlives this one
    logging.disable(logging.CRITICAL)  # the processes speak for themselves
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=int(count),
        run_id=uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        max_restarts=0,
        monitor_interval=0.1,
        logs_specs=DefaultLogsSpecs(log_dir=os.devnull),  # else every start leaves a folder
    )
    try:
        elastic_launch(config, entrypoint=program)(*words)
    except SignalException as stopped:
        return 128 + stopped.sigval
    except ChildFailedError as failed:
        codes = {rank: one.exitcode for rank, one in failed.failures.items()}
        told = [code for code in codes.values() if 0 < code < 128]
        killed = {rank: -code for rank, code in codes.items() if code < 0 and -code != signal.SIGTERM}
        if killed and not told:  # else it hung, as was told, and was ended by torchrun
            rank, number = min(killed.items())
            print(
                f"carousel: rank {rank} was ended by {signal.Signals(number).name}, and the training with it: go on from its last "
                "checkpoint with carousel train --resume RUN",
                file=sys.stderr,
            )
        return told[0] if told else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
