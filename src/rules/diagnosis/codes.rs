//! Every conclusion a diagnosis can come to: a stable code, what it means, and what helps. One table, shown by `explain`.

use serde::{Serialize, Serializer};

use crate::rules::explain::Explained;

macro_rules! conclusions {
    ($($name:ident $code:literal $title:literal $text:literal $remedy:literal $reference:literal;)*) => {
        /// What a diagnosis comes to, in the order of the steps it looks at.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $title] $name,)* }

        /// All conclusions, in the order of [`Code`].
        pub const EXPLANATIONS: &[Explained] = &[$(Explained {
            id: $code, title: $title, text: $text, remedy: $remedy, reference: $reference,
        },)*];
    };
}

conclusions! {
    Healthy "healthy" "nothing is wrong"
        "The server is reached, speaks TLS 1.2 or 1.3, and its certificate is accepted by every program that was asked about."
        "Nothing needs to be done. If one program still fails, it reads another store than the system's: see its own configuration."
        "RFC 8446; RFC 5280 §6";
    VerificationOff "verification-off" "the tool does not check certificates"
        "A setting of the tool switches verification off for this host: it connects, to this server as well as to anybody else who answers in its place."
        "Make the server trusted as the evidence and the remedies say, then delete the setting; `trustctl audit` finds it too."
        "the tool's own documentation; RFC 9325 §7.5";
    SettingBroken "setting-broken" "a setting of the tool stops it before it connects"
        "The setting names a file that can't be read or something that this build of the tool can't do: the tool gives up whatever the server shows."
        "Correct what the setting names, or delete the setting."
        "the tool's own documentation";
    NoTarget "no-target" "what was named is no target"
        "It is neither a URL of a scheme that uses TLS nor a host with an optional port; the other targets were looked at."
        "Name a URL such as `https://proxy.example.org/` or a `HOST:PORT`."
        "trustctl(8), \"diagnose\"";
    NameUnknown "name-unknown" "the host name does not exist"
        "The resolver answers that there is no such name, or none with an address. TLS and certificates were never reached."
        "Check the spelling; for a private name check that this host uses the resolver that knows it (`resolvectl status`, `/etc/resolv.conf`), and whether a VPN is needed."
        "getaddrinfo(3), EAI_NONAME";
    ResolverFailed "resolver-failed" "the resolver could not be asked"
        "No name server answered in time, or it answered with a failure. The name itself may be right."
        "Check `/etc/resolv.conf` and `resolvectl status`, and whether the name server can be reached. In a container, check the network it is attached to."
        "getaddrinfo(3), EAI_AGAIN";
    ConnectionRefused "connection-refused" "nothing listens on that port"
        "The host answered the connection with a reset: it is up, but no service listens on the port, or a firewall rejects it."
        "Check the port, and on the server that the service runs and listens on that address (`ss -ltn`)."
        "tcp(7), ECONNREFUSED";
    ConnectionTimeout "connection-timeout" "no answer to the connection"
        "Packets to the host and port are not answered. A firewall that drops them looks like this, a host that is down, and a network that can only be left through a proxy."
        "Check firewall and route. If this network is left through a proxy, set `https_proxy` (and `no_proxy`), or pass `--proxy`."
        "tcp(7), ETIMEDOUT";
    Unreachable "network-unreachable" "there is no route to the host"
        "The operating system or a router says that the address can't be reached."
        "Check the routes (`ip route get ADDRESS`) and whether a VPN is needed."
        "ip(7), ENETUNREACH, EHOSTUNREACH";
    ConnectionFailed "connection-failed" "the connection failed"
        "The connection could not be made for another reason, given in the step's evidence."
        "Act on the operating system's message in the step `connect`."
        "connect(2)";
    ProxyUnreachable "proxy-unreachable" "the proxy is not reached"
        "A proxy is set, and its name is not resolved or it does not answer. The target itself was not asked."
        "Correct the proxy in `https_proxy` or in the tool's configuration, or except the host with `no_proxy`."
        "RFC 9110 §9.3.6";
    ProxyAuthentication "proxy-authentication" "the proxy wants credentials"
        "The proxy answered CONNECT with status 407."
        "Where it offers `basic`, put the credentials in the proxy's URL where the tool reads it (`http://USER:PASSWORD@HOST:PORT`, special characters percent-encoded), in a file that only its user can read. Where it offers `negotiate` or `ntlm` alone, a password in the URL does not work: run a local proxy that does it (cntlm, px), or use curl with `--proxy-negotiate`."
        "RFC 9110 §15.5.8";
    ProxyRefused "proxy-refused" "the proxy refuses the target"
        "The proxy answered CONNECT with an error: the target is not allowed, or the proxy can't reach it."
        "Ask the administrator of the proxy to allow host and port; a status of 502 to 504 means that the proxy itself can't reach the target."
        "RFC 9110 §9.3.6";
    ProxyNotTested "proxy-not-tested" "the way through the proxy was not tested"
        "The proxy is spoken to with SOCKS or inside TLS, which trustctl does not do: neither the proxy nor the target was asked, and nothing can be said of either."
        "Test it with a program that can: `curl -v --proxy PROXY https://HOST:PORT/`. To look at the target itself, run `trustctl diagnose --no-proxy HOST:PORT` on a host that reaches it directly."
        "RFC 1928; curl(1)";
    ProxyNotHttp "proxy-not-http" "the proxy does not speak HTTP"
        "What is set as proxy gave no HTTP answer to CONNECT: another service, or another kind of proxy, listens there."
        "Correct host and port of the proxy."
        "RFC 9110 §9.3.6";
    StarttlsRefused "starttls-refused" "the service does not offer TLS on this port"
        "The service speaks its protocol, but refuses to turn to TLS."
        "Enable TLS on the server, or use the port that speaks TLS from the first byte (`smtps`, `imaps`, `pop3s`, `ldaps`)."
        "RFC 3207; RFC 2595; RFC 4511 §4.14; PostgreSQL documentation, \"Message Formats\"";
    StarttlsUnexpected "starttls-unexpected" "the service speaks another protocol"
        "What came before TLS is not what the protocol given with `--starttls` says."
        "Check port and protocol; a port that speaks TLS from the first byte needs no `--starttls`."
        "RFC 3207; RFC 2595; RFC 4511 §4.14";
    PlainHttp "plain-http" "plain HTTP on a port where TLS was expected"
        "The server answered the TLS handshake with HTTP in clear. OpenSSL says `wrong version number` here. No certificate is involved."
        "Use the server's HTTPS port, or `http://` if the content may be read and changed on the way; on the server, enable TLS on this port."
        "RFC 8446 §5.1";
    StarttlsNeeded "starttls-needed" "the service begins in clear"
        "The server speaks first and in clear, as servers of mail, FTP, XMPP and MySQL do on ports that turn to TLS on request."
        "Pass the protocol with `--starttls`, and configure the client to use STARTTLS on this port."
        "RFC 3207; RFC 2595";
    OtherProtocol "other-protocol" "another service listens on that port"
        "The server's first bytes are those of another protocol, which is named in the evidence."
        "Check the port."
        "RFC 8446 §5.1";
    NotTls "not-tls" "the answer is not TLS"
        "The server answered, but with bytes that are neither TLS nor a protocol that is known here."
        "Check host and port. If they are right, something on the way answers in the server's place."
        "RFC 8446 §5.1";
    CaptivePortal "captive-portal" "a portal answers in the server's place"
        "What was to be TLS is answered with plain HTTP that leads to another host: the sign-in page of a network (hotel, guest Wi-Fi), or a gateway that blocks the site. No certificate of the server was seen."
        "Open the address that it leads to in a browser and sign in, then try again; if there is nothing to sign in to, ask the network administrator."
        "RFC 8910; RFC 9110 §10.2.2";
    Silent "silent" "the server accepts the connection and says nothing"
        "The TCP connection stands, but no byte answers the handshake. A service that waits for its own protocol looks like this, an overloaded server, and a firewall that lets connections through but not TLS."
        "Check that the port speaks TLS from the first byte; on the server look at its load and its log."
        "RFC 8446 §4";
    TooSlow "too-slow" "the handshake does not end in time"
        "Bytes arrive, but too slowly to be a handshake."
        "Try from another network; on the server look at its load. `--timeout` gives it more time."
        "RFC 8446 §4";
    Mtu "mtu" "the answer stops after its first bytes"
        "The beginning of the answer arrives at once and the rest never does. A path on which large packets are lost without a word looks like this (a tunnel or VPN with a smaller MTU, and ICMP that is filtered), and a server that hangs within the handshake."
        "Try with smaller packets: lower the MTU of the interface that leads there; if it works then, correct the MTU of the tunnel, or clamp the MSS on the router. If not, look at the server."
        "RFC 2923 §2.1; RFC 4821";
    CutOff "cut-off" "the connection is ended within the handshake"
        "The server, or something on the way, answers TLS and then ends the connection in the middle of the handshake."
        "Look at the server's log: a process that crashes or a limit that is reached looks like this. If the log shows nothing, try from another network."
        "RFC 8446 §6.1";
    Tls13Intolerant "tls13-intolerant" "the server fails on the offer of TLS 1.3"
        "A hello that names TLS 1.3 is not answered or is answered with an error, one that offers TLS 1.2 alone is: the server, or something on the way, can't bear the extension `supported_versions`."
        "Upgrade the server, or whatever stands before it. Until then limit one program, never the whole host: `curl --tls-max 1.2`, `openssl s_client -no_tls1_3`, `java -Djdk.tls.client.protocols=TLSv1.2`, `NODE_OPTIONS=--tls-max-v1.2`; Go has no setting for it."
        "RFC 8446 §4.2.1, appendix D";
    Closed "closed" "the connection is ended without an answer"
        "The connection stands, and it is ended as soon as TLS begins: OpenSSL says `unexpected eof`, other programs `connection reset`. Firewalls and filters do this, and servers that are not ready."
        "Try from another network. If it works there, ask the firewall administrator; if not, look at the server's log."
        "RFC 8446 §6.1";
    NameFiltered "name-filtered" "the connection is ended because of the server's name"
        "With the name in the handshake the connection is ended, without it the server answers: something on the way, or the server itself, rejects this name."
        "Ask the administrator of the firewall or proxy to allow the name; if the server is your own, check the names it serves."
        "RFC 6066 §3";
    ProtocolTooOld "protocol-too-old" "the server speaks only outdated versions of TLS"
        "The server accepts no version from TLS 1.2 on, which Go since 1.18, Java, Node.js and Ubuntu's OpenSSL since 20.04 require; GnuTLS still takes less. This has nothing to do with certificates or the trust store."
        "Upgrade the server, or put a proxy that speaks TLS 1.2 or later in front of it. No client setting of today's Go helps: `GODEBUG=tls10=1` and `tls11=1` never existed. Programs that use OpenSSL can be given a configuration of their own with `OPENSSL_CONF` as a last resort, never the whole host."
        "RFC 8996; Go 1.18 release notes";
    NoCommonCipher "no-common-cipher" "no cipher that both sides accept"
        "The server speaks TLS 1.2, but accepts only ciphers that no current program offers, or none at all of those offered."
        "Enable ECDHE with AES-GCM or ChaCha20-Poly1305 on the server."
        "RFC 9325 §4.2";
    OldCipher "old-cipher" "only ciphers that some programs refuse"
        "The server agrees only to an old cipher. Which programs refuse it is in the evidence: rustls takes ECDHE with AEAD alone, Go no DHE and since 1.22 no RSA key exchange, GnuTLS no CBC with SHA-2, OpenSSL no CCM."
        "Enable ECDHE with AES-GCM or ChaCha20-Poly1305 on the server."
        "RFC 9325 §4.1; Go 1.22 release notes";
    NoCommonGroup "no-common-group" "no group that all programs offer"
        "The server agrees only to a group for the key exchange that some programs don't offer."
        "Enable X25519 and P-256 on the server (OpenSSL: `Groups = X25519:P-256`; nginx: `ssl_ecdh_curve X25519:prime256v1`)."
        "RFC 8446 §4.2.7; RFC 9325 §4.4";
    SignsWithSha1 "signs-with-sha1" "the server signs the handshake with SHA-1"
        "The server proves its key with a signature over SHA-1 only. OpenSSL from security level 1 on and Go since 1.25 refuse this; GnuTLS, Java and older versions of Go still take it. The certificate itself is not concerned."
        "Enable signatures with SHA-256 on the server (OpenSSL: remove `SignatureAlgorithms`, or set it to `ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256`)."
        "RFC 9155; Go 1.25 release notes";
    NoCommonSignature "no-common-signature" "a key or signature that some programs don't take"
        "The server's key, or the hash it signs with, is of a kind that some programs don't offer to check (Ed448, RSA-PSS keys, SHA-224)."
        "Give the server a certificate with a P-256 or an RSA key, and let it sign with SHA-256."
        "RFC 8446 §4.2.3";
    LargeHello "large-hello" "large first messages don't get through"
        "Programs that offer the key exchange X25519MLKEM768 send a first message of two packets. Something on the way, or the server, stops it: it expects the whole of it in one. Go since 1.24, OpenSSL since 3.5 and Node.js since 22.20 send such messages, and browsers do."
        "Upgrade the firewall, load balancer or server that stops them. Until then, for one program: `GODEBUG=tlsmlkem=0` for Go, `openssl s_client -groups X25519:P-256`, `curl --curves X25519:P-256`; for other programs with OpenSSL a configuration of their own with `Groups = X25519:P-256`, named by `OPENSSL_CONF`."
        "RFC 9325 §4.4; Go 1.24 release notes";
    WeakKeyExchange "weak-key-exchange" "the server's Diffie-Hellman group is too small"
        "The server agrees only to a key exchange with a prime that is too short: OpenSSL says `dh key too small`, Go and rustls never take part in such an exchange."
        "Enable ECDHE on the server, and where it prefers DHE give it a group of 2048 bits or more (`ffdhe2048`); Go and rustls connect with ECDHE alone. Don't lower the security level of clients."
        "RFC 7919; RFC 9325 §4.3";
    LegacyRenegotiation "legacy-renegotiation" "the server can't renegotiate safely"
        "The server lacks a fix of 2010 (RFC 5746). OpenSSL 3, and with it curl and Python, says `unsafe legacy renegotiation disabled`; OpenSSL 1.1.1, GnuTLS and Go still connect."
        "Upgrade the server, or whatever on the way ends its TLS. As a last resort give the one program a whole configuration of its own with `OPENSSL_CONF`, in which `Options = UnsafeLegacyServerConnect` stands in the section that `system_default` names (`UnsafeLegacyRenegotiation` before OpenSSL 3.0.4), never the whole host."
        "RFC 5746; SSL_CTX_set_options(3)";
    HandshakeRefused "handshake-refused" "the server refuses the handshake"
        "The server answered with the alert `handshake_failure` (40) and refuses what else was tried too. No common cipher or group looks like this, a missing server name, and a missing client certificate."
        "Look at the server's log; check its certificate and key, its ciphers, and whether it requires a client certificate."
        "RFC 8446 §6.2";
    NameNotServed "name-not-served" "the server does not serve that name"
        "The server rejects the name in the handshake (alert `unrecognized_name`, 112), or answers only when no name is sent."
        "Use a name that the server is configured for, or add the name to its configuration."
        "RFC 6066 §3";
    ClientCertificateRequired "client-certificate-required" "the server requires a client certificate"
        "The server asks for a certificate of the client and goes no further without one. The trust store has nothing to do with it."
        "Configure the program with a client certificate and key that one of the server's authorities has issued (`curl --cert --key`, `git config http.sslCert`)."
        "RFC 8446 §4.3.2, alert 116";
    ClientCertificateRefused "client-certificate-refused" "the server judges a client certificate"
        "The server answered with an alert that concerns the client's certificate (42 to 46, 48, 49)."
        "Look at the server's log: it is the server that does not accept the client."
        "RFC 8446 §6.2";
    ServerFault "server-fault" "the server reports an error of its own"
        "The server answered with the alert `internal_error` (80)."
        "Look at the server's log; a certificate or key that it can't load is a frequent cause."
        "RFC 8446 §6.2";
    AlertOther "alert" "the server ends the handshake with an alert"
        "The server answered with an alert that none of the other conclusions covers; the evidence has its number and name."
        "Look at the server's log."
        "RFC 8446 §6";
    HandshakeTooLarge "handshake-too-large" "the server sends more than a client takes"
        "A message of the handshake is larger than programs accept: OpenSSL takes 100 kB of certificates, Go 64 KiB (256 KiB in newer versions), rustls 64 KiB."
        "Make the server send its own certificate and its intermediates, nothing else; a certificate with thousands of names must be split."
        "SSL_CTX_set_max_cert_list(3)";
    MalformedTls "malformed-tls" "the server's TLS breaks the standard"
        "The answer begins as TLS and can't be read as such. A defective server does this, or something on the way that changes the bytes."
        "Try from another network; upgrade the server."
        "RFC 8446 §6";
    NoCertificate "no-certificate" "the server sends no certificate"
        "The handshake ended without a certificate."
        "Configure the server with a certificate."
        "RFC 8446 §4.4.2";
    MalformedCertificate "malformed-certificate" "a certificate that can't be read"
        "What the server sends as its certificate is not one in DER."
        "Replace the certificate on the server; `trustctl check FILE` tells what is wrong with its file."
        "RFC 5280 §4.1";
    KeyNotProven "key-not-proven" "the server does not prove that the key is its own"
        "The signature in the handshake was not made with the key of the certificate that was sent. A defective server does this, and an attacker who shows somebody else's certificate."
        "Don't trust the connection. On the server, check that key and certificate belong together."
        "RFC 8446 §4.4.3";
    NotSeen "not-seen" "the certificates can't be seen"
        "The server agrees with programs that were asked about, but on a group or cipher that trustctl's own TLS does not speak, and TLS 1.3 encrypts the certificates: nothing can be said of them."
        "Look with a program that speaks it: `openssl s_client -showcerts -connect HOST:PORT`, then `trustctl verify`."
        "RFC 8446 §4.4";
    StoreMissing "store-missing" "this host has no trust store"
        "The bundle `/etc/ssl/certs/ca-certificates.crt` does not exist, so that no server at all is trusted. Minimal container images are like this."
        "Install it: `apt-get install ca-certificates`. In an image that is built from scratch, copy the file from the build stage."
        "update-ca-certificates(8)";
    StoreEmpty "store-empty" "this host's trust store is empty"
        "The bundle exists, but there is no certificate in it that can be read, so that no server at all is trusted."
        "Install or reinstall the vendor's certificates: `apt-get install --reinstall ca-certificates`, then `trustctl audit`."
        "update-ca-certificates(8)";
    StoreDamaged "store-damaged" "the bundle is damaged"
        "Something in `/etc/ssl/certs/ca-certificates.crt` can't be read. OpenSSL refuses the whole file: curl fails with error 77, Python with an exception, whatever the server. Other programs lose what stands behind the damage."
        "Find the file it comes from with `trustctl audit`, remove or fix it, then rebuild the store: `sudo trustctl refresh`."
        "SSL_CTX_load_verify_locations(3)";
    StoreRedirected "store-redirected" "a variable points programs to another store"
        "The system store trusts the server, but a variable of the environment makes programs read another file or folder, which doesn't."
        "Add to the system store what only the file that it names has and is still needed, then unset the variable where it is set."
        "openssl-env(7)";
    StoreInconsistent "store-inconsistent" "the parts of the trust store disagree"
        "The root is selected, or in one part of the store, and another part lacks it: the bundle, the hash directory that OpenSSL reads, or the Java keystore. Programs that read one part trust the server, others don't. A file that was copied without running the refresh looks like this, and a refresh that was interrupted."
        "Rebuild the store from its sources: `sudo trustctl refresh`."
        "update-ca-certificates(8); openssl-rehash(1)";
    Interception "interception" "the connection is intercepted"
        "Hosts that have nothing to do with each other show certificates of the same private authority, or a public host shows one of a private authority: a proxy on the way decrypts the traffic."
        "If your organisation runs this proxy, get its root certificate from it over another channel, compare the SHA-256, and add it with `sudo trustctl add`. If you know of no such proxy, don't trust the network."
        "RFC 8446 §9.3";
    SelfSigned "self-signed" "the server's certificate is signed by itself"
        "The certificate vouches for itself; no authority does. Any attacker can make one like it."
        "Give the server a certificate of your own or a public authority. If there must be none, compare its SHA-256 on the server itself before trusting it."
        "RFC 5280 §6.1";
    PrivateRoot "private-root" "the root is sent, but not trusted here"
        "The chain is complete up to a self-signed root, and that root is not in this host's store: an authority of your organisation as a rule."
        "Get the root over another channel, compare its SHA-256 with the one shown, and add it with `sudo trustctl add`."
        "RFC 5280 §6.1";
    SameNameOtherKey "same-name-other-key" "an anchor of that name has another key"
        "The store has a certificate with the issuer's name, but not with the key that signed: the authority has a new key, a test and a production authority share a name, or somebody made one of the same name. Go adds `possibly because of … while trying to verify candidate authority certificate`."
        "Get the authority's current root over another channel, compare its SHA-256, and add it; take the old one away only when nothing it has issued is in use any more."
        "RFC 5280 §6.1.3; RFC 4210 §4.4";
    UnknownIssuer "unknown-issuer" "the issuer is not in the trust store"
        "The chain leads to an issuer whose certificate is neither sent nor in this host's store: a root that this host lacks, or an intermediate that the server fails to send."
        "Get that issuer's certificate over another channel and look at it. If it is a root (subject and issuer are the same), compare its SHA-256 and add it with `sudo trustctl add FILE`; if it is an intermediate, make the server send it."
        "RFC 5280 §6.1";
    MissingIntermediate "missing-intermediate" "the server does not send its intermediate certificate"
        "Only the server's own certificate is sent, and its issuer is not in this host's store; the certificate says where the issuer's can be had. Browsers fetch it from there, other programs don't."
        "Make the server send the whole chain without the root (`fullchain.pem`). Installing the intermediate on clients helps only some programs."
        "RFC 8446 §4.4.2; RFC 5280 §4.2.2.1";
    RootDeselected "root-deselected" "the root has been switched off on this host"
        "The root is delivered by the package ca-certificates, and `/etc/ca-certificates.conf` has a `!` before its name."
        "If it is to be trusted again: `sudo trustctl trust NAME`. Ask first why it was switched off."
        "update-ca-certificates(8)";
    RootRemoved "root-removed" "the root was dropped by an update of ca-certificates"
        "The issuer has the name of a root that Mozilla's list, and so the package ca-certificates, no longer has. What worked last month fails since the update."
        "The server should use a chain to a root that is still trusted. Until it does, that one root can be added here for a limited time."
        "changelog of ca-certificates";
    IntermediateAnchor "intermediate-anchor" "only an intermediate is trusted, not its root"
        "The store has an intermediate certificate of the chain but not the root. curl, Go, GnuTLS and Java accept this; OpenSSL, Python before 3.13 and Node.js don't."
        "Add the root instead of the intermediate."
        "openssl-verification-options(1), -partial_chain";
    ExpiredLeaf "expired-leaf" "the server's certificate has expired"
        "The end of its validity lies in the past by this host's clock, and nothing says that the clock is wrong."
        "Renew the certificate on the server, and check why its renewal failed."
        "RFC 5280 §4.1.2.5";
    ExpiredIntermediate "expired-intermediate" "an intermediate certificate has expired"
        "The server sends an intermediate certificate that is no longer valid."
        "Replace the chain on the server by the current one of its authority."
        "RFC 5280 §4.1.2.5";
    ExpiredRoot "expired-root" "the root has expired"
        "The chain ends in a root that is no longer valid."
        "Add the authority's current root, and replace what it has issued. For a public authority: update ca-certificates, and drop the old cross-certificate from the server's chain."
        "RFC 5280 §4.1.2.5";
    NotYetValid "chain-not-yet-valid" "a certificate is not valid yet"
        "The beginning of its validity lies in the future by this host's clock, and nothing says that the clock is wrong."
        "Wait, or have it issued again with an earlier date; check the clock of the authority that issued it."
        "RFC 5280 §4.1.2.5";
    ClockWrong "clock-wrong" "this host's clock is wrong"
        "A certificate is not valid by this host's clock, but it is by the server's, or files on this host are newer than the clock says."
        "Set the clock: `timedatectl set-ntp true`, or `date --set`; look at the battery of the hardware clock. Don't remove a certificate that only seems expired."
        "RFC 5280 §4.1.2.5";
    WrongName "wrong-name" "the certificate is for another name"
        "None of the certificate's names is the one that was asked for."
        "Use one of the names in the certificate, or have it issued again with this name among its alternative names."
        "RFC 9525 §6";
    CommonNameOnly "common-name-only" "the name stands only in the common name"
        "The certificate has no alternative names. OpenSSL and others fall back to the common name; Go since 1.15 and rustls don't. `GODEBUG=x509ignoreCN=0` has no effect since Go 1.17."
        "Have the certificate issued again with the name among its alternative names (subjectAltName)."
        "RFC 9525 §6.3; Go 1.17 release notes";
    WeakKey "chain-weak-key" "a key is too short"
        "A key in the chain is shorter than programs accept (RSA below 2048 bits at OpenSSL's level 2)."
        "Have the certificate issued again with RSA 2048 or more, or P-256. Don't lower the security level."
        "openssl-security-level(7); CA/Browser Forum BR 6.1.5";
    WeakSignature "chain-weak-signature" "a signature uses a weak hash"
        "A certificate of the chain is signed with SHA-1 or MD5."
        "Have the certificate issued again with SHA-256."
        "openssl-security-level(7); Go 1.18 release notes";
    SignatureMismatch "signature-mismatch" "a signature does not fit its issuer"
        "A certificate was not signed with the key of the certificate that has its issuer's name. Two authorities with one name look like this, and certificates that were changed."
        "Compare the SHA-256 of the root in the store with the one that its owner publishes; a renewed authority needs its new root."
        "RFC 5280 §6.1.3";
    WrongPurpose "wrong-purpose" "the certificate is not for servers"
        "The extended key usage, or the key usage, of a certificate in the chain excludes TLS servers."
        "Have the certificate issued again with the purpose `serverAuth`."
        "RFC 5280 §4.2.1.12";
    NotCa "issuer-not-a-ca" "an issuer is not allowed to issue"
        "A certificate of the chain that has signed another one is not marked as an authority for this (basicConstraints, keyUsage, path length)."
        "Correct the authority's own certificate."
        "RFC 5280 §4.2.1.9";
    NameConstraint "name-constraint" "the authority may not issue for that name"
        "An authority in the chain is limited to certain names, and the certificate's is not among them."
        "Use a name within the limits, or have the certificate issued by another authority."
        "RFC 5280 §4.2.1.10";
    Revoked "revoked" "the certificate has been revoked"
        "The server staples an OCSP response of its issuer that says so. GnuTLS (git, wget and apt up to 2.9 on Debian and Ubuntu) and browsers refuse the server; OpenSSL, curl, Python, Go, Node.js and Java do not look at stapled responses unless told to."
        "Replace certificate and key on the server: a certificate is revoked because its key may be known to others."
        "RFC 6960 §2.2; gnutls_certificate_verify_peers3(3)";
    StapleRefused "staple-refused" "the stapled OCSP response is not accepted"
        "The response that the server staples is too old, for another certificate or not signed by the issuer. GnuTLS (git, wget and apt up to 2.9 on Debian and Ubuntu) refuses the server; OpenSSL, curl, Python, Go, Node.js and Java do not look at stapled responses unless told to."
        "On the server see to it that the response is renewed (that it can reach the responder, and that its clock is right), or turn off OCSP stapling."
        "RFC 6960 §3.2; gnutls_certificate_verify_peers3(3)";
    StapleMissing "staple-missing" "a promised OCSP response is not stapled"
        "The certificate promises that its server staples an OCSP response (Must-Staple), and the server does not. GnuTLS (git, wget and apt up to 2.9 on Debian and Ubuntu) and Firefox refuse it; OpenSSL, curl, Python, Go, Node.js and Java do not check."
        "Turn on OCSP stapling on the server, or have the certificate issued without Must-Staple."
        "RFC 7633 §4.2.3; gnutls_certificate_verify_peers3(3)";
    ChainInvalid "chain-invalid" "the chain breaks another rule"
        "A certificate of the chain breaks a rule that some programs enforce; the evidence names rule and programs."
        "Have the certificate issued again without the fault."
        "RFC 5280";
}

impl Code {
    /// Everything that is to be said about it.
    pub fn explanation(self) -> &'static Explained {
        EXPLANATIONS
            .get(self as usize)
            .expect("the table has a row for each code")
    }

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        self.explanation().id
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_and_says_what_helps() {
        for explanation in EXPLANATIONS {
            let same = EXPLANATIONS
                .iter()
                .filter(|other| other.id == explanation.id);
            assert_eq!(same.count(), 1, "{}", explanation.id);
            assert!(
                explanation
                    .id
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            );
            assert!(
                explanation.remedy.ends_with('.') && explanation.text.ends_with('.'),
                "{}",
                explanation.id
            );
            assert!(!explanation.reference.is_empty() && explanation.title.len() <= 60);
        }
    }

    #[test]
    fn codes_and_rows_go_together() {
        assert_eq!(Code::Healthy.as_str(), "healthy");
        assert_eq!(Code::ChainInvalid.as_str(), EXPLANATIONS.last().unwrap().id);
    }
}
