use super::*;
use crate::host::tree::Tree;
use crate::host::users::User;
use crate::store::layout::Layout;

fn gathered(files: &[(&str, &str)]) -> Vec<String> {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let layout = Layout::new(root.path());
    let user = User {
        name: "ann".into(),
        uid: 1000,
        gid: 1000,
        home: "/home/ann".into(),
    };
    let wanted = Wanted {
        homes: vec![user],
        ..Wanted::default()
    };
    let sources = gather(&Tree::new(&layout), wanted);
    let show = |source: &Source| {
        let path = source.path.clone().unwrap_or_default();
        let says: Vec<_> = source
            .settings
            .iter()
            .map(|s| format!("{}={}", s.path.join("/"), s.value))
            .collect();
        format!("{} {:?} {}", path.display(), source.kind, says.join(" "))
    };
    sources
        .iter()
        .filter(|source| !source.settings.is_empty())
        .map(show)
        .collect()
}

#[test]
fn includes_variables_and_environment_files_are_followed() {
    let found = gathered(&[
        ("home/ann/.gitconfig", "[include]\npath = more\n"),
        ("home/ann/more", "[http]\nsslVerify = false\n"),
        (
            "etc/systemd/system/x.service",
            "[Service]\nEnvironmentFile=-/etc/x.env\nExecStart=/bin/x -v\n",
        ),
        ("etc/x.env", "WGETRC=/etc/wg\n"),
        ("etc/wg", "check_certificate = off\n"),
    ]);
    assert_eq!(
        found,
        [
            "/etc/wg Wget checkcertificate=off",
            "/etc/x.env SystemdEnvironment WGETRC=/etc/wg",
            "/home/ann/more Git http/sslverify=false",
            "/home/ann/.gitconfig Git include/path=more",
        ]
    );
}

#[test]
fn further_files_are_read_where_their_programs_read_them() {
    let found = gathered(&[
        ("home/ann/.bashrc", "[ -f ~/.more ] && . ~/.more\n"),
        ("home/ann/.more", "export A=0\n"),
        ("home/ann/.zshrc", "set -a\n. ~/all\nset +a\n. ~/none\n"),
        ("home/ann/all", "E=0\n"),
        ("home/ann/none", "F=0\n"),
        (
            "etc/systemd/system/x.service",
            "[Service]\nEnvironmentFile=/etc/x.d/*.env\nExecStart=/usr/bin/env B=0 x\n",
        ),
        ("etc/x.d/1.env", "C=0\n"),
        ("etc/x.d/1.txt", "D=0\n"),
        ("home/ann/.curlrc", "config = /etc/curl\n"),
        ("etc/curl", "-k\n"),
        (
            "etc/containerd/config.toml",
            "imports = [\"/etc/c/*.toml\"]\n",
        ),
        ("etc/c/1.toml", "skip_verify = true\n"),
    ]);
    assert_eq!(
        found,
        [
            "/etc/c/1.toml Containerd skip_verify=true",
            "/etc/containerd/config.toml Containerd imports/0=/etc/c/*.toml",
            "/etc/x.d/1.env SystemdEnvironment C=0",
            "/etc/systemd/system/x.service Unit B=0",
            "/home/ann/.more Profile A=0",
            "/home/ann/all Defaults E=0",
            "/etc/curl Curl -k=",
            "/home/ann/.curlrc Curl config=/etc/curl",
        ]
    );
}

#[test]
fn later_files_take_back_what_earlier_ones_set() {
    let found = gathered(&[
        (
            "etc/systemd/system/x.service",
            "[Service]\nEnvironment=A=0\nEnvironmentFile=/etc/x.env\nExecStart=/usr/bin/curl -k https://a\n",
        ),
        (
            "etc/systemd/system/x.service.d/1.conf",
            "[Service]\nEnvironment=\nEnvironmentFile=\nExecStart=\n",
        ),
        ("etc/x.env", "A=0\n"),
        ("etc/environment.d/1.conf", "B=0\nC=0\n"),
        ("etc/environment.d/2.conf", "B=1\n"),
        ("home/ann/.config/environment.d/1.conf", "C=1\n"),
    ]);
    assert_eq!(
        found,
        [
            "/etc/environment.d/1.conf SystemdEnvironment C=0",
            "/etc/environment.d/2.conf SystemdEnvironment B=1",
            "/home/ann/.config/environment.d/1.conf SystemdEnvironment C=1",
        ]
    );
}

#[test]
fn what_commands_say_is_told_as_a_setting() {
    let found = gathered(&[
        ("etc/cron.d/x", "@daily root curl -k https://a\n"),
        (
            "srv/x/Dockerfile",
            "FROM y\nENV A=0\nRUN git config --global http.sslVerify false\n",
        ),
        (
            "home/ann/x/.gitlab-ci.yml",
            "a: {script: [npm set strict-ssl false]}\n",
        ),
    ]);
    assert_eq!(
        found,
        [
            "/srv/x/Dockerfile Dockerfile A=0",
            "/etc/cron.d/x Curl insecure=",
            "/home/ann/x/.gitlab-ci.yml Npm strict-ssl=false",
            "/srv/x/Dockerfile Git http/sslverify=false",
        ]
    );
}

#[test]
fn names_that_cron_and_apt_pass_over_are_passed_over() {
    let found = gathered(&[
        ("etc/cron.d/x.sh", "A=0\n"),
        ("etc/cron.d/y-1", "A=0\n"),
        ("etc/apt/apt.conf.d/1.txt", "A \"0\";"),
        ("etc/apt/apt.conf.d/2.conf", "A \"0\";"),
        ("etc/apt/apt.conf.d/3+", "A \"0\";"),
    ]);
    assert_eq!(
        found,
        [
            "/etc/cron.d/y-1 SystemCrontab A=0",
            "/etc/apt/apt.conf.d/2.conf AptConf a=0"
        ]
    );
}

#[test]
fn apt_reads_its_files_as_one() {
    let found = gathered(&[
        (
            "etc/apt/apt.conf.d/1",
            "A \"0\"; B \"0\"; C::D \"0\";\n#include \"/etc/apt/more/\";",
        ),
        ("etc/apt/more/1", "E \"0\";"),
        ("etc/apt/apt.conf.d/2", "B \"1\"; #clear C;"),
        ("etc/apt/apt.conf", "A \"1\";"),
    ]);
    assert_eq!(
        found,
        [
            "/etc/apt/more/1 AptConf e=0",
            "/etc/apt/apt.conf.d/1 AptConf #include=/etc/apt/more/",
            "/etc/apt/apt.conf.d/2 AptConf b=1",
            "/etc/apt/apt.conf AptConf a=1",
        ]
    );
}

#[test]
fn a_file_reached_twice_is_read_once_and_loops_end() {
    let found = gathered(&[
        (
            "home/ann/.gitconfig",
            "[include]\npath = .gitconfig\npath = more\n",
        ),
        ("home/ann/more", "[include]\npath = .gitconfig\n"),
    ]);
    assert_eq!(found.len(), 2);
}

#[test]
fn left_over_files_are_passed_over() {
    assert!(
        gathered(&[
            ("etc/default/x.dpkg-old", "A=0\n"),
            ("etc/cron.d/x~", "A=0\n")
        ])
        .is_empty()
    );
}

const KINDS: [Kind; 33] = [
    Kind::PamEnvironment,
    Kind::PamConf,
    Kind::PamUser,
    Kind::Profile,
    Kind::Defaults,
    Kind::SystemdEnvironment,
    Kind::Unit,
    Kind::Dockerfile,
    Kind::Pipeline,
    Kind::SystemCrontab,
    Kind::Crontab,
    Kind::Go,
    Kind::Git,
    Kind::Curl,
    Kind::Wget,
    Kind::Pip,
    Kind::Npm,
    Kind::Yarn,
    Kind::YarnBerry,
    Kind::AptConf,
    Kind::AptList,
    Kind::AptSources,
    Kind::Docker,
    Kind::Registries,
    Kind::Containerd,
    Kind::Cargo,
    Kind::Gem,
    Kind::Kube,
    Kind::Ansible,
    Kind::Ldap,
    Kind::Gnutls,
    Kind::JavaSecurity,
    Kind::Maven,
];

proptest::proptest! {
    #[test]
    fn no_reader_panics_and_lines_exist(text in "[a-zA-Z0-9 \\t\\n\\r\"'`\\\\$(){}\\[\\]<>#;:=,.%&|!*@/~_-]{0,300}|\\PC{0,100}") {
        let lines = text.split('\n').count();
        for kind in KINDS {
            for said in commanded(kind, &text) {
                assert!((1..=lines.max(1)).contains(&said.setting.line), "{kind:?} {said:?}");
            }
            for setting in parse(kind, &text) {
                assert!((1..=lines.max(1)).contains(&setting.line), "{kind:?} {setting:?}");
            }
        }
        crate::host::format::openssl::parse("x", &text, &mut |_| Vec::new()).tls();
    }
}
