//! The network: what a server does when it is asked for TLS, as one value with the evidence of every step.
//!
//! Nothing is judged here, nothing is trusted, and everything ends: each step has a time limit, the whole has one
//! deadline, and no server is read for more than [`BUDGET`] bytes.

pub mod answers;
pub mod fetch;
mod handshake;
mod hello;
pub mod observation;
mod offer;
mod plain;
pub mod proxy;
mod starttls;
pub mod suites;
pub mod target;
mod wire;

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::cert::Time;
use crate::programs::hellos::Offer;
use observation::{
    Answer, Attempt, ConnectFault, Handshake, Hello, Observation, Plain, ProxyFault, Resolution,
    StarttlsFault, Version,
};
use proxy::Proxy;
use target::{Host, Target};
use wire::Wire;

/// At most so many bytes are taken from a server in one handshake.
pub const BUDGET: u64 = 1 << 20;
/// So many addresses of a name are tried, the first of each family at once.
const ADDRESSES: usize = 6;

/// So many programs are asked as, at most; no server needs more to tell the rows apart.
const ROWS: usize = 16;
/// How long a server that has answered before may take to answer again.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long steps may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Resolving a name.
    pub resolve: Duration,
    /// Connecting to one address.
    pub connect: Duration,
    /// One handshake, with what stands before it (proxy, STARTTLS).
    pub handshake: Duration,
    /// Everything for one target.
    pub total: Duration,
}

impl Limits {
    /// Limits in which no step takes longer than `step`, and a target no longer than three steps.
    pub fn within(step: Duration) -> Self {
        Self {
            resolve: step,
            connect: step,
            handshake: step,
            total: step.saturating_mul(3),
        }
    }
}

/// How to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// Through this proxy.
    pub proxy: Option<Proxy>,
    /// At this address instead of what the name resolves to; port 0 stands for the target's.
    pub address: Option<SocketAddr>,
    /// Time limits.
    pub limits: Limits,
    /// The time by which certificates are judged.
    pub now: Time,
    /// The programs whose hellos are answered for.
    pub offers: Vec<&'static Offer>,
    /// A path to ask for over HTTP after the handshake, made of visible ASCII.
    pub path: Option<String>,
}

/// Looks at a target.
pub fn observe(target: Target, options: &Options) -> Observation {
    let mut probe = Probe::new(target, options);
    probe.run();
    probe.seen
}

/// Looks at the other addresses of the name that was looked at, all at once; those that were tried and do not answer
/// are left out, and so is everything behind a proxy.
pub fn elsewhere(first: &Observation, options: &Options) -> Vec<Observation> {
    let (Resolution::Found(addresses), None) = (&first.resolution, &options.proxy) else {
        return Vec::new();
    };
    let Some(reached) = first.connected() else {
        return Vec::new();
    };
    let is_dead = |address: &IpAddr| {
        let mut tried = first.attempts.iter();
        tried.any(|one| one.address.ip() == *address && one.fault.is_some())
    };
    let others = addresses.iter().take(ADDRESSES);
    let others = others.filter(|address| **address != reached.ip() && !is_dead(address));
    let look = |address: &IpAddr| {
        let options = Options {
            address: Some(SocketAddr::new(*address, 0)),
            ..options.clone()
        };
        observe(first.target.clone(), &options)
    };
    thread::scope(|scope| {
        let running: Vec<_> = others
            .map(|address| scope.spawn(move || look(address)))
            .collect();
        running
            .into_iter()
            .filter_map(|one| one.join().ok())
            .collect()
    })
}

/// One look at one target.
struct Probe<'a> {
    options: &'a Options,
    deadline: Instant,
    seen: Observation,
}

/// Why there is no connection to shake hands on.
enum NoWire {
    Tcp,
    Proxy(ProxyFault),
    Starttls(StarttlsFault),
}

impl<'a> Probe<'a> {
    fn new(target: Target, options: &'a Options) -> Self {
        let proxy = options.proxy.as_ref().map(ToString::to_string);
        let is_spoken = options
            .proxy
            .as_ref()
            .is_none_or(|proxy| proxy.unspoken().is_none());
        let resolution = if is_spoken {
            resolve(&target, options)
        } else {
            Resolution::Found(Vec::new())
        };
        Self {
            options,
            deadline: Instant::now() + options.limits.total,
            seen: Observation::new(target, proxy, resolution),
        }
    }

    fn run(&mut self) {
        let unspoken = self.options.proxy.as_ref().and_then(Proxy::unspoken);
        if let Some(scheme) = unspoken {
            self.seen.tunnel = Some(Err(ProxyFault::Unspoken(scheme.to_string())));
            return;
        }
        let Some(wire) = self.connect() else { return };
        let Some(mut wire) = self.prepare_first(wire) else {
            return;
        };
        let wanted = handshake::Wanted {
            now: self.options.now,
            path: self.options.path.clone(),
        };
        let (found, said) = handshake::shake(&mut wire, &self.seen.target, &wanted);
        drop(wire);
        (self.seen.date, self.seen.status) = (said.date, said.status);
        let answer = found.answer.clone();
        let head = found.head.clone();
        self.seen.handshake = Some(found);
        if answer != Answer::Accepted {
            self.follow_up(&answer, &head);
        }
        self.survey(&answer);
    }

    /// Asks as the programs that may be answered otherwise than the handshake was, one row at a time: what one is
    /// told often answers for others.
    fn survey(&mut self, answer: &Answer) {
        let reached = self.seen.hellos.iter().any(Hello::is_accepted);
        let is_mute = matches!(
            answer,
            Answer::TimedOut | Answer::NotTls | Answer::NoCertificate
        );
        if self.seen.plain.is_some() || (is_mute && !reached) {
            return;
        }
        let patience = self.patience();
        let mut offers = self.options.offers.clone();
        // A large hello of a program that offers little else tells most of the network.
        offers.sort_by_key(|offer| (!offer.is_large(), offer.ciphers.len()));
        if *answer != Answer::Accepted {
            offers.sort_by_key(|offer| (offer.is_large(), offer.ciphers.len()));
        }
        for offer in offers {
            if self.seen.rows.len() >= ROWS || answers::to(&self.seen, offer).is_some() {
                continue;
            }
            let hello = self.ask_as(offer, patience);
            let is_over = hello.answer == Answer::NotAsked;
            self.seen.rows.push(hello);
            if is_over {
                return;
            }
        }
    }

    /// Who answered once is not waited for much longer the next time.
    fn patience(&self) -> Duration {
        let found = self.seen.handshake.iter();
        let took = found.filter(|one| one.answer != Answer::TimedOut);
        let took = took.map(|one| one.time).max().unwrap_or(PATIENCE);
        (took * 10).max(PATIENCE).min(self.options.limits.handshake)
    }

    /// Who was waited for in vain is not waited for as long again.
    fn once_more(&self) -> Duration {
        let limit = self.options.limits.handshake;
        let found = self.seen.handshake.as_ref();
        match found.is_some_and(|found| found.answer == Answer::TimedOut) {
            true => limit / 2,
            false => limit,
        }
    }

    fn ask_as(&self, offer: &'static Offer, patience: Duration) -> Hello {
        let name = match &self.seen.target.host {
            Host::Name(name) => Some(name.as_str()),
            Host::Address(_) => None,
        };
        match (self.dial(), handshake::material(offer)) {
            (Ok(mut wire), Some(material)) => {
                wire.hurry(patience);
                hello::ask_as(&mut wire, offer, name, &material)
            }
            _ => Hello {
                by: Some(offer),
                ..hello::not_asked(Version(offer.highest()), name.is_some())
            },
        }
    }

    fn wire(&self, address: SocketAddr) -> io::Result<Wire> {
        let limits = &self.options.limits;
        let mut wire = Wire::connect(address, limits.connect, self.deadline, BUDGET)?;
        // Connecting is a step of its own; what follows has its whole time.
        wire.until(self.deadline.min(Instant::now() + limits.handshake));
        Ok(wire)
    }

    /// Connects to the first address that answers; the first of each family are tried at the same time.
    fn connect(&mut self) -> Option<Wire> {
        let addresses = self.addresses();
        let fifth = |address: &SocketAddr| (address.is_ipv6(), *address);
        let first = addresses.first().copied()?;
        let other = addresses
            .iter()
            .copied()
            .find(|address| address.is_ipv6() != first.is_ipv6());
        let mut wires = match other {
            None => vec![self.attempt(first)],
            Some(other) => thread::scope(|scope| {
                let beside = scope.spawn(|| self.attempt(other));
                let mut both = vec![self.attempt(first)];
                both.extend(beside.join());
                both
            }),
        };
        let tried = [Some(first), other];
        for address in addresses
            .iter()
            .filter(|address| !tried.iter().flatten().any(|t| fifth(t) == fifth(address)))
        {
            if wires.iter().any(|(_, wire)| wire.is_some()) {
                break;
            }
            wires.push(self.attempt(*address));
        }
        let mut connected = None;
        for (attempt, wire) in wires {
            self.seen.attempts.push(attempt);
            connected = connected.or(wire);
        }
        connected
    }

    fn attempt(&self, address: SocketAddr) -> (Attempt, Option<Wire>) {
        let started = Instant::now();
        let (wire, fault) = match self.wire(address) {
            Ok(wire) => (Some(wire), None),
            Err(error) => (None, Some(connect_fault(&error))),
        };
        let time = started.elapsed();
        (
            Attempt {
                address,
                fault,
                time,
            },
            wire,
        )
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        let port = match (&self.options.proxy, self.options.address) {
            (Some(proxy), _) => proxy.port,
            (None, Some(address)) if address.port() != 0 => address.port(),
            _ => self.seen.target.port,
        };
        let found: &[IpAddr] = match &self.seen.resolution {
            Resolution::Given(address) => std::slice::from_ref(address),
            Resolution::Found(addresses) => addresses,
            _ => &[],
        };
        found
            .iter()
            .take(ADDRESSES)
            .map(|address| SocketAddr::new(*address, port))
            .collect()
    }

    /// Proxy and STARTTLS on the first connection; what they say is part of what was seen.
    fn prepare_first(&mut self, wire: Wire) -> Option<Wire> {
        let prepared = self.prepare(wire);
        let failed = prepared.as_ref().err();
        if self.options.proxy.is_some() {
            self.seen.tunnel = Some(match failed {
                Some(NoWire::Proxy(fault)) => Err(fault.clone()),
                _ => Ok(()),
            });
        }
        if self.seen.target.starttls.is_some() && !matches!(failed, Some(NoWire::Proxy(_))) {
            self.seen.starttls = Some(match failed {
                Some(NoWire::Starttls(fault)) => Err(fault.clone()),
                _ => Ok(()),
            });
        }
        prepared.ok()
    }

    fn prepare(&self, mut wire: Wire) -> Result<Wire, NoWire> {
        if let Some(proxy) = &self.options.proxy {
            proxy
                .connect(&mut wire, &self.seen.target)
                .map_err(NoWire::Proxy)?;
        }
        if let Some(kind) = self.seen.target.starttls {
            starttls::turn(&mut wire, kind, &self.seen.target).map_err(NoWire::Starttls)?;
        }
        wire.begin();
        Ok(wire)
    }

    /// Another connection to the address that answered.
    fn dial(&self) -> Result<Wire, NoWire> {
        let address = self.seen.connected().ok_or(NoWire::Tcp)?;
        self.wire(address)
            .map_err(|_| NoWire::Tcp)
            .and_then(|wire| self.prepare(wire))
    }

    /// The handshake failed: what else can be learnt?
    fn follow_up(&mut self, answer: &Answer, head: &[u8]) {
        self.seen.plain = plain::sniff(head);
        self.seen.location = plain::location(head);
        let is_mute = matches!(
            answer,
            Answer::Closed | Answer::Reset | Answer::TimedOut | Answer::NotTls
        );
        let is_asked = self.seen.plain.is_none() && is_mute && self.seen.target.starttls.is_none();
        // Who was waited for in vain is asked both ways at once, so that waiting does not add up.
        let (spoken, old) = thread::scope(|scope| {
            let spoken = scope.spawn(|| is_asked.then(|| self.speak_plainly()).flatten());
            let old = (*answer == Answer::TimedOut)
                .then(|| self.without_tls13())
                .flatten();
            (spoken.join().ok().flatten(), old)
        });
        if let Some((plain, place)) = spoken {
            self.seen.plain = Some(plain);
            self.seen.location = Some(place).filter(|place| !place.is_empty());
        }
        if self.seen.plain.is_some() {
            return;
        }
        if *answer == Answer::TimedOut {
            return self.seen.hellos.extend(old);
        }
        let versions = [
            Version::TLS12,
            Version::TLS11,
            Version::TLS10,
            Version::SSL3,
        ];
        for version in versions {
            let hello = self.hello(version, true);
            let done = hello.is_accepted() && hello.version == Some(Version::TLS12);
            self.seen.hellos.push(hello);
            if done {
                return;
            }
        }
        let mentions_name = matches!(self.seen.target.host, Host::Name(_));
        if mentions_name && !self.seen.hellos.iter().any(Hello::is_accepted) {
            let hello = self.hello(Version::TLS12, false);
            self.seen.hellos.push(hello);
        }
    }

    /// A server that does not answer at all may answer who doesn't speak of TLS 1.3.
    fn without_tls13(&self) -> Option<Hello> {
        let found = self.seen.handshake.as_ref()?;
        (found.received == 0)
            .then(|| self.hello(Version::TLS12, true))
            .filter(Hello::is_accepted)
    }

    fn hello(&self, version: Version, named: bool) -> Hello {
        let name = match &self.seen.target.host {
            Host::Name(name) if named => Some(name.as_str()),
            _ => None,
        };
        let mut random = [0; 32];
        let filled = aws_lc_rs::rand::fill(&mut random);
        let mut hello = match (self.dial(), filled) {
            (Ok(mut wire), Ok(())) => {
                wire.hurry(self.once_more());
                hello::ask(&mut wire, version, name, random)
            }
            _ => hello::not_asked(version, named),
        };
        hello.named = named;
        hello
    }

    /// Whether the port speaks something else in clear, and where an answer in HTTP leads to.
    fn speak_plainly(&self) -> Option<(Plain, String)> {
        let mut wire = self.dial().ok()?;
        wire.hurry(self.once_more().min(Duration::from_secs(2)));
        wire.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
        // A server of TLS that understands HTTP in clear answers too, and says so in the body.
        while let Ok(Some(_)) = wire.byte() {
            let head = wire.head();
            let is_other = plain::sniff(head).is_some_and(|plain| plain != Plain::Http);
            let is_read = is_other || (head.ends_with(b"\r\n\r\n") && plain::is_content(head));
            if wire.received() >= wire::KEPT || is_read {
                break;
            }
        }
        let head = wire.head();
        let place = plain::location(head).unwrap_or_default();
        plain::sniff(head)
            .filter(|plain| *plain != Plain::Http || !plain::wants_tls(head))
            .map(|plain| (plain, place))
    }
}

fn connect_fault(error: &io::Error) -> ConnectFault {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectFault::Refused,
        io::ErrorKind::TimedOut => ConnectFault::TimedOut,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            ConnectFault::Unreachable(crate::system::plain(error))
        }
        _ => ConnectFault::Failed(crate::system::plain(error)),
    }
}

fn resolve(target: &Target, options: &Options) -> Resolution {
    if let (Some(address), None) = (options.address, &options.proxy) {
        return Resolution::Given(address.ip());
    }
    let host = options
        .proxy
        .as_ref()
        .map_or(&target.host, |proxy| &proxy.host);
    match host {
        Host::Address(address) => Resolution::Given(*address),
        Host::Name(name) => look_up(name.clone(), options.limits.resolve),
    }
}

/// The system's resolver (getaddrinfo(3)) in a thread of its own, since it has no time limit.
pub(crate) fn look_up(name: String, limit: Duration) -> Resolution {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let answer = (name.as_str(), 0)
            .to_socket_addrs()
            .map(Iterator::collect::<Vec<_>>);
        // Nobody listens any more when the limit has passed.
        let _ = sender.send(answer);
    });
    match receiver.recv_timeout(limit) {
        Ok(Ok(found)) if found.is_empty() => {
            Resolution::Missing("the name has no address".to_string())
        }
        Ok(Ok(found)) => {
            let mut addresses: Vec<IpAddr> = found.iter().map(SocketAddr::ip).collect();
            addresses.dedup();
            Resolution::Found(addresses)
        }
        Ok(Err(error)) => unresolved(&error),
        Err(_) => Resolution::TimedOut,
    }
}

/// The standard library gives only gai_strerror(3)'s text, which is English: no locale is ever set.
fn unresolved(error: &io::Error) -> Resolution {
    let text = error.to_string();
    let reason = text.rsplit(": ").next().unwrap_or(&text).to_lowercase();
    let is_missing = reason.contains("not known") || reason.contains("no address");
    if is_missing {
        Resolution::Missing(reason)
    } else {
        Resolution::Failed(reason)
    }
}

/// What `--save-chain` writes and `add --from` takes: the certificates of a handshake, leaf first.
pub fn chain(observation: &Observation) -> Vec<crate::cert::Certificate> {
    let read = |der: &Vec<u8>| crate::cert::Certificate::from_der(der).ok();
    observation.certificates().iter().filter_map(read).collect()
}

/// Whether the handshake itself succeeded.
pub fn is_complete(handshake: Option<&Handshake>) -> bool {
    handshake.is_some_and(|handshake| handshake.answer == Answer::Accepted)
}
