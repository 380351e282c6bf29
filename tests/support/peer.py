#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A peer for tests on loopback: peer.py lines|http|"irc CAPS" [CERTIFICATE KEY [AUTHORITY]]; prints its port; ends when its
stdin does.  "irc" lets everybody in; it takes SASL EXTERNAL from whoever shows a certificate of AUTHORITY (from
nobody with the capability "knows-nobody").  "hang" accepts
connections and never says a word."""
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


def serve_irc(connection, caps):
    """An IRC server of few words."""
    reader, state = connection.makefile("rb"), {"open": False, "nick": ""}
    shown = isinstance(connection, ssl.SSLSocket) and connection.getpeercert()

    def say(line):
        connection.sendall(line.encode() + b"\r\n")

    def welcome():
        if state["nick"] and not state["open"]:
            say(f":irc.test 001 {state['nick']} :Welcome")
            say(f":irc.test 422 {state['nick']} :no motd")

    for line in reader:
        words = line.decode(errors="replace").split()
        if words[:2] == ["CAP", "LS"]:
            state["open"] = True
            say(f"CAP * LS :{caps}")
        elif words[:2] == ["CAP", "REQ"]:
            say("CAP * ACK " + " ".join(words[2:]))
        elif words[:2] == ["CAP", "END"]:
            state["open"] = False
            welcome()
        elif words[:1] == ["NICK"]:
            state["nick"] = words[1]
        elif words == ["AUTHENTICATE", "EXTERNAL"] or words == ["AUTHENTICATE", "PLAIN"]:
            say("AUTHENTICATE +")
            state["mechanism"] = words[1]
        elif words[:1] == ["AUTHENTICATE"]:
            good = (shown and "knows-nobody" not in caps) or state["mechanism"] == "PLAIN"
            for reply in ["900 * * bot :in", "903 * :ok"] if good else ["904 * :SASL authentication failed"]:
                say(f":irc.test {reply}")
        elif words[:1] == ["JOIN"]:
            say(f":{state['nick']}!m@h JOIN {words[1]}")
        elif words[:1] == ["PING"]:
            say("PONG irc.test " + " ".join(words[1:]))
    connection.close()


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
    if len(sys.argv) > 4:
        context.load_verify_locations(sys.argv[4])
        context.verify_mode = ssl.CERT_OPTIONAL
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
                if sys.argv[1] == "hang":
                    time.sleep(600)
                elif sys.argv[1].startswith("irc"):
                    serve_irc(wrap(context, connection), sys.argv[1][4:])
                else:
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
