"""Tells what a program's first message to a TLS server offers: capture.py COMMAND, in which PORT is replaced."""

import json
import socket
import subprocess
import sys
import threading


def receive(listener, found):
    conn, _ = listener.accept()
    conn.settimeout(5)
    data = b""
    try:
        while len(data) < 5 or len(data) < 5 + int.from_bytes(data[3:5], "big"):
            piece = conn.recv(65536)
            if not piece:
                break
            data += piece
    except OSError:
        pass
    found.append(data)
    conn.close()


def numbers(data):
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


def tell(data):
    body = data[9:]
    at = 34 + 1 + body[34]
    length = int.from_bytes(body[at : at + 2], "big")
    ciphers = numbers(body[at + 2 : at + 2 + length])
    at += 2 + length
    at += 1 + body[at] + 2
    kinds, contents = [], {}
    while at < len(body):
        kind, length = numbers(body[at : at + 4])
        kinds.append(kind)
        contents[kind] = body[at + 4 : at + 4 + length]
        at += 4 + length
    shares, rest = [], contents.get(51, b"")[2:]
    while rest:
        group, length = numbers(rest[:4])
        shares.append(group)
        rest = rest[4 + length :]
    return {
        "size": len(data),
        "versions": numbers(contents[43][1:]),
        "ciphers": ciphers,
        "groups": numbers(contents[10][2:]),
        "shares": shares,
        "schemes": numbers(contents[13][2:]),
        "extensions": kinds,
    }


listener = socket.create_server(("127.0.0.1", 0))
listener.settimeout(30)
found = []
thread = threading.Thread(target=receive, args=(listener, found))
thread.start()
command = sys.argv[1].replace("PORT", str(listener.getsockname()[1]))
quiet = subprocess.DEVNULL
client = subprocess.Popen(command, shell=True, stdin=quiet, stdout=quiet, stderr=quiet)
thread.join(40)
client.kill()
print(json.dumps(tell(found[0])))
