#!/usr/bin/env python3
"""Asks OpenSSL, curl, Python and GnuTLS about every chain of a folder: drive.py FOLDER

FOLDER/chains.json: [{"id", "host", "ip": bool}]; per chain the files ID.leaf.pem, ID.key.pem, ID.helpers.pem,
ID.anchors.pem, ID.sent.pem (leaf and helpers). One JSON line per chain on standard output:
{"id", "openssl": bool, "curl": bool, "python": bool, "python-strict": bool, "gnutls": bool, "gnutls-low": bool}; null: could
not be asked.
"""
import json, os, socket, ssl, subprocess, sys, threading

folder = sys.argv[1]
os.chdir(folder)
QUIET = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def openssl(c):
    i = c["id"]
    command = ["/usr/bin/openssl", "verify", "-purpose", "sslserver", "-auth_level", "2", "-no-CApath"]
    if ssl.OPENSSL_VERSION_INFO >= (3,):
        command += ["-no-CAstore"]
    command += ["-verify_ip" if c["ip"] else "-verify_hostname", c["host"], "-CAfile", i + ".anchors.pem"]
    if os.path.getsize(i + ".helpers.pem"):
        command += ["-untrusted", i + ".helpers.pem"]
    return subprocess.run(command + [i + ".leaf.pem"], env=ENV, **QUIET).returncode == 0


def gnutls(c, profile):
    i = c["id"]
    if not os.path.exists("/usr/bin/certtool"):
        return None
    command = ["/usr/bin/certtool", "--verify", "--load-ca-certificate", i + ".anchors.pem", "--infile", i + ".sent.pem"]
    command += ["--verify-hostname", c["host"], "--verify-purpose", "1.3.6.1.5.5.7.3.1", "--verify-profile", profile]
    return subprocess.run(command, env=ENV, **QUIET).returncode == 0


def server_context(i):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.load_cert_chain(i + ".sent.pem", i + ".key.pem")
    return context


# From 3.10 on; from 3.13 on they are the default.
STRICT = ssl.VERIFY_X509_STRICT | getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", 0)


def python(c, server, strict):
    if strict and not hasattr(ssl, "VERIFY_X509_PARTIAL_CHAIN"):
        return None
    context = ssl.create_default_context(cafile=c["id"] + ".anchors.pem")
    context.verify_flags = context.verify_flags | STRICT if strict else context.verify_flags & ~STRICT
    to_client, to_server, back = ssl.MemoryBIO(), ssl.MemoryBIO(), None
    client = context.wrap_bio(to_client, to_server, server_hostname=c["host"])
    serving = server.wrap_bio(to_server, to_client, server_side=True)
    done = [False, False]
    for _ in range(8):
        for at, side in enumerate((client, serving)):
            if done[at]:
                continue
            try:
                side.do_handshake()
                done[at] = True
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as error:
                return False if at == 0 else None if not done[0] else True
        if done[0]:
            return True
    return None


def curl(c, server):
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    port = listener.getsockname()[1]

    def answer():
        try:
            connection, _ = listener.accept()
            connection.settimeout(5)
            with server.wrap_socket(connection, server_side=True) as secure:
                secure.recv(4096)
                secure.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
        except OSError:
            pass

    thread = threading.Thread(target=answer)
    thread.start()
    host = c["host"]
    command = ["/usr/bin/curl", "--silent", "--noproxy", "*", "--max-time", "5", "--http1.1", "--cacert", c["id"] + ".anchors.pem"]
    command += ["--capath", "/nonexistent", "--resolve", f"{host}:{port}:127.0.0.1", f"https://{host}:{port}/"]
    code = subprocess.run(command, env=ENV, **QUIET).returncode
    thread.join()
    listener.close()
    return {0: True, 60: False, 51: False, 35: False, 77: False}.get(code)


for c in json.load(open("chains.json")):
    answer = {"id": c["id"], "openssl": openssl(c), "gnutls": gnutls(c, "medium"), "gnutls-low": gnutls(c, "low")}
    try:
        server = server_context(c["id"])
    except ssl.SSLError:
        server = None
    for name, ask in (("python", lambda: python(c, server, False)), ("python-strict", lambda: python(c, server, True)), ("curl", lambda: curl(c, server))):
        try:
            answer[name] = ask() if server else None
        except ssl.SSLError:  # an anchor file that can't be loaded
            answer[name] = False
    print(json.dumps(answer), flush=True)
