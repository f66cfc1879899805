//! The servers of a cell: nginx, `openssl s_server`, `gnutls-serv` and Python.

use support::Cell;

use crate::diagnose_distros::HOST;
use crate::diagnose_distros::pki::{Pki, Shown};

/// What answers.
pub enum By {
    /// nginx, with these further lines in its `server` block.
    Nginx(Shown, &'static str),
    /// nginx without TLS.
    PlainNginx,
    /// `openssl s_server` with these further arguments.
    OpenSsl(Shown, &'static str),
    /// `gnutls-serv` with this priority string.
    GnuTls(Shown, &'static str),
    /// `servers.py` with this kind; `NGINX` stands for the port of the first nginx.
    Python(&'static str),
    /// Nobody.
    Nobody,
}

/// The port of the first server; the others follow.
pub const FIRST: usize = 9001;

impl By {
    /// A block of nginx's configuration.
    fn block(&self, port: usize) -> String {
        let listen = format!("listen 127.0.0.1:{port}");
        match self {
            By::Nginx(_, lines) => format!(
                "server {{ {listen} ssl; ssl_certificate /srv/{port}.crt; ssl_certificate_key /srv/{port}.key; {lines} }}\n"
            ),
            By::PlainNginx => format!("server {{ {listen}; }}\n"),
            _ => String::new(),
        }
    }

    /// Shell text that starts a server which is no nginx.
    fn command(&self, port: usize) -> String {
        let into = format!(">/srv/{port}.log 2>&1 </dev/null &\n");
        match self {
            By::OpenSsl(_, arguments) => format!(
                "openssl s_server -accept 127.0.0.1:{port} -cert /srv/{port}.crt -key /srv/{port}.key {arguments} {into}"
            ),
            By::GnuTls(_, priority) => format!(
                "gnutls-serv --http --port {port} --x509certfile /srv/{port}.crt --x509keyfile /srv/{port}.key --priority '{priority}' {into}"
            ),
            _ => String::new(),
        }
    }

    fn shown(&self) -> Option<&Shown> {
        match self {
            By::Nginx(shown, _) | By::OpenSsl(shown, _) | By::GnuTls(shown, _) => Some(shown),
            _ => None,
        }
    }
}

/// A cell with its store and all servers running, each on the port of its place in the list.
pub fn serving<'a>(release: &str, pki: &Pki, all: impl Iterator<Item = &'a By> + Clone) -> Cell {
    let cell = Cell::new(release);
    for (name, pem) in pki.store() {
        cell.write(&format!("/usr/local/share/ca-certificates/{name}.crt"), pem);
    }
    cell.write("/srv/trusted.pem", pki.trusted.pem());
    write(&cell, "future", &pki.future());
    let resolver = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";
    cell.write("/etc/resolv.conf", resolver);
    let numbered = (FIRST..).zip(all);
    for (port, by) in numbered.clone() {
        if let Some(shown) = by.shown() {
            write(&cell, &port.to_string(), shown);
        }
    }
    let blocks: String = numbered.clone().map(|(port, by)| by.block(port)).collect();
    cell.write(
        "/srv/nginx.conf",
        format!("events {{}}\nhttp {{ access_log off;\n{blocks}}}\n"),
    );
    cell.write("/srv/servers.py", include_str!("servers.py"));
    let commands: String = numbered
        .clone()
        .map(|(port, by)| by.command(port))
        .collect();
    cell.write("/srv/start", commands);
    let is_nginx = |(_, by): &(usize, &By)| matches!(by, By::Nginx(..));
    let nginx = numbered.clone().find(is_nginx).map_or(0, |(port, _)| port);
    let kinds = numbered.clone().filter_map(|(port, by)| match by {
        By::Python(kind) => Some(format!(
            "{port}:{}",
            kind.replace("NGINX", &nginx.to_string())
        )),
        _ => None,
    });
    let kinds: Vec<String> = kinds.collect();
    let others = numbered.filter(|(_, by)| matches!(by, By::OpenSsl(..) | By::GnuTls(..)));
    let others: Vec<String> = others.map(|(port, _)| format!("{port:04X}")).collect();
    let start = format!(
        "echo 127.0.0.1 {HOST} >>/etc/hosts && update-ca-certificates >/dev/null 2>&1 || exit 1
         for bits in 1024 2048; do openssl dhparam -dsaparam -out /srv/dh$bits.pem $bits 2>/dev/null; done
         nginx -c /srv/nginx.conf >/srv/nginx.log 2>&1 </dev/null && . /srv/start || exit 1
         python3 /srv/servers.py {} >/srv/ready 2>&1 </dev/null &
         for n in $(seq 100); do grep -q ready /srv/ready && break; sleep 0.1; done; grep ready /srv/ready || {{ cat /srv/ready; exit 1; }}
         for port in {}; do for n in $(seq 100); do grep -q :$port.0 /proc/net/tcp && continue 2; sleep 0.1; done; echo $port; exit 1; done",
        kinds.join(" "),
        others.join(" ")
    );
    cell.sh(&start).exits(0);
    cell
}

fn write(cell: &Cell, name: &str, shown: &Shown) {
    cell.write(&format!("/srv/{name}.crt"), &shown.chain);
    cell.write(&format!("/srv/{name}.key"), &shown.key);
}
