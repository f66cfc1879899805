//! Points in time, as certificates know them.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Seconds in a day; leap seconds do not exist in X.509 (RFC 5280 §4.1.2.5).
const DAY: i64 = 86_400;

/// A point in time: seconds since 1970-01-01T00:00:00Z, negative before it.
///
/// Shown and serialised as RFC 3339 in UTC. The whole range of X.509 is covered, `9999-12-31T23:59:59Z` ("no
/// well-defined expiration", RFC 5280 §4.1.2.5) included; what lies outside the years 0 to 9999 is shown as their end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// The point `days` days later (earlier when negative).
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY)))
    }

    /// Whole days from `self` to `later`, rounded down; negative when `later` lies before.
    pub fn days_until(self, later: Self) -> i64 {
        later.0.saturating_sub(self.0).div_euclid(DAY)
    }

    /// The last second of a day written as `2027-01-31` (UTC), if there is such a day.
    pub fn end_of_day(day: &str) -> Option<Self> {
        format!("{day}T23:59:59Z").parse().ok()
    }

    /// The point named by a calendar date and time in UTC, if there is such a date (seconds 0 to 59).
    pub fn from_civil(
        year: i16,
        month: i8,
        day: i8,
        hour: i8,
        minute: i8,
        second: i8,
    ) -> Option<Self> {
        let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
        Some(Self::from_datetime(civil))
    }

    fn from_datetime(civil: DateTime) -> Self {
        Self(civil.duration_since(epoch()).as_secs())
    }

    fn to_civil(self) -> DateTime {
        let first = date(0, 1, 1).at(0, 0, 0, 0);
        let last = date(9999, 12, 31).at(23, 59, 59, 0);
        epoch()
            .saturating_add(SignedDuration::from_secs(self.0))
            .clamp(first, last)
    }
}

fn epoch() -> DateTime {
    date(1970, 1, 1).at(0, 0, 0, 0)
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Z", self.to_civil())
    }
}

/// A text that is no RFC 3339 point in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTime(String);

impl fmt::Display for BadTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a time like 2026-01-31T12:00:00Z (RFC 3339)",
            self.0
        )
    }
}

impl std::error::Error for BadTime {}

impl FromStr for Time {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(timestamp.as_second()));
        }
        // jiff's timestamps end a day before the year 9999 does; its civil times do not.
        text.strip_suffix(['Z', 'z'])
            .and_then(|civil| civil.parse::<DateTime>().ok())
            .map(Self::from_datetime)
            .ok_or_else(|| BadTime(text.to_owned()))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_and_read_as_rfc_3339_in_utc() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (-62_167_219_200, "0000-01-01T00:00:00Z"),
        ] {
            assert_eq!(Time(seconds).to_string(), text);
            assert_eq!(text.parse::<Time>(), Ok(Time(seconds)), "{text}");
        }
        assert_eq!(
            "2026-01-31T13:00:00+01:00".parse(),
            "2026-01-31T12:00:00Z".parse::<Time>()
        );
    }

    #[test]
    fn times_outside_the_calendar_are_shown_as_its_ends() {
        assert_eq!(Time(i64::MAX).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(Time(i64::MIN).to_string(), "0000-01-01T00:00:00Z");
    }

    #[test]
    fn texts_that_are_no_time_are_refused() {
        for text in [
            "",
            "Z",
            "now",
            "2026-02-30T00:00:00Z",
            "2026-01-31",
            "2026-01-31T12:00:00",
        ] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_ends_with_its_last_second() {
        let end = Time::end_of_day("2027-01-31").map(|end| end.to_string());
        assert_eq!(end.as_deref(), Some("2027-01-31T23:59:59Z"));
        for text in [
            "",
            "2027-02-30",
            "2027-1-31",
            "31.01.2027",
            "2027-01-31T00:00:00",
        ] {
            assert_eq!(Time::end_of_day(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_counted_downwards() {
        let now = Time(1_000_000);
        assert_eq!(now.days_until(now.plus_days(30)), 30);
        assert_eq!(now.days_until(Time(now.0 + DAY - 1)), 0);
        assert_eq!(now.days_until(Time(now.0 - 1)), -1);
        assert_eq!(Time(i64::MIN).days_until(Time(i64::MAX)), i64::MAX / DAY);
    }
}
