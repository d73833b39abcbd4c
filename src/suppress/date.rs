//! A day of the calendar, as the register writes it. The clock is not asked here: `cli` passes today's date in.

use std::fmt;

/// A day, `2026-02-11`. Ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// From `YYYY-MM-DD`; `None` if it has another form, or there is no such day.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let digits = |from: usize, to: usize| text.get(from..to)?.parse::<u16>().ok();
        let formed = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !formed {
            return None;
        }
        let (year, month, day) = (digits(0, 4)?, digits(5, 7)? as u8, digits(8, 10)? as u8);
        let holds = (1..=12).contains(&month) && (1..=days(year, month)).contains(&day);
        holds.then_some(Self { year, month, day })
    }

    /// From days since 1970-01-01; the last day of 9999 for what is later.
    ///
    /// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    pub fn from_unix_days(days: u32) -> Self {
        // Eras of 400 years that begin on the first of March, so that a leap day ends its year.
        let shifted = u64::from(days) + 719_468;
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        match u16::try_from(year) {
            Ok(year) if year <= 9999 => Self { year, month: month as u8, day: day as u8 },
            Ok(_) | Err(_) => Self { year: 9999, month: 12, day: 31 },
        }
    }

    /// The same day a year later; of a leap day, the day before it.
    #[must_use]
    pub fn next_year(self) -> Self {
        let year = (self.year + 1).min(9999);
        Self { year, month: self.month, day: self.day.min(days(year, self.month)) }
    }
}

fn days(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_there_are_are_dates() {
        for text in ["2026-02-11", "2024-02-29", "2000-02-29", "1999-12-31"] {
            assert_eq!(Date::parse(text).map(|date| date.to_string()).as_deref(), Some(text));
        }
        for text in ["2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "11.02.2026", "", "2026-02-3é"]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        assert!(Date::parse("2026-09-30") < Date::parse("2026-10-01"));
    }

    #[test]
    fn days_since_1970_are_dates_and_a_year_later_is_a_day() {
        let on = |days| Date::from_unix_days(days).to_string();
        assert_eq!(
            [on(0), on(19_782), on(19_783), on(20_497)],
            ["1970-01-01", "2024-02-29", "2024-03-01", "2026-02-13"]
        );
        assert_eq!(on(u32::MAX), "9999-12-31");
        assert_eq!(Date::parse("2024-02-29").map(|date| date.next_year().to_string()).as_deref(), Some("2025-02-28"));
    }
}
