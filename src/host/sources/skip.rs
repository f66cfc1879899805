//! Names in folders that the programs reading them pass over.

use std::path::Path;

use crate::host::places::Kind;

/// Folders of scripts that run-parts runs for cron.
const CRON: [&str; 4] = [
    "etc/cron.hourly",
    "etc/cron.daily",
    "etc/cron.weekly",
    "etc/cron.monthly",
];

/// Whether the program that reads a folder passes a name in it over: cron wants names without a dot (cron(8)), apt
/// those without an ending or with `.conf` (apt.conf(5)).
pub(super) fn is_passed_over(path: &Path, kind: Kind) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let in_folder = |folder: &str| path.parent().is_some_and(|parent| parent.ends_with(folder));
    let odd = |also: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
        !name.chars().all(fits)
    };
    match kind {
        Kind::SystemCrontab => in_folder("cron.d") && odd("-_"),
        Kind::Profile => CRON.iter().any(|folder| in_folder(folder)) && odd("-_"),
        // Of a `.conf` beside the units systemd knows nothing.
        Kind::Unit => {
            let manager = in_folder("systemd/system") || in_folder("systemd/user");
            manager && name.ends_with(".conf")
        }
        Kind::AptConf => {
            let ending = name.rsplit_once('.').map(|(_, ending)| ending);
            in_folder("apt.conf.d") && (odd("-_.") || ending.is_some_and(|e| e != "conf"))
        }
        _ => false,
    }
}

/// Names that the programs reading a folder pass over, and so does this one (run-parts(8), apt.conf(5), dpkg).
pub(super) fn is_left_over(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let endings = [
        "~",
        ".dpkg-old",
        ".dpkg-dist",
        ".dpkg-new",
        ".dpkg-tmp",
        ".bak",
        ".save",
        ".disabled",
        ".swp",
        ".ucf-old",
        ".ucf-dist",
    ];
    name == ".placeholder" || endings.iter().any(|ending| name.ends_with(ending))
}
