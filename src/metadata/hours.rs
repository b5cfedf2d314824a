//! The hours of a week in which a profile lets its users in: as its file has them, minutes since
//! midnight by day (S 3.1), and as people write them: `Mon-Fri 08:00-18:00`.

use std::fmt;

/// The days, as people write them and as the elements of the file begin.
const DAYS: [(&str, &str); 7] = [
    ("Mon", "monday"),
    ("Tue", "tuesday"),
    ("Wed", "wednesday"),
    ("Thu", "thursday"),
    ("Fri", "friday"),
    ("Sat", "saturday"),
    ("Sun", "sunday"),
];

/// The minutes of a day.
const DAY: u32 = 24 * 60;

/// The hours of each day, from Monday on: minutes since midnight, the end not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Week([(u32, u32); 7]);

impl Week {
    /// Reads a week as people write it, each day once: `Mon-Fri 08:00-18:00`, `Sat 00:00-24:00`.
    ///
    /// # Errors
    /// It is none, or does not say each day once; a sentence that says why.
    pub fn parse(lines: &[String]) -> Result<Self, String> {
        let mut week: [Option<(u32, u32)>; 7] = [None; 7];
        for line in lines {
            let (days, hours) = days_and_hours(line)?;
            for day in days {
                if week[day].replace(hours).is_some() {
                    return Err(format!("{} stands twice among the login hours", DAYS[day].0));
                }
            }
        }
        let lacking: Vec<&str> =
            week.iter().zip(DAYS).filter(|(one, _)| one.is_none()).map(|(_, day)| day.0).collect();
        if lacking.is_empty() {
            return Ok(Self(week.map(Option::unwrap_or_default)));
        }
        // To leave a day out could mean that nobody gets in, or that everybody does.
        Err(format!(
            "login hours say every day, and {} is not there; `{} 00:00-24:00` is one without \
             limits",
            lacking.join(", "),
            lacking[0]
        ))
    }

    /// Reads what a file holds, `mondayStart 480` each: all of a week, or nothing of it, which is a
    /// week without limits. What it means that some days are there and others not, no source says.
    pub fn of_file(held: &[String]) -> Option<Self> {
        if !held.is_empty() && held.len() != 2 * DAYS.len() {
            return None;
        }
        let mut week = [(0, DAY); 7];
        for one in held {
            let (name, minutes) = one.split_once(' ')?;
            let minutes: u32 = minutes.trim().parse().ok()?;
            let at = DAYS.iter().position(|(_, day)| name.starts_with(day))?;
            match name.strip_prefix(DAYS[at].1)? {
                "Start" => week[at].0 = minutes,
                "End" => week[at].1 = minutes,
                _ => return None,
            }
        }
        Some(Self(week))
    }

    /// Says whether it lets in on a day, counted from Monday as 0, at so many minutes since midnight.
    pub fn lets_in(&self, day: usize, minutes: u32) -> bool {
        self.0.get(day).is_some_and(|(start, end)| (*start..*end).contains(&minutes))
    }

    /// Returns the elements of a file that says each day, with their minutes.
    pub fn elements(&self) -> impl Iterator<Item = (String, u32)> {
        DAYS.iter().zip(self.0).flat_map(|((_, day), (start, end))| {
            [(format!("{day}Start"), start), (format!("{day}End"), end)]
        })
    }

    /// Returns the days as people write them, those of like hours that follow one another in one.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut first = 0;
        for (day, (name, _)) in DAYS.iter().enumerate() {
            if self.0.get(day + 1) == Some(&self.0[first]) {
                continue;
            }
            let (start, end) = self.0[first];
            let days = match first == day {
                true => (*name).to_owned(),
                false => format!("{}-{name}", DAYS[first].0),
            };
            lines.push(format!("{days} {}-{}", clock(start), clock(end)));
            first = day + 1;
        }
        lines
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join(", "))
    }
}

/// Returns minutes since midnight as a clock shows them.
pub fn clock(minutes: u32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The days and the hours of one line.
fn days_and_hours(line: &str) -> Result<(std::ops::RangeInclusive<usize>, (u32, u32)), String> {
    let wrong = || {
        format!(
            "`{line}` is no login hours of days; write `Mon-Fri 08:00-18:00`, `Sat 00:00-24:00`"
        )
    };
    let (days, hours) = line.trim().split_once(' ').ok_or_else(wrong)?;
    let day = |text: &str| {
        DAYS.iter().position(|(short, _)| short.eq_ignore_ascii_case(text.trim())).ok_or_else(wrong)
    };
    let (first, last) = days.split_once('-').unwrap_or((days, days));
    let (first, last) = (day(first)?, day(last)?);
    let (start, end) = hours.trim().split_once('-').ok_or_else(wrong)?;
    let minutes = |text: &str| {
        let (hour, minute) = text.trim().split_once(':')?;
        let is_number =
            |part: &str| part.len() == 2 && part.bytes().all(|one| one.is_ascii_digit());
        let both = is_number(hour) && is_number(minute);
        let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
        let all = hour * 60 + minute;
        (both && minute < 60 && all <= DAY).then_some(all)
    };
    let (start, end) = (minutes(start).ok_or_else(wrong)?, minutes(end).ok_or_else(wrong)?);
    if first > last {
        return Err(format!("`{line}` ends before it begins; a week begins on Monday"));
    }
    if start % 60 != 0 || end % 60 != 0 {
        return Err(format!("`{line}`: login hours begin and end on the hour"));
    }
    if start >= end {
        return Err(format!("`{line}` ends before it begins, or lets nobody in"));
    }
    Ok((first..=last, (start, end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[&str]) -> Result<Week, String> {
        Week::parse(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_week_says_every_day_once() {
        let week = parse(&["Mon-Thu 08:00-18:00", "fri 08:00-17:00", "Sat-Sun 00:00-24:00"]);
        let week = week.unwrap();
        assert_eq!(week.lines(), ["Mon-Thu 08:00-18:00", "Fri 08:00-17:00", "Sat-Sun 00:00-24:00"]);
        let elements: Vec<(String, u32)> = week.elements().collect();
        assert_eq!(elements.len(), 14);
        assert!(elements.contains(&("fridayEnd".to_owned(), 17 * 60)));
        for (lines, words) in [
            (&["Mon-Fri 08:00-18:00"][..], "Sat, Sun is not there; `Sat 00:00-24:00`"),
            (&["Mon-Sun 08:00-18:00", "Sun 09:00-10:00"], "Sun stands twice"),
            (&["Mon-Sun 8-18"], "write `Mon-Fri 08:00-18:00`"),
            (&["Mon-Sun 08:00-25:00"], "write `Mon-Fri 08:00-18:00`"),
            (&["Mon-Sun +8:00-18:00"], "write `Mon-Fri 08:00-18:00`"),
            (&["Mon-Sun 08:30-18:00"], "on the hour"),
            (&["Mon-Sun 18:00-08:00"], "lets nobody in"),
            (&["Sat-Mon 08:00-18:00"], "begins on Monday"),
            (&["Feb 08:00-18:00"], "write `Mon-Fri"),
        ] {
            let error = parse(lines).unwrap_err();
            assert!(error.contains(words), "{lines:?}: {error}");
        }
    }

    #[test]
    fn a_file_says_all_of_a_week_or_nothing() {
        let mut held: Vec<String> = DAYS
            .iter()
            .flat_map(|(_, day)| [format!("{day}Start 0"), format!("{day}End {DAY}")])
            .collect();
        assert_eq!(Week::of_file(&held).unwrap().to_string(), "Mon-Sun 00:00-24:00");
        assert_eq!(Week::of_file(&[]).unwrap().to_string(), "Mon-Sun 00:00-24:00");
        let first = held.iter().position(|one| one.starts_with("mondayStart")).unwrap();
        held[first] = "mondayStart 480".to_owned();
        let week = Week::of_file(&held).unwrap().to_string();
        assert_eq!(week, "Mon 08:00-24:00, Tue-Sun 00:00-24:00");
        assert_eq!(Week::of_file(&held[1..]), None);
        held[first] = "mondayStart banana".to_owned();
        assert_eq!(Week::of_file(&held), None);
        held[first] = "mayDay 60".to_owned();
        assert_eq!(Week::of_file(&held), None);
    }
}
