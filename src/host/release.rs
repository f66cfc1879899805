//! Which release this is, and until when it is supported.

use super::format::words::commands;
use crate::cert::Time;
use crate::data;

/// What `os-release(5)` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OsRelease {
    /// `ID`: `ubuntu`, `debian` …
    pub id: String,
    /// `VERSION_ID`: `20.04`, `12`; empty in Debian sid.
    pub version: String,
    /// `VERSION_CODENAME`: `focal`, `bookworm`; may be empty.
    pub codename: String,
    /// `PRETTY_NAME`, or identifier and version where that is missing.
    pub name: String,
    /// `ID_LIKE`, split.
    pub like: Vec<String>,
}

impl OsRelease {
    /// Reads the text of the file.
    pub fn parse(text: &str) -> OsRelease {
        let mut out = OsRelease::default();
        for words in commands(text) {
            let Some((name, value)) = words.first().and_then(|word| word.assignment()) else {
                continue;
            };
            match name {
                "ID" => out.id = value.to_string(),
                "VERSION_ID" => out.version = value.to_string(),
                "VERSION_CODENAME" => out.codename = value.to_string(),
                "PRETTY_NAME" => out.name = value.to_string(),
                "ID_LIKE" => out.like = value.split_whitespace().map(str::to_string).collect(),
                _ => {}
            }
        }
        if out.name.is_empty() {
            out.name = format!("{} {}", out.id, out.version).trim().to_string();
        }
        out
    }

    /// Debian and Ubuntu themselves, whose dates are known here.
    pub fn distribution(&self) -> Option<Distribution> {
        match self.id.as_str() {
            "ubuntu" => Some(Distribution::Ubuntu),
            "debian" => Some(Distribution::Debian),
            _ => None,
        }
    }
}

/// The distributions whose life is published by `distro-info-data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Ubuntu.
    Ubuntu,
    /// Debian.
    Debian,
}

impl Distribution {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ubuntu => "Ubuntu",
            Self::Debian => "Debian",
        }
    }

    /// The file of `distro-info-data` with its releases.
    pub fn file(self) -> &'static str {
        match self {
            Self::Ubuntu => "/usr/share/distro-info/ubuntu.csv",
            Self::Debian => "/usr/share/distro-info/debian.csv",
        }
    }

    /// The copy among trustctl's own tables.
    pub fn own_copy(self) -> &'static str {
        let releases = &data::tables().releases;
        match self {
            Self::Ubuntu => &releases.ubuntu,
            Self::Debian => &releases.debian,
        }
    }

    /// The columns that end the support for all users, the longer one, and the longest.
    fn columns(self) -> [&'static str; 3] {
        match self {
            Self::Ubuntu => ["eol", "eol-esm", "eol-legacy"],
            Self::Debian => ["eol", "eol-lts", "eol-elts"],
        }
    }
}

/// How long one release is supported; a date that is not known is absent, the last supported day otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// Whose release it is.
    pub distribution: Distribution,
    /// `22.04 LTS`, `12`.
    pub version: String,
    /// `jammy`, `bookworm`.
    pub series: String,
    /// The end of support for all users.
    pub standard: Option<Time>,
    /// The end of Ubuntu's Expanded Security Maintenance, or of Debian's LTS.
    pub extended: Option<Time>,
    /// The end of Ubuntu's legacy support, or of Debian's ELTS (both paid).
    pub legacy: Option<Time>,
}

/// The release's row in the text of a `distro-info` file, found by series or by version.
///
/// Columns are found by their name in the first line, since older files lack some; rows may be short.
pub fn life(distribution: Distribution, csv: &str, release: &OsRelease) -> Option<Life> {
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next()?.split(',').collect();
    let column = |name: &str| header.iter().position(|title| *title == name);
    let (version, series) = (column("version")?, column("series")?);
    lines.find_map(|line| {
        let row: Vec<&str> = line.split(',').collect();
        let cell = |index: usize| row.get(index).copied().unwrap_or_default();
        let number = cell(version).split(' ').next().unwrap_or_default();
        let by_series = !release.codename.is_empty() && cell(series) == release.codename;
        let by_version = !release.version.is_empty() && number == release.version;
        if !by_series && !by_version {
            return None;
        }
        let [standard, extended, legacy] =
            distribution.columns().map(|name| date(cell(column(name)?)));
        Some(Life {
            distribution,
            version: cell(version).to_string(),
            series: cell(series).to_string(),
            standard,
            extended,
            legacy,
        })
    })
}

fn date(text: &str) -> Option<Time> {
    format!("{text}T23:59:59Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release_is_read_with_its_quotes() {
        let text = "PRETTY_NAME=\"Ubuntu 20.04.6 LTS\"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"20.04\"\nVERSION_CODENAME=focal\n";
        let release = OsRelease::parse(text);
        assert_eq!(
            (release.id.as_str(), release.version.as_str()),
            ("ubuntu", "20.04")
        );
        assert_eq!(release.name, "Ubuntu 20.04.6 LTS");
        assert_eq!(release.distribution(), Some(Distribution::Ubuntu));
    }

    #[test]
    fn the_embedded_rows_have_their_dates() {
        let row = |distribution: Distribution, version: &str| {
            let release = OsRelease {
                version: version.into(),
                ..OsRelease::default()
            };
            let life = life(distribution, distribution.own_copy(), &release).unwrap();
            let day = |time: Option<Time>| {
                time.map(|t| t.to_string()[..10].to_string())
                    .unwrap_or_default()
            };
            format!(
                "{} {} {} {}",
                life.series,
                day(life.standard),
                day(life.extended),
                day(life.legacy)
            )
        };
        assert_eq!(
            row(Distribution::Ubuntu, "20.04"),
            "focal 2025-05-29 2030-04-23 2035-04-26"
        );
        assert_eq!(row(Distribution::Ubuntu, "25.10"), "questing 2026-07-09  ");
        assert_eq!(
            row(Distribution::Debian, "11"),
            "bullseye 2024-08-14 2026-08-31 2031-06-30"
        );
    }

    #[test]
    fn columns_are_found_by_name_and_may_be_missing() {
        let release = OsRelease {
            codename: "x".into(),
            ..OsRelease::default()
        };
        let csv = "series,eol,version\nx,2030-01-01,1\n";
        let found = life(Distribution::Ubuntu, csv, &release).unwrap();
        assert_eq!(
            found.standard.map(|t| t.to_string()),
            Some("2030-01-01T23:59:59Z".into())
        );
        assert_eq!(found.extended, None);
        assert_eq!(life(Distribution::Debian, "", &release), None);
    }
}
