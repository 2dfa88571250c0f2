"""What stands between a program and its server: `python -I -S _keeper.py grace scratch… -- command…`.

Two processes see to it that no death leaves the server behind, by the same means on Linux and macOS::

    program ──(standard input)──► keeper ──► valkey-server
             └──────────────────────┴─────► watcher

The keeper starts the server and waits for it. The watcher sleeps on two pipes, which end with the program and
with the keeper, and then ends the group: SIGTERM, SIGKILL. If the watcher dies, the keeper ends the server.
A pipe belongs to a process, not to a thread: the thread that started the server may end. The group is a
session of its own: Ctrl-C in the terminal passes it by. Both killed in the same instant leave the server up.

A script, not a module of `upcast`: it is up in 10 ms, before the package would be imported.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys


def _watch(keeper_gone: int, both_gone: int, grace: float, scratch: list[str]) -> None:
    select.select([0, keeper_gone], [], [])
    os.killpg(0, signal.SIGTERM)
    select.select([both_gone], [], [], grace)
    _clean_up(scratch)
    os.killpg(0, signal.SIGKILL)


def _clean_up(scratch: list[str]) -> None:
    # At the end of the pipe the program is gone, or has dropped the server: it does not clean up.
    if select.select([0], [], [], 0)[0]:
        import shutil  # 7 ms that only this case pays for

        for directory in scratch:
            shutil.rmtree(directory, ignore_errors=True)


def _keep(grace: float, scratch: list[str], command: list[str]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, as it may be inherited, it would blind wait()
    # The watcher sends it, and shall live on; the keeper shall live until there is a server to pass it on to.
    signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGTERM])
    keeper_gone, held_by_keeper = os.pipe()
    both_gone, held_by_both = os.pipe()
    watcher = os.fork()
    if watcher == 0:
        os.close(held_by_keeper)
        os.close(held_by_both)
        _watch(keeper_gone, both_gone, grace, scratch)
    os.set_inheritable(held_by_both, True)
    silence = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    try:
        server = os.posix_spawn(command[0], command, os.environ, file_actions=silence, setsigmask=[])
    except OSError as error:
        sys.stderr.write(f"cannot run {command[0]}: {error.strerror}\n")
    else:
        watcher = _wait(server, watcher)
    _clean_up(scratch)
    if watcher:
        os.kill(watcher, signal.SIGKILL)
        os.wait()  # in a container there may be no init to do that
    # This process, and what a killed server may have been rewriting its file with.
    os.killpg(0, signal.SIGKILL)


def _wait(server: int, watcher: int) -> int:
    def pass_on(*_: object) -> None:
        with contextlib.suppress(ProcessLookupError):  # when all got it, and the server was quicker
            os.kill(server, signal.SIGTERM)

    signal.signal(signal.SIGTERM, pass_on)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    while os.wait()[0] != server:
        # The watcher died: nobody is left who would notice the end of the program.
        watcher = 0
        os.kill(server, signal.SIGTERM)
    return watcher


if __name__ == "__main__":
    _split = sys.argv.index("--")
    _keep(float(sys.argv[1]), sys.argv[2:_split], sys.argv[_split + 1 :])
