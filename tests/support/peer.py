#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A peer for tests on loopback: peer.py lines|http [CERTIFICATE KEY]; prints its port; ends when its stdin does."""
import gzip
import http.server
import socket
import ssl
import struct
import sys
import threading
import time


def serve_lines(connection):
    """Greets, then obeys: each line is a command; others are echoed."""
    reader = connection.makefile("rb")
    connection.sendall(b"hello\r\n")
    for line in reader:
        words = line.split()
        if words[:1] == [b"bye"]:
            connection.sendall(b"good")
            time.sleep(0.02)
            connection.sendall(b"bye\nhalf a li")
            if isinstance(connection, ssl.SSLSocket):
                connection.unwrap()
            break
        if words[:1] == [b"rude"]:  # closes without TLS's goodbye
            connection.sendall(b"last words\r\n")
            break
        if words[:1] == [b"reset"]:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            break
        if words[:1] == [b"flood"]:
            count = int(words[1])
            connection.sendall(b"".join(b"line %d\r\n" % i for i in range(count)))
        elif words[:1] == [b"long"]:
            connection.sendall(b"x" * int(words[1]) + b"\r\nshort\r\n")
        elif words[:1] == [b"sleep"]:
            time.sleep(float(words[1]))
        else:
            connection.sendall(b"echo " + line)
    reader.close()
    connection.close()


SEEN = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path = self.path.split("?")[0]
        if path == "/show":
            shown = [f"{self.command} {self.path}"] + [f"{k}: {v}" for k, v in self.headers.items()]
            self.answer(200, ("\n".join(shown) + "\n\n").encode() + body, ETag='"v1"', Content_Type="text/plain")
        elif path == "/drip":  # two pieces, the second when somebody has seen the first
            self.send_response(200)
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"one")
            self.wfile.flush()
            SEEN.wait(20)
            self.wfile.write(b"two")
        elif path == "/seen":
            SEEN.set()
            self.answer(200)
        elif path == "/packed":
            self.answer(200, gzip.compress(b"x" * 100000), Content_Encoding="gzip")
        elif path == "/port":  # of the client: whether a connection is used again
            self.answer(200, str(self.client_address[1]).encode())
        elif path == "/big":
            self.answer(200, b"x" * 100000)
        elif path == "/endless":  # no length: the ceiling must be ours
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                pass
            self.close_connection = True
        elif path == "/busy":
            self.answer(429, b"later", Retry_After="17")
        elif path == "/to-http":
            self.answer(302, Location=f"http://127.0.0.1:{self.server.server_port}/show")
        elif path == "/to-https":
            self.answer(302, Location="/show")
        elif path == "/circle":
            self.answer(302, Location="/circle")
        elif path == "/slow":
            time.sleep(30)
        elif path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"only this")
            self.close_connection = True
        else:
            self.answer(404, b"no")

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

    def log_message(self, *_):
        pass


def wrap(context, connection):
    return context.wrap_socket(connection, server_side=True) if context else connection


def main():
    context = None
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
    if sys.argv[1] == "http":
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
    else:
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]

        def one(connection):
            try:
                serve_lines(wrap(context, connection))
            except (OSError, ssl.SSLError):
                connection.close()

        def accept():
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=one, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
    print(port, flush=True)
    sys.stdin.read()


main()
