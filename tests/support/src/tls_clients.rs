//! Programs that connect to a server by one command each.

/// A real program.
pub struct Client {
    /// As `diagnose` names it.
    pub consumer: &'static str,
    /// Shell text that connects to `localhost`, in which `PORT` and `@CA@` are replaced; its exit status tells.
    pub command: &'static str,
    /// Shell text that prints the version which its row of hellos goes by: of the library, where that makes them.
    pub version: &'static str,
}

const OPENSSL: &str = "openssl version | cut -d' ' -f2";

/// The clients that are no runtime of a language.
pub const CLIENTS: [Client; 4] = [
    Client {
        consumer: "openssl",
        command: "openssl s_client -connect localhost:PORT -servername localhost -verify_hostname localhost -verify_return_error -CAfile @CA@ </dev/null",
        version: OPENSSL,
    },
    Client {
        consumer: "curl",
        command: "curl -sS --max-time 5 -o /dev/null --cacert @CA@ https://localhost:PORT/",
        version: OPENSSL,
    },
    Client {
        consumer: "python",
        command: "/usr/bin/python3 -c 'import ssl,socket; c=ssl.create_default_context(cafile=\"@CA@\"); c.wrap_socket(socket.create_connection((\"127.0.0.1\",PORT),5),server_hostname=\"localhost\")'",
        version: OPENSSL,
    },
    Client {
        consumer: "gnutls",
        command: "timeout 5 gnutls-cli --x509cafile @CA@ --port PORT localhost </dev/null",
        version: "gnutls-cli --version | sed -n '1s/.* //p'",
    },
];

impl Client {
    /// Its command for a port and the file of a CA.
    pub fn at(&self, port: &str, ca: &str) -> String {
        let text = self.command.replace("PORT", port);
        text.replace("@CA@", ca)
    }
}
