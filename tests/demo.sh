#!/bin/bash
# `make demo`: what trustctl does, shown on a private copy of this machine's vendor store.
# Needs no privileges, changes nothing outside a temporary folder, and takes that away at the end.
set -euo pipefail

trustctl=$(realpath "$1")
# Nothing of the caller's surroundings (SSL_CERT_FILE and its like) may have a say.
if [ -z "${TRUSTCTL_DEMO:-}" ]; then
    exec env -i TRUSTCTL_DEMO=1 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        LANG=C.UTF-8 TERM="${TERM:-dumb}" "$0" "$trustctl"
fi
for program in openssl update-ca-certificates; do
    if ! command -v "$program" >/dev/null; then
        echo "error: missing: $program; run \`sudo apt-get install openssl ca-certificates\`" >&2
        exit 2
    fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

say() {
    echo
    printf '# %s\n' "$@"
}
# Shows a command as one would type it, and runs it; what it says is shown in its order.
run() {
    local word shown='' quote="'"
    for word; do case $word in *[!A-Za-z0-9_./=-]*) shown+=" $quote$word$quote" ;; *) shown+=" $word" ;; esac done
    printf '\n$%s\n' "$shown"
    "$@" 2>&1
}
must_fail() {
    local status=0
    run "$@" || status=$?
    if [ $status = 0 ]; then
        echo "error: \`$*\` should have failed" >&2
        exit 1
    fi
    echo "(exit status $status)"
}
trustctl() { "$trustctl" --root host "$@"; }
verify=(openssl verify -CAfile host/etc/ssl/certs/ca-certificates.crt server.crt)

say "In this demo each \`trustctl\` stands for \`trustctl --root host\`: it works on the tree in that folder." \
    "A host of our own: the CA certificates that Debian or Ubuntu delivered to this machine, and nothing else." \
    "None of this machine's local certificates are copied, and its own store is never touched."
mkdir -p host/etc/ssl/certs host/etc/ca-certificates/update.d host/usr/share host/usr/local/share/ca-certificates host/var/lib
cp -r /usr/share/ca-certificates host/usr/share/
(cd host/usr/share/ca-certificates && find . -name '*.crt' -printf '%P\n' | sort) >host/etc/ca-certificates.conf
run trustctl refresh --yes

say "The network team hands you the certificate of the company's own CA, and there is a server behind it."
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out corp-ca.crt -days 3650 \
    -subj '/O=Example Corp/CN=Example Corp Root CA' -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -subj /CN=intranet.example 2>/dev/null |
    openssl x509 -req -CA corp-ca.crt -CAkey ca.key -CAcreateserial -days 90 -out server.crt 2>/dev/null
ls -1 ./*.crt

say "Nobody trusts that server yet."
must_fail "${verify[@]}"

say "Could the file be added?"
run trustctl check corp-ca.crt

say "Add it: checked, rehearsed on a copy, compared certificate by certificate, put in place in one go."
run trustctl add --yes --reason 'proxy rollout, ticket 4711' corp-ca.crt

say "The proof, from OpenSSL itself, and who else trusts it now:"
run "${verify[@]}"
run trustctl list --local

say "What would hurt is refused. \`update-ca-certificates\` copies a private key into a file that all can read."
cat ca.key corp-ca.crt >corp-with-key.crt
must_fail trustctl add --yes corp-with-key.crt

say "Remove it: gone for every kind of reader, links and all."
run trustctl remove corp-ca.crt
must_fail "${verify[@]}"

say "That was a mistake? Go back."
run trustctl rollback
run "${verify[@]}"

say "Everything is on record."
run trustctl history

say "Done. The private copy is deleted now; this machine's own store is as it was."
