# SPDX-License-Identifier: MIT
"""A real ngIRCd on loopback for one test: started on free ports in a folder of its own, stopped by its process id."""
import os
import shutil
import subprocess

from loopback import end_process, free_port, make_certificate, skip, wait_for_port

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


class Ngircd:
    """`start` and `stop` may alternate; the ports stay the same."""

    def __init__(self, folder, password=""):
        self.binary = shutil.which("ngircd") or shutil.which("/usr/sbin/ngircd")
        if not self.binary:
            skip("ngircd is not installed (apt-get install ngircd)")
        if not shutil.which("openssl"):
            skip("openssl is not installed")
        self.folder, self.port, self.tls_port, self.process = folder, free_port(), free_port(), None
        self.certificate = make_certificate(folder)
        self.config = os.path.join(folder, "ngircd.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(password=f"Password = {password}" if password else "", port=self.port,
                                     tls_port=self.tls_port, folder=folder, uid=os.getuid(), gid=os.getgid()))

    def start(self, seconds=60):
        """Before it listens it makes Diffie-Hellman parameters: within a second as a rule, 10 on a busy machine."""
        with open(os.path.join(self.folder, "ngircd.log"), "ab") as log:
            self.process = subprocess.Popen([self.binary, "-n", "-f", self.config], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        wait_for_port("ngircd", self.process, self.port, seconds, self.log)

    def stop(self):
        if self.process:
            end_process(self.process)
            self.process = None

    def log(self):
        with open(os.path.join(self.folder, "ngircd.log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]
