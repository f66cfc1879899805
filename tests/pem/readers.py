"""What Python, OpenSSL's CApath and GnuTLS find in each file named on standard input: three lines for each."""

import ctypes
import hashlib
import ssl
import sys

# The library that Python itself has.
crypto = ctypes.CDLL("libcrypto.so.3" if ssl.OPENSSL_VERSION_INFO[0] == 3 else "libcrypto.so.1.1")
gnutls = ctypes.CDLL("libgnutls.so.30")
for function in ["X509_STORE_new", "X509_LOOKUP_file", "X509_STORE_add_lookup", "X509_STORE_get0_objects",
                 "X509_OBJECT_get0_X509", "OPENSSL_sk_value"]:
    getattr(crypto, function).restype = ctypes.c_void_p


class Datum(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_uint)]


def fingerprint(der):
    return hashlib.sha256(der).hexdigest()


def python(path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        return []
    return [fingerprint(der) for der in context.get_ca_certs(True)]


def folder(path):
    """X509_load_cert_file, which OpenSSL calls for what a hash link leads to; "-" where it says that it failed."""
    store = ctypes.c_void_p(crypto.X509_STORE_new())
    lookup = ctypes.c_void_p(crypto.X509_STORE_add_lookup(store, ctypes.c_void_p(crypto.X509_LOOKUP_file())))
    count = crypto.X509_load_cert_file(lookup, path.encode(), 1)
    crypto.ERR_clear_error()
    found = [] if count > 0 else ["-"]
    stack = ctypes.c_void_p(crypto.X509_STORE_get0_objects(store))
    for index in range(crypto.OPENSSL_sk_num(stack)):
        entry = ctypes.c_void_p(crypto.OPENSSL_sk_value(stack, index))
        certificate = ctypes.c_void_p(crypto.X509_OBJECT_get0_X509(entry))
        if not certificate:
            # A CRL.
            continue
        out = ctypes.c_void_p()
        size = crypto.i2d_X509(certificate, ctypes.byref(out))
        found.append(fingerprint(ctypes.string_at(out, size)))
    return found


def of_gnutls(path):
    trusted = ctypes.c_void_p()
    gnutls.gnutls_x509_trust_list_init(ctypes.byref(trusted), 0)
    gnutls.gnutls_x509_trust_list_add_trust_file(trusted, path.encode(), None, 1, 0, 0)
    found, place, certificate = [], ctypes.c_void_p(), ctypes.c_void_p()
    while gnutls.gnutls_x509_trust_list_iter_get_ca(trusted, ctypes.byref(place), ctypes.byref(certificate)) == 0:
        der = Datum()
        gnutls.gnutls_x509_crt_export2(certificate, 0, ctypes.byref(der))
        found.append(fingerprint(ctypes.string_at(der.data, der.size)))
    return found


for line in sys.stdin:
    name = line.rstrip("\n")
    for read in (python, folder, of_gnutls):
        print(" ".join(sorted(set(read(name)))))
