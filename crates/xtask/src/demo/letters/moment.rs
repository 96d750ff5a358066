//! Moments in a letter's own zone, and how mail, calendars and people write them.

/// A moment, and how far the writer's clock is ahead of UTC. Sorts by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    unix_seconds: i64,
    zone_minutes: i64,
}

/// What a letter is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
}

impl Moment {
    /// The given time of day by the writer's clock, so many days before the day that it is now
    /// where the team works. All writers count from the same day, so that answers come after
    /// questions whatever the hour is.
    pub(super) fn days_ago(now: i64, days: i64, minute_of_day: i64, zone_minutes: i64) -> Self {
        let today = (now + TEAM_ZONE_MINUTES * MINUTE).div_euclid(DAY);
        Self {
            unix_seconds: (today - days) * DAY + (minute_of_day - zone_minutes) * MINUTE,
            zone_minutes,
        }
    }

    pub(super) fn minutes_ago(now: i64, minutes: i64, zone_minutes: i64) -> Self {
        Self {
            unix_seconds: (now.div_euclid(MINUTE) - minutes) * MINUTE,
            zone_minutes,
        }
    }

    #[cfg(test)]
    pub(super) fn unix_seconds(self) -> i64 {
        self.unix_seconds
    }

    /// `Mon, 9 Nov 2026 09:12:00 +0100` (RFC 5322, 3.3).
    pub(super) fn date_field(self) -> String {
        let day = self.today();
        let (year, month, number) = day.civil();
        let (weekday, month) = (WEEKDAYS[day.weekday()], MONTHS[month]);
        format!(
            "{weekday:.3}, {number} {month:.3} {year} {}",
            self.time_and_zone()
        )
    }

    /// ` 9-Nov-2026 09:12:00 +0100` (RFC 9051, 9: date-time).
    pub(super) fn internal_date(self) -> String {
        let (year, month, number) = self.today().civil();
        let month = MONTHS[month];
        format!("{number:>2}-{month:.3}-{year} {}", self.time_and_zone())
    }

    /// `Monday, 9 November 2026 at 09:12`.
    pub(super) fn in_words(self, language: Language) -> String {
        let day = self.today().in_words(language);
        let (year, ..) = self.today().civil();
        let (hour, minute, _) = self.time();
        match language {
            Language::English => format!("{day} {year} at {hour:02}:{minute:02}"),
            Language::German => format!("{day} {year} um {hour:02}:{minute:02}"),
        }
    }

    pub(super) fn today(self) -> Day {
        Day(self.local_seconds().div_euclid(DAY))
    }

    /// So many days later, and then the next on which people work.
    pub(super) fn workday_after(self, days: i64) -> Day {
        let day = Day(self.today().0 + days);
        match day.weekday() {
            SATURDAY => Day(day.0 + 2),
            SUNDAY => Day(day.0 + 1),
            _ => day,
        }
    }

    fn local_seconds(self) -> i64 {
        self.unix_seconds + self.zone_minutes * MINUTE
    }

    fn time(self) -> (i64, i64, i64) {
        let second = self.local_seconds().rem_euclid(DAY);
        (second / 3600, second / MINUTE % 60, second % MINUTE)
    }

    fn time_and_zone(self) -> String {
        let (hour, minute, second) = self.time();
        let sign = if self.zone_minutes < 0 { '-' } else { '+' };
        let (hours, minutes) = (self.zone_minutes.abs() / 60, self.zone_minutes.abs() % 60);
        format!("{hour:02}:{minute:02}:{second:02} {sign}{hours:02}{minutes:02}")
    }
}

/// A day, counted from 1 January 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day(i64);

impl Day {
    /// `Monday, 9 November`.
    pub(super) fn in_words(self, language: Language) -> String {
        let (_, month, number) = self.civil();
        let weekday = self.weekday();
        match language {
            Language::English => format!("{}, {number} {}", WEEKDAYS[weekday], MONTHS[month]),
            Language::German => format!("{}, {number}. {}", WOCHENTAGE[weekday], MONATE[month]),
        }
    }

    /// `2026-11-09`.
    pub(super) fn iso(self) -> String {
        let (year, month, number) = self.civil();
        format!("{year}-{:02}-{number:02}", month + 1)
    }

    /// `20261109`, as calendars have it (RFC 5545, 3.3.4).
    pub(super) fn compact(self) -> String {
        self.iso().replace('-', "")
    }

    /// An index into the names of the days, which begin with Monday.
    fn weekday(self) -> usize {
        // 1 January 1970 was a Thursday.
        usize::try_from((self.0 + 3).rem_euclid(7)).unwrap_or_default()
    }

    /// Year, month as an index into the months' names, and day of the month.
    fn civil(self) -> (i64, usize, i64) {
        let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let (mut year, mut left) = (1970, self.0.max(0));
        loop {
            let length = if is_leap(year) { 366 } else { 365 };
            if left < length {
                break;
            }
            left -= length;
            year += 1;
        }
        let mut month = 0;
        for days in [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
            let days = days + i64::from(month == 1 && is_leap(year));
            if left < days {
                break;
            }
            left -= days;
            month += 1;
        }
        (year, month, left + 1)
    }
}

/// An hour ahead of UTC.
const TEAM_ZONE_MINUTES: i64 = 60;

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;
const SATURDAY: usize = 5;
const SUNDAY: usize = 6;

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const WOCHENTAGE: [&str; 7] = [
    "Montag",
    "Dienstag",
    "Mittwoch",
    "Donnerstag",
    "Freitag",
    "Samstag",
    "Sonntag",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONATE: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Thursday, 29 February 2024, 23:30 UTC.
    const LEAP: i64 = 1_709_249_400;

    #[test]
    fn days_are_counted_where_the_team_works() {
        let here = Moment::days_ago(LEAP, 0, 9 * 60 + 5, 60);
        assert_eq!(here.date_field(), "Fri, 1 Mar 2024 09:05:00 +0100");
        assert_eq!(here.internal_date(), " 1-Mar-2024 09:05:00 +0100");
        let there = Moment::days_ago(LEAP, 61, 17 * 60, -210);
        assert_eq!(there.date_field(), "Sun, 31 Dec 2023 17:00:00 -0330");
        assert_eq!(there.internal_date(), "31-Dec-2023 17:00:00 -0330");
    }

    #[test]
    fn minutes_are_counted_from_now() {
        let moment = Moment::minutes_ago(LEAP + 59, 31, 0);
        assert_eq!(moment.date_field(), "Thu, 29 Feb 2024 22:59:00 +0000");
    }

    #[test]
    fn days_have_names_in_both_languages() {
        let moment = Moment::days_ago(LEAP, 0, 545, 60);
        assert_eq!(
            moment.in_words(Language::English),
            "Friday, 1 March 2024 at 09:05"
        );
        assert_eq!(
            moment.in_words(Language::German),
            "Freitag, 1. März 2024 um 09:05"
        );
    }

    #[test]
    fn nobody_meets_on_a_weekend() {
        let moment = Moment::days_ago(LEAP, 1, 0, 0);
        let days = [0, 1, 2, 3, 4, 5].map(|days| moment.workday_after(days).iso());
        assert_eq!(
            days,
            [
                "2024-02-29",
                "2024-03-01",
                "2024-03-04",
                "2024-03-04",
                "2024-03-04",
                "2024-03-05"
            ]
        );
        assert_eq!(moment.workday_after(4).compact(), "20240304");
    }
}
