# SPDX-License-Identifier: MIT
"""What the real servers of the live tests have in common: a port, a certificate, a life; and how a test is skipped."""
import os
import random
import signal
import socket
import subprocess
import sys
import time

SKIPPED = 77


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


def make_certificate(folder):
    """Signed by itself, for this machine: cert.pem and key.pem."""
    certificate = os.path.join(folder, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", os.path.join(folder, "key.pem"),
                    "-out", certificate], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return certificate


def wait_for_port(name, process, port, seconds, log):
    """Until it listens; a server that ended, or is too slow, is an error with its log."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended at once: {log()}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{name} does not listen: {log()}")


def end_process(process):
    """In good order, or after ten seconds anyhow."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
