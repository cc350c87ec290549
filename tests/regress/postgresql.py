# A PostgreSQL server of one's own for the scripts beside this file: on a socket in a folder, without a port, gone with the script.
import atexit
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PATH = ":".join("/usr/lib/postgresql/%d/bin" % version for version in (15, 16, 17)) + ":" + os.environ["PATH"]
# The server refuses to run as root; its package brings a user for it.
USER = "postgres" if os.geteuid() == 0 else None


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


class PostgreSQL:
    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="hikeshi-postgresql-")
        atexit.register(shutil.rmtree, self.path, ignore_errors=True)
        if USER:
            user = pwd.getpwnam(USER)
            os.chown(self.path, user.pw_uid, user.pw_gid)
        self.url = "postgresql:///postgres?host=%s&user=hikeshi" % self.path
        made = subprocess.run(["initdb", "-D", self.path + "/data", "-U", "hikeshi", "-A", "trust", "-E", "UTF8", "--no-sync"], **self.options(), capture_output=True, text=True)
        if made.returncode != 0:
            sys.exit("cannot make a PostgreSQL server (see tools/setup): " + made.stderr)
        self.process = None
        self.start()
        atexit.register(self.stop)

    def options(self):
        return {"cwd": self.path, "user": USER, "group": USER, "extra_groups": [] if USER else None, "env": dict(os.environ, PATH=PATH)}

    def start(self):
        with open(os.devnull, "w") as nothing:
            self.process = subprocess.Popen(["postgres", "-D", self.path + "/data", "-k", self.path, "-c", "listen_addresses="], **self.options(),
                                            preexec_fn=end_with_parent, stdout=nothing, stderr=nothing)
        until = time.time() + 60
        while self.ask("SELECT 1", check=False) is None:
            if time.time() > until or self.process.poll() is not None:
                sys.exit("the PostgreSQL server does not start")
            time.sleep(0.1)

    def stop(self):
        """Ends every session at once, and leaves nothing to recover."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=60)

    def ask(self, sql, check=True):
        """Rows of texts; None where the server could not be asked."""
        got = subprocess.run(["psql", "-X", "-A", "-t", "-q", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", sql], capture_output=True, text=True,
                             env=dict(os.environ, PATH=PATH))
        if got.returncode != 0:
            if check: sys.exit("cannot ask PostgreSQL: " + got.stderr)
            return None
        return [tuple(line.split("\t")) for line in got.stdout.splitlines()]
