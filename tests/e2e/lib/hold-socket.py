# SPDX-License-Identifier: ISC
# What systemd does for rolegate.socket: makes the socket, starts the program with
# it (LISTEN_FDS), and at a line on stdin ends the program, runs what comes before
# a start, and starts it again. The socket stays open all the time.
#
#   hold-socket.py SOCKET BEFORE PROGRAM ARGUMENT...
import os
import signal
import socket
import subprocess
import sys

path, before, *command = sys.argv[1:]
sock = socket.socket(socket.AF_UNIX)
sock.bind(path)
sock.listen(1024)


def start():
    subprocess.run(before, shell=True, check=True, stdout=subprocess.DEVNULL)
    pid = os.fork()
    if pid == 0:
        if sock.fileno() == 3:
            os.set_inheritable(3, True)
        else:
            os.dup2(sock.fileno(), 3)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
        os.execv(command[0], command)
    print(pid, flush=True)
    return pid


def stop(pid):
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)


child = start()
for line in sys.stdin:
    stop(child)
    child = start()
stop(child)
