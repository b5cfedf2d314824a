//! Times: as rows and requests write them, and as SOQL names them.

use super::state::timestamp;

/// A day, in milliseconds.
pub(crate) const DAY: u64 = 86_400_000;

/// Reads a date and time, in milliseconds since 1970: `2026-11-27T00:00:00Z`, with or without
/// thousandths, its zone `Z`, `+0000` or `+00:00`.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let (date, time) = text.split_once('T')?;
    let at = time.find(['Z', '+', '-'])?;
    let (clock, zone) = time.split_at(at);
    let offset = minutes(zone)?;
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?, 23)?, number(parts.next()?, 59)?);
    let (second, fraction) = match parts.next()?.split_once('.') {
        Some((second, fraction)) => (second, fraction),
        None => return finish(date, hour, minute, number_of_seconds(clock)?, 0, offset),
    };
    let thousandths = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    finish(date, hour, minute, number(second, 59)?, thousandths, offset)
}

fn number_of_seconds(clock: &str) -> Option<u64> {
    number(clock.rsplit(':').next()?, 59)
}

fn finish(
    date: &str,
    hour: u64,
    minute: u64,
    second: u64,
    thousandths: u64,
    offset: i64,
) -> Option<u64> {
    let clock = ((hour * 60 + minute) * 60 + second) * 1000 + thousandths;
    u64::try_from(i64::try_from(day(date)? * DAY + clock).ok()? - offset * 60_000).ok()
}

fn number(text: &str, most: u64) -> Option<u64> {
    let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_plain && *number <= most)
}

/// How far a zone is ahead, in minutes.
fn minutes(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = (zone.get(..1)?, zone.get(1..)?.replace(':', ""));
    let ahead = number(rest.get(..2)?, 23)? * 60 + number(rest.get(2..)?, 59)?;
    let ahead = i64::try_from(ahead).ok()?;
    Some(if sign == "-" { -ahead } else { ahead })
}

/// The days from 1970 to a date.
fn day(date: &str) -> Option<u64> {
    let mut parts = date.split('-');
    let year: u64 = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let (month, day) = (number(parts.next()?, 12)?, number(parts.next()?, 31)?);
    if parts.next().is_some() || month == 0 || day == 0 || year < 1970 {
        return None;
    }
    // Years begin in March, so that the odd day is a year's last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    // The thirty-first of a month of thirty days is none.
    timestamp(days * DAY, "Z").starts_with(date).then_some(days)
}

/// The period that a word of SOQL means, from its first millisecond to the first after it.
pub(crate) fn period(word: &str, now: u64) -> Option<(u64, u64)> {
    let today = now / DAY;
    // The first of January 1970 was a Thursday; weeks begin on Sunday.
    let sunday = today - (today + 4) % 7;
    let (name, count) = match word.split_once(':') {
        Some((name, count)) => (name, Some(count.parse::<u64>().ok()?)),
        None => (word, None),
    };
    let days = match (name.to_ascii_uppercase().as_str(), count) {
        ("TODAY", None) => (today, today + 1),
        ("YESTERDAY", None) => (today - 1, today),
        ("TOMORROW", None) => (today + 1, today + 2),
        ("THIS_WEEK", None) => (sunday, sunday + 7),
        ("LAST_WEEK", None) => (sunday - 7, sunday),
        ("LAST_90_DAYS", None) => (today - 90, today + 1),
        ("LAST_N_DAYS", Some(count)) => (today.saturating_sub(count), today + 1),
        ("NEXT_N_DAYS", Some(count)) => (today + 1, (today + 1).saturating_add(count)),
        ("N_DAYS_AGO", Some(count)) => {
            let day = today.saturating_sub(count);
            (day, day + 1)
        }
        _ => return None,
    };
    Some((days.0.saturating_mul(DAY), days.1.saturating_mul(DAY)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_form() {
        let time = 1_795_737_600_000;
        for text in [
            "2026-11-27T00:00:00Z",
            "2026-11-27T00:00:00.000+0000",
            "2026-11-27T01:00:00+01:00",
            "2026-11-26T22:30:00.000-0130",
        ] {
            assert_eq!(parse(text), Some(time), "{text}");
        }
        assert_eq!(parse("2026-11-27T00:00:00.5Z"), Some(time + 500));
        for wrong in ["", "2026-11-27", "2026-02-30T00:00:00Z", "2026-11-27T24:00:00Z", "T"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn words_mean_days() {
        // A Friday.
        let now = parse("2026-11-27T10:00:00Z").unwrap();
        let shown = |word: &str| {
            let (start, end) = period(word, now).unwrap();
            format!("{} {}", &timestamp(start, "Z")[..10], &timestamp(end, "Z")[..10])
        };
        assert_eq!(shown("today"), "2026-11-27 2026-11-28");
        assert_eq!(shown("LAST_N_DAYS:7"), "2026-11-20 2026-11-28");
        assert_eq!(shown("THIS_WEEK"), "2026-11-22 2026-11-29");
        assert_eq!(period("SOMETIMES", now), None);
        assert_eq!(period("LAST_N_DAYS", now), None);
    }
}
