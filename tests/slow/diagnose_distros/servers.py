"""Servers that misbehave, for the tests of `trustctl diagnose`: servers.py PORT:KIND[:ARGUMENT]...

All listen on 127.0.0.1; `ready` is printed once they do. A name server answers on port 53.
"""

import socket
import ssl
import struct
import sys
import threading
import time


def drain(conn):
    conn.settimeout(3)
    try:
        while conn.recv(4096):
            pass
    except OSError:
        pass


def says(text):
    def serve(conn):
        conn.recv(4096)
        conn.sendall(text)
        conn.shutdown(socket.SHUT_WR)
        drain(conn)

    return serve


def alert(number):
    return says(bytes([21, 3, 3, 0, 2, 2, int(number)]))


def closes(conn):
    conn.recv(4096)


def resets(conn):
    conn.recv(4096)
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def tunnel(taken, conn, port):
    server = socket.create_connection(("127.0.0.1", int(port)))
    server.sendall(taken)

    def copy(source, sink):
        try:
            while piece := source.recv(4096):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    threading.Thread(target=copy, args=(conn, server), daemon=True).start()
    copy(server, conn)


def filters(port):
    """Ends connections that name the server."""

    def serve(conn):
        hello = conn.recv(4096)
        if b"goproxy.corp.example" not in hello:
            tunnel(hello, conn, port)

    return serve


def blocks_tls(port):
    """Ends every handshake and lets everything else through."""

    def serve(conn):
        first = conn.recv(4096)
        if not first.startswith(b"\x16"):
            tunnel(first, conn, port)

    return serve


def dated(year):
    """An HTTPS server with a clock of its own, with the certificate `future`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("/srv/future.crt", "/srv/future.key")
    reply = "HTTP/1.1 200 OK\r\nDate: Fri, 01 Jun %s 12:00:00 GMT\r\n\r\n" % year

    def serve(conn):
        session = context.wrap_socket(conn, server_side=True)
        session.recv(4096)
        session.sendall(reply.encode())
        drain(session)

    return serve


KINDS = {
    "silent": lambda: drain,
    "closes": lambda: closes,
    "resets": lambda: resets,
    "alert": alert,
    "filters": filters,
    "blocks-tls": blocks_tls,
    "dated": dated,
    "smtp": lambda: says(b"220 mail.example ESMTP\r\n"),
    "ssh": lambda: says(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "rubbish": lambda: says(b"\0\1\2\3hello"),
    "broken-tls": lambda: says(bytes([22, 3, 3, 0, 8, 2, 0, 0, 4, 3, 3, 0, 0])),
    "proxy": lambda status: says(b"HTTP/1.1 %s No\r\n\r\n" % status.encode()),
}


def run(listener, serve):
    def one(conn):
        try:
            serve(conn)
        except OSError:
            pass
        conn.close()

    while True:
        conn, _ = listener.accept()
        threading.Thread(target=one, args=(conn,), daemon=True).start()


def full(port):
    """Takes no more connections."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", port))
    listener.listen(0)
    waiting = [socket.socket() for _ in range(4)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", port))
    return listener, waiting


def names():
    """Says of names in `missing` that they don't exist (RCODE 3), of all others that it failed (RCODE 2)."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 53))
    while True:
        question, asker = sock.recvfrom(512)
        code = 3 if b"\x07missing" in question else 2
        head = question[:2] + bytes([0x81, 0x80 | code]) + question[4:6] + bytes(6)
        sock.sendto(head + question[12:], asker)


kept = []
threading.Thread(target=names, daemon=True).start()
for word in sys.argv[1:]:
    port, kind, *arguments = word.split(":")
    if kind == "full":
        kept.append(full(int(port)))
        continue
    listener = socket.create_server(("127.0.0.1", int(port)))
    serve = KINDS[kind](*arguments)
    threading.Thread(target=run, args=(listener, serve), daemon=True).start()
time.sleep(0.2)
print("ready", flush=True)
time.sleep(600)
