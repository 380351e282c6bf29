# SPDX-License-Identifier: MIT
"""A real ngIRCd on loopback for one test: started on free ports in a folder of its own, stopped by its process id."""
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

SKIPPED = 77

CONFIG = """[Global]
Name = irc.sea.example
Info = A server for one test
AdminInfo1 = nobody
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = Welcome
{password}
Network = Sea
ServerUID = {uid}
ServerGID = {gid}
[Limits]
MaxConnections = 500
MaxConnectionsIP = 0
MaxNickLength = 16
PingTimeout = 60
PongTimeout = 20
MaxPenaltyTime = 0
[Options]
DNS = no
Ident = no
PAM = no
MorePrivacy = no
[SSL]
Ports = {tls_port}
CertFile = {folder}/cert.pem
KeyFile = {folder}/key.pem
"""


def skip(why):
    """Ends the test: skipped here, failed where everything has to be there."""
    print(f"SKIPPED: {why}", flush=True)
    if os.environ.get("CI") == "true":
        print("CI=true: a skipped live test is a failure", flush=True)
        sys.exit(1)
    sys.exit(SKIPPED)


def free_port():
    """Below those that the system lends to whoever connects somewhere: a server that restarts finds it free again."""
    while True:
        port = random.randrange(16000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Ngircd:
    """`start` and `stop` may alternate; the ports stay the same."""

    def __init__(self, folder, password=""):
        self.binary = shutil.which("ngircd") or shutil.which("/usr/sbin/ngircd")
        if not self.binary:
            skip("ngircd is not installed (apt-get install ngircd)")
        if not shutil.which("openssl"):
            skip("openssl is not installed")
        self.folder, self.port, self.tls_port, self.process = folder, free_port(), free_port(), None
        self.certificate = os.path.join(folder, "cert.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", os.path.join(folder, "key.pem"),
                        "-out", self.certificate], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.config = os.path.join(folder, "ngircd.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(password=f"Password = {password}" if password else "", port=self.port,
                                     tls_port=self.tls_port, folder=folder, uid=os.getuid(), gid=os.getgid()))

    def start(self, seconds=10):
        with open(os.path.join(self.folder, "ngircd.log"), "ab") as log:
            self.process = subprocess.Popen([self.binary, "-n", "-f", self.config], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"ngircd ended at once: {self.log()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"ngircd does not listen: {self.log()}")

    def stop(self):
        if not self.process:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def log(self):
        with open(os.path.join(self.folder, "ngircd.log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]
