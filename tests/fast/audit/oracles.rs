//! Our readings against those of the programs whose formats they are.

use std::cmp::Ordering;
use std::process::Command;

use support::{PATH, output};
use trustctl::host::dpkg::compare;
use trustctl::host::format::git;

/// A small generator: the same numbers in each run, so that a failure can be looked at again.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    /// A version with what makes their order hard.
    fn version(&mut self) -> String {
        let parts = [
            "0", "1", "9", "10", "007", "~", "~~", "+", "a", "Z", ".", "-", "ubuntu", "deb12u",
            "esm", "fips",
        ];
        let mut text = String::from(["1", "3", "1:2", "0:1"][self.next(4)]);
        for _ in 0..self.next(6) {
            text.push_str(parts[self.next(parts.len())]);
        }
        text
    }
}

#[test]
fn versions_are_ordered_as_dpkg_orders_them() {
    let mut random = Random(20_261_122);
    for _ in 0..400 {
        let (a, b) = (random.version(), random.version());
        let dpkg = |relation: &str| {
            let mut command = Command::new("/usr/bin/dpkg");
            command
                .env_clear()
                .env("PATH", PATH)
                .args(["--compare-versions", &a, relation, &b]);
            output(&mut command)
        };
        let lower = dpkg("lt");
        if lower.stderr.contains("error") || lower.stderr.contains("warning") {
            // Not a version to dpkg either.
            continue;
        }
        let expected = match (lower.ok(), dpkg("eq").ok()) {
            (true, _) => Ordering::Less,
            (_, true) => Ordering::Equal,
            _ => Ordering::Greater,
        };
        assert_eq!(compare(&a, &b), expected, "{a} and {b}");
    }
}

#[test]
fn git_reads_the_same_settings() {
    let places = ["/usr/bin/git", "/usr/local/bin/git"];
    let git_program = places
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())
        .expect("git is there: tests/testbed/prerequisites.sh installs it");
    let folder = tempfile::tempdir().unwrap();
    let texts = [
        "[http]\n\tsslVerify = false\n",
        "[http \"https://a.B/\"]\nSSLVERIFY = \"no\" ; x\n[a]\n\tb\n",
        "[HTTP]sslverify=0\n[x \"y\\\"z\"] q = a \\\n b # c\n",
        "[a.b]\nc = \"x # y\" z \n",
        "# [http]\n; sslVerify = false\n[http]\nsslVerify = true\nsslVerify = off\n",
    ];
    for text in texts {
        let file = folder.path().join("config");
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(git_program);
        command
            .env_clear()
            .env("PATH", PATH)
            .args(["config", "--null", "--list", "--file"])
            .arg(&file);
        let listed = output(&mut command).exits(0).stdout;
        let theirs: Vec<String> = listed
            .split_terminator('\0')
            .map(|entry| entry.replacen('\n', "=", 1))
            .collect();
        let ours: Vec<String> = git::parse(text)
            .iter()
            .map(|setting| (setting, setting.path.join(".")))
            .map(|(setting, key)| format!("{key}={}", setting.value))
            .collect();
        // git lists a name without a value without `=true`.
        let theirs: Vec<String> = theirs
            .into_iter()
            .map(|entry| {
                if entry.contains('=') {
                    entry
                } else {
                    entry + "=true"
                }
            })
            .collect();
        assert_eq!(ours, theirs, "{text}");
    }
}
