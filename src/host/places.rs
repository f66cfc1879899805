//! Where settings about trust live: one table of files and how each is read.

/// Whose file it is and how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Variables of every login (`/etc/environment`).
    PamEnvironment,
    /// `/etc/security/pam_env.conf`.
    PamConf,
    /// A user's `~/.pam_environment`.
    PamUser,
    /// A shell profile: what it exports.
    Profile,
    /// A file that services source or systemd hands on: every assignment.
    Defaults,
    /// environment.d(5), `EnvironmentFile=`.
    SystemdEnvironment,
    /// A systemd unit, drop-in or `system.conf`: its variables.
    Unit,
    /// A system crontab, with user names.
    SystemCrontab,
    /// A user's crontab.
    Crontab,
    /// `/etc/anacrontab`.
    Anacrontab,
    /// `go env`'s file.
    Go,
    /// The environment this program was called with.
    Process,
    /// git-config(1).
    Git,
    /// curl's configuration.
    Curl,
    /// wget's configuration.
    Wget,
    /// pip's configuration.
    Pip,
    /// npm's configuration (pnpm reads it too).
    Npm,
    /// yarn 1.
    Yarn,
    /// yarn 2 and later.
    YarnBerry,
    /// apt.conf(5).
    AptConf,
    /// sources.list(5), one-line style.
    AptList,
    /// sources.list(5), deb822 style.
    AptSources,
    /// The Docker daemon.
    Docker,
    /// containers-registries.conf(5): podman, buildah, skopeo.
    Registries,
    /// containerd: `config.toml` and `hosts.toml`.
    Containerd,
    /// RubyGems.
    Gem,
    /// conda.
    Conda,
    /// helm's repositories.
    Helm,
    /// kubectl and everything that uses its configuration.
    Kube,
    /// ansible.
    Ansible,
    /// ldap.conf(5).
    Ldap,
    /// GnuTLS.
    Gnutls,
    /// `java.security`.
    JavaSecurity,
    /// cargo.
    Cargo,
    /// Maven's options, one a line (`jvm.config`).
    Maven,
    /// The AWS command line, which has no file that could say so.
    Aws,
    /// A Dockerfile or Containerfile.
    Dockerfile,
    /// Continuous integration in YAML, and compose.
    Pipeline,
    /// Playbooks and tasks of ansible.
    Playbook,
}

impl Kind {
    /// Whether its settings are environment variables of this host.
    pub fn is_environment(self) -> bool {
        use Kind::{
            Anacrontab, Crontab, Defaults, Go, PamConf, PamEnvironment, PamUser, Process, Profile,
            SystemCrontab, SystemdEnvironment, Unit,
        };
        matches!(
            self,
            PamEnvironment
                | PamConf
                | PamUser
                | Profile
                | Defaults
                | SystemdEnvironment
                | Unit
                | SystemCrontab
                | Crontab
                | Anacrontab
                | Go
                | Process
        )
    }

    /// Whether it says how something is made or run elsewhere, in an environment of its own.
    pub fn is_recipe(self) -> bool {
        matches!(self, Kind::Dockerfile | Kind::Pipeline)
    }
}

/// Files of the system, as patterns (see `Tree::expand`).
pub const SYSTEM: &[(&str, Kind)] = &[
    ("/etc/environment", Kind::PamEnvironment),
    ("/etc/security/pam_env.conf", Kind::PamConf),
    ("/etc/profile", Kind::Profile),
    ("/etc/profile.d/*.sh", Kind::Profile),
    ("/etc/bash.bashrc", Kind::Profile),
    ("/etc/zsh/zshenv", Kind::Profile),
    ("/etc/zsh/zprofile", Kind::Profile),
    ("/etc/zsh/zshrc", Kind::Profile),
    ("/etc/zsh/zlogin", Kind::Profile),
    ("/etc/environment.d/*.conf", Kind::SystemdEnvironment),
    ("/etc/default/*", Kind::Defaults),
    ("/etc/systemd/system.conf", Kind::Unit),
    ("/etc/systemd/system.conf.d/*.conf", Kind::Unit),
    ("/etc/systemd/user.conf", Kind::Unit),
    ("/etc/systemd/user.conf.d/*.conf", Kind::Unit),
    ("/etc/systemd/system/**/*.service", Kind::Unit),
    ("/etc/systemd/system/**/*.conf", Kind::Unit),
    ("/etc/systemd/user/**/*.service", Kind::Unit),
    ("/etc/systemd/user/**/*.conf", Kind::Unit),
    ("/etc/systemd/system/**/*.socket", Kind::Unit),
    ("/etc/systemd/system/**/*.mount", Kind::Unit),
    ("/etc/systemd/user/**/*.socket", Kind::Unit),
    ("/usr/local/lib/systemd/system/**/*.service", Kind::Unit),
    ("/usr/local/lib/systemd/system/**/*.conf", Kind::Unit),
    ("/usr/local/lib/systemd/user/**/*.service", Kind::Unit),
    ("/usr/local/lib/systemd/user/**/*.conf", Kind::Unit),
    ("/etc/crontab", Kind::SystemCrontab),
    ("/etc/cron.d/*", Kind::SystemCrontab),
    ("/etc/anacrontab", Kind::Anacrontab),
    ("/etc/cron.hourly/*", Kind::Profile),
    ("/etc/cron.daily/*", Kind::Profile),
    ("/etc/cron.weekly/*", Kind::Profile),
    ("/etc/cron.monthly/*", Kind::Profile),
    ("/var/spool/cron/crontabs/*", Kind::Crontab),
    ("/usr/local/go/go.env", Kind::Go),
    ("/usr/lib/go/go.env", Kind::Go),
    ("/usr/lib/go-*/go.env", Kind::Go),
    ("/usr/share/go-*/go.env", Kind::Go),
    ("/etc/gitconfig", Kind::Git),
    ("/usr/local/etc/gitconfig", Kind::Git),
    // etckeeper's.
    ("/etc/.git/config", Kind::Git),
    ("/etc/wgetrc", Kind::Wget),
    ("/usr/local/etc/wgetrc", Kind::Wget),
    ("/etc/pip.conf", Kind::Pip),
    ("/etc/xdg/pip/pip.conf", Kind::Pip),
    ("/etc/npmrc", Kind::Npm),
    ("/usr/etc/npmrc", Kind::Npm),
    ("/usr/local/etc/npmrc", Kind::Npm),
    ("/usr/lib/node_modules/npm/npmrc", Kind::Npm),
    ("/usr/local/lib/node_modules/npm/npmrc", Kind::Npm),
    ("/etc/yarnrc", Kind::Yarn),
    // In the order in which apt reads them.
    ("/etc/apt/apt.conf.d/*", Kind::AptConf),
    ("/etc/apt/apt.conf", Kind::AptConf),
    ("/etc/apt/sources.list", Kind::AptList),
    ("/etc/apt/sources.list.d/*.list", Kind::AptList),
    ("/etc/apt/sources.list.d/*.sources", Kind::AptSources),
    ("/etc/docker/daemon.json", Kind::Docker),
    ("/var/snap/docker/current/config/daemon.json", Kind::Docker),
    ("/etc/containers/registries.conf", Kind::Registries),
    ("/etc/containers/registries.conf.d/*.conf", Kind::Registries),
    ("/etc/containerd/config.toml", Kind::Containerd),
    ("/etc/containerd/certs.d/*/hosts.toml", Kind::Containerd),
    ("/etc/gemrc", Kind::Gem),
    ("/etc/conda/.condarc", Kind::Conda),
    ("/etc/conda/condarc", Kind::Conda),
    ("/etc/conda/condarc.d/*", Kind::Conda),
    ("/var/lib/conda/.condarc", Kind::Conda),
    ("/var/lib/conda/condarc", Kind::Conda),
    ("/var/lib/conda/condarc.d/*", Kind::Conda),
    ("/opt/conda/.condarc", Kind::Conda),
    ("/etc/kubernetes/*.conf", Kind::Kube),
    ("/etc/rancher/k3s/k3s.yaml", Kind::Kube),
    ("/etc/ansible/ansible.cfg", Kind::Ansible),
    ("/etc/ldap/ldap.conf", Kind::Ldap),
    ("/etc/gnutls/config", Kind::Gnutls),
    (
        "/etc/java-*-openjdk/security/java.security",
        Kind::JavaSecurity,
    ),
    (
        "/usr/lib/jvm/*/conf/security/java.security",
        Kind::JavaSecurity,
    ),
    ("/etc/mavenrc", Kind::Defaults),
];

/// Files in the home of each user, the first component without a star so that one look at the home's names
/// tells which can be there.
pub const USER: &[(&str, Kind)] = &[
    (".pam_environment", Kind::PamUser),
    (".profile", Kind::Profile),
    (".bash_profile", Kind::Profile),
    (".bash_login", Kind::Profile),
    (".bashrc", Kind::Profile),
    (".zshenv", Kind::Profile),
    (".zprofile", Kind::Profile),
    (".zshrc", Kind::Profile),
    (".zlogin", Kind::Profile),
    (".config/environment.d/*.conf", Kind::SystemdEnvironment),
    (".config/systemd/user/**/*.service", Kind::Unit),
    (".config/systemd/user/**/*.conf", Kind::Unit),
    (".config/systemd/user.conf", Kind::Unit),
    (".config/systemd/user.conf.d/*.conf", Kind::Unit),
    (".config/go/env", Kind::Go),
    (".gitconfig", Kind::Git),
    (".config/git/config", Kind::Git),
    (".git/config", Kind::Git),
    (".curlrc", Kind::Curl),
    (".config/curlrc", Kind::Curl),
    (".config/.curlrc", Kind::Curl),
    (".wgetrc", Kind::Wget),
    (".config/pip/pip.conf", Kind::Pip),
    (".pip/pip.conf", Kind::Pip),
    (".npmrc", Kind::Npm),
    (".config/pnpm/rc", Kind::Npm),
    (".yarnrc", Kind::Yarn),
    (".yarnrc.yml", Kind::YarnBerry),
    (".config/docker/daemon.json", Kind::Docker),
    (".config/containers/registries.conf", Kind::Registries),
    (
        ".config/containers/registries.conf.d/*.conf",
        Kind::Registries,
    ),
    (".cargo/config", Kind::Cargo),
    (".cargo/config.toml", Kind::Cargo),
    (".gemrc", Kind::Gem),
    (".config/gem/gemrc", Kind::Gem),
    (".condarc", Kind::Conda),
    (".conda/.condarc", Kind::Conda),
    (".conda/condarc", Kind::Conda),
    (".conda/condarc.d/*", Kind::Conda),
    (".config/conda/.condarc", Kind::Conda),
    (".config/conda/condarc", Kind::Conda),
    (".config/conda/condarc.d/*", Kind::Conda),
    ("miniconda3/.condarc", Kind::Conda),
    ("anaconda3/.condarc", Kind::Conda),
    (".config/helm/repositories.yaml", Kind::Helm),
    (".kube/config", Kind::Kube),
    (".ansible.cfg", Kind::Ansible),
    ("ldaprc", Kind::Ldap),
    (".ldaprc", Kind::Ldap),
    (".mavenrc", Kind::Defaults),
    (".mvn/jvm.config", Kind::Maven),
    (".mvn/maven.config", Kind::Maven),
];

/// Variables that name a file of settings, wherever they are set.
pub const VARIABLES: &[(&str, Kind)] = &[
    ("GOENV", Kind::Go),
    ("GIT_CONFIG_GLOBAL", Kind::Git),
    ("GIT_CONFIG_SYSTEM", Kind::Git),
    ("WGETRC", Kind::Wget),
    ("SYSTEM_WGETRC", Kind::Wget),
    ("BASH_ENV", Kind::Profile),
    ("ENV", Kind::Profile),
    ("APT_CONFIG", Kind::AptConf),
    ("PIP_CONFIG_FILE", Kind::Pip),
    ("NPM_CONFIG_USERCONFIG", Kind::Npm),
    ("NPM_CONFIG_GLOBALCONFIG", Kind::Npm),
    ("npm_config_userconfig", Kind::Npm),
    ("npm_config_globalconfig", Kind::Npm),
    ("CONTAINERS_REGISTRIES_CONF", Kind::Registries),
    ("GEMRC", Kind::Gem),
    ("CONDARC", Kind::Conda),
    ("HELM_REPOSITORY_CONFIG", Kind::Helm),
    ("KUBECONFIG", Kind::Kube),
    ("ANSIBLE_CONFIG", Kind::Ansible),
    ("LDAPCONF", Kind::Ldap),
];

/// Variables that hold options of every Java program that sees them.
pub const JAVA_OPTIONS: &[&str] = &[
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    "JAVA_OPTS",
    "MAVEN_OPTS",
];

/// Variables that name a folder, and the file of settings in it.
pub const FOLDER_VARIABLES: &[(&str, &str, Kind)] = &[
    ("CURL_HOME", ".curlrc", Kind::Curl),
    ("XDG_CONFIG_HOME", "curlrc", Kind::Curl),
    ("XDG_CONFIG_HOME", "git/config", Kind::Git),
    ("XDG_CONFIG_HOME", "pip/pip.conf", Kind::Pip),
    ("XDG_CONFIG_HOME", "go/env", Kind::Go),
    ("VIRTUAL_ENV", "pip.conf", Kind::Pip),
    ("XDG_CONFIG_HOME", "helm/repositories.yaml", Kind::Helm),
    ("XDG_CONFIG_HOME", "pnpm/rc", Kind::Npm),
    ("CONDA_PREFIX", ".condarc", Kind::Conda),
    ("CARGO_HOME", "config.toml", Kind::Cargo),
    ("CARGO_HOME", "config", Kind::Cargo),
    ("HELM_CONFIG_HOME", "repositories.yaml", Kind::Helm),
    ("GOROOT", "go.env", Kind::Go),
    ("ZDOTDIR", ".zshenv", Kind::Profile),
    ("ZDOTDIR", ".zshrc", Kind::Profile),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_place_is_listed_twice() {
        let mut seen = std::collections::HashSet::new();
        for place in SYSTEM.iter().chain(USER) {
            assert!(seen.insert(place), "{place:?}");
        }
    }

    #[test]
    fn system_places_are_absolute_and_user_places_are_not() {
        assert!(SYSTEM.iter().all(|(path, _)| path.starts_with('/')));
        assert!(USER.iter().all(|(path, _)| !path.starts_with(['/', '*'])));
    }
}
