//! The sentences of a diagnosis, and times as the reader has them and in UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Why;
use crate::diagnose::{
    self, APP_CHANGED, Began, Diagnosis, Fit, Hit, Moment, MomentKind, Rule, ShownBy, Symptom,
    Verdict,
};
use crate::fleet::once;

/// A text with its first letter large.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|one| one.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// A time where the reader is, and in UTC beside it where they differ. The day is always said: what is
/// written is read on other days too.
pub(super) fn at(why: &Why<'_>, time: Timestamp) -> String {
    let local = time.to_zoned_datetime(why.zone.clone());
    let (day, hour) = (local.date(), local.strftime("%H:%M"));
    if local.offset().is_zero() {
        return format!("{day} {hour} UTC");
    }
    let utc = time.to_zoned_datetime(TimeZone::UTC);
    let utc_day = if utc.date() == day { String::new() } else { format!("{} ", utc.date()) };
    format!("{day} {hour} ({utc_day}{} UTC)", utc.strftime("%H:%M"))
}

/// From one time to another.
pub(super) fn span(why: &Why<'_>, from: Timestamp, to: Timestamp) -> String {
    if to.duration_since(from).as_secs() < 60 {
        return at(why, from);
    }
    format!("{} to {}", at(why, from), at(why, to))
}

/// The first line: the one thing, when, and by whom.
pub(super) fn headline(why: &Why<'_>, diagnosis: &Diagnosis) -> String {
    let stop = &diagnosis.stop;
    if let (None, [other, ..]) = (&diagnosis.cause, diagnosis.other_users.as_slice()) {
        let user = why.user.as_deref().unwrap_or("this user");
        let app = why.app.as_deref().unwrap_or("the app");
        return format!("{user} is not seen to have used {app} here: {other} has");
    }
    let when = match (stop.first_bad, stop.last_good, stop.shown_by) {
        // A change that dates it says that it was not before.
        (Some(first), ..) if stop.or_before && !is_dated(diagnosis) => {
            format!("It stopped at {} or before", at(why, first))
        }
        (Some(first), ..) => format!("It stopped at {}", at(why, first)),
        (None, Some(last), ShownBy::Nothing) => format!("It worked last at {}", at(why, last)),
        (None, Some(last), ShownBy::NoGrant) => {
            format!("It worked last at {}, and no grant of it is left", at(why, last))
        }
        (None, Some(last), _) => format!("It stopped after {}", at(why, last)),
        (None, None, _) => "It does not work".to_owned(),
    };
    match (diagnosis.verdict(), &diagnosis.cause) {
        (Verdict::Cause, Some(cause)) => of_cause(why, &when, diagnosis, cause),
        (Verdict::Consistent, _) => {
            let partly = partly(diagnosis);
            let likeliest = diagnosis.consistent.first();
            let likeliest = likeliest.filter(|hit| hit.found.fit > Fit::Possible);
            let when = match (stop.first_bad, stop.last_good) {
                (None, None) => "Why it does not work".to_owned(),
                _ => format!("{when}; why"),
            };
            let signs_in = stop.last_good.filter(|_| stop.shown_by == ShownBy::Nothing);
            match likeliest {
                Some(hit) if hit.rule.of_calls && signs_in.is_some() => {
                    let last = signs_in.map(|last| at(why, last)).unwrap_or_default();
                    let since = hit.found.began.as_ref().map(|began| {
                        let by = by_whom(began.by.as_deref());
                        format!(" (since {}{by})", at(why, began.time))
                    });
                    let since = since.unwrap_or_default();
                    format!(
                        "{partly}It signs in, last at {last}, and its calls cannot go well: {}{since}",
                        hit.rule.cause
                    )
                }
                Some(hit) => {
                    let cause = hit.rule.cause;
                    let others = diagnosis.consistent.iter().skip(1);
                    let others = others.filter(|hit| hit.rule.is_recorded && hit.rule.blocks);
                    let others: Vec<&str> = others.map(|hit| hit.rule.cause).collect();
                    let others = match others.as_slice() {
                        [] => String::new(),
                        all => format!("; in its way too: {}", all.join(", and ")),
                    };
                    format!(
                        "{partly}{when}, the org does not record: what fits best is that \
                         {cause}{others}"
                    )
                }
                None => match changed_since(why, diagnosis) {
                    Some(changed) => {
                        format!("{partly}{when}, the org does not record; {changed}")
                    }
                    None if !diagnosis.symptom.in_rows.is_empty() => format!(
                        "{partly}{when}, the org does not record{}, of which no source says what it \
                         means",
                        failing(diagnosis)
                    ),
                    None if partly.is_empty() => {
                        format!("{when}, the org does not record, and nothing in it stands out")
                    }
                    // What was not read may well stand out.
                    None => format!("{partly}{when}, what could be seen does not tell"),
                },
            }
        }
        (Verdict::Blind, _) if diagnosis.refused.is_some() => {
            let said = diagnosis.refused.as_deref().unwrap_or_default();
            format!(
                "The org answers no question, so that nothing it has recorded could be seen: {said}"
            )
        }
        (Verdict::Blind, _) => {
            "Nothing that would tell why could be seen in the org: no sign-ins, grants, changes or \
             policies"
                .to_owned()
        }
        (Verdict::Unexplained, _) => {
            let seen = match is_partial(diagnosis) {
                true => "nothing that could be seen explains it, and not all could",
                false => "nothing that the org has recorded explains it",
            };
            format!("{when}{}; {seen}", failing(diagnosis))
        }
        _ => {
            let wrong = diagnosis.also.len() + diagnosis.other_steps.len();
            let also = match wrong {
                0 => String::new(),
                _ => "; what is not as it should be is named below".to_owned(),
            };
            let last = match stop.last_good {
                Some(last) => format!("; it worked last at {}", at(why, last)),
                None => String::new(),
            };
            // What a right would show may explain it.
            let seen = if is_partial(diagnosis) {
                "Nothing that could be seen explains it, and not all could"
            } else {
                "Nothing that the org has recorded explains it"
            };
            format!("{seen}{last}{also}")
        }
    }
}

/// As what it fails, where rows of sign-ins or calls say it.
fn failing(diagnosis: &Diagnosis) -> String {
    let Symptom { in_rows, http, .. } = &diagnosis.symptom;
    let http: Vec<String> = http.iter().map(u16::to_string).collect();
    match (in_rows.as_slice(), http.as_slice()) {
        ([], []) => String::new(),
        ([], http) => format!(": calls fail with HTTP {}", http.join(", ")),
        (rows, _) => format!(": sign-ins fail with {}", rows.join(", ")),
    }
}

/// Says whether it is known since when what stopped it is so.
fn is_dated(diagnosis: &Diagnosis) -> bool {
    diagnosis.cause.as_ref().is_some_and(|cause| cause.found.began.is_some())
}

/// Says whether a right would show more.
fn is_partial(diagnosis: &Diagnosis) -> bool {
    // Nor what was cut off.
    let is_cut = |one: &crate::diagnose::Unseen| one.what.starts_with("older ");
    !partly(diagnosis).is_empty()
        || diagnosis.unseen.iter().any(|one| one.hidden.right.is_some() || is_cut(one))
}

const POLICIES: &str = "the app's policies";

/// That not all could be seen, and what of it would tell most.
fn partly(diagnosis: &Diagnosis) -> String {
    const TELLING: [(&str, &str); 6] = [
        (POLICIES, "policies"),
        ("whether the app is blocked", "blocks"),
        ("grants of the app", "grants"),
        ("sign-ins of the user", "sign-ins"),
        ("changes of the set-up", "changes"),
        ("whether the user is frozen", "locks"),
    ];
    let is_hidden = |what: &str| {
        // Of an app that another org owns some policies are never shown.
        let is_it = |one: &str| one == what || what != POLICIES && one.starts_with(what);
        diagnosis.unseen.iter().any(|one| is_it(one.what))
    };
    let named: Vec<&str> =
        TELLING.iter().filter(|(what, _)| is_hidden(what)).map(|(_, name)| *name).collect();
    match named.as_slice() {
        [] => String::new(),
        named => format!("Not all could be seen ({}). ", named.join(", ")),
    }
}

/// What was changed after it stopped, of which no row says what it was before.
fn changed_since(why: &Why<'_>, diagnosis: &Diagnosis) -> Option<String> {
    let hit = diagnosis.consistent.iter().find(|hit| hit.found.over.is_some())?;
    let time = at(why, hit.found.proofs.iter().find_map(|proof| proof.time)?);
    Some(format!("the app was changed since, at {time}, and its policy before is not recorded"))
}

fn of_cause(why: &Why<'_>, when: &str, diagnosis: &Diagnosis, cause: &Hit) -> String {
    let because = match cause.is_by_word {
        true => format!("the error alone says that {}", cause.rule.cause),
        false => cause.rule.cause.to_owned(),
    };
    let over = match &cause.found.over {
        Some(_) => "; that was changed again, and it has not come in since",
        None => "",
    };
    let over = format!("{over}{}", in_the_way(why, diagnosis, cause));
    let Some(Began { time, by, what, action }) = &cause.found.began else {
        return format!("{when}: {because}{over}");
    };
    let time = at(why, *time);
    let (done, says_all) = match (by, action.as_deref().map(deed)) {
        (Some(by), Some(Some((deed, says_all)))) => (format!("{by} {deed} at {time}"), says_all),
        (Some(by), Some(None)) => (format!("{by} made a change at {time}"), false),
        (Some(by), None) => (format!("{what} at {time}, by {by}"), false),
        // The org does not say who.
        (None, Some(Some((deed, says_all)))) => (format!("somebody {deed} at {time}"), says_all),
        // What happens by itself says all.
        (None, deed) => (format!("{what} at {time}"), deed.is_none() && what != APP_CHANGED),
    };
    let because = if says_all { String::new() } else { format!(": {because}") };
    // When it failed first nobody knows where none came any more.
    match (diagnosis.stop.first_bad, diagnosis.stop.last_good) {
        (None, Some(last)) => {
            let last = at(why, last);
            format!("It worked last at {last}, and not since {done}{because}{over}")
        }
        _ => format!("{when}, after {done}{because}{over}"),
    }
}

/// What stands in the way beside the cause, and which of the two came first.
fn in_the_way(why: &Why<'_>, diagnosis: &Diagnosis, cause: &Hit) -> String {
    let since = |hit: &Hit| hit.found.began.as_ref().map(|began| began.time);
    let in_words = |hit: &Hit| {
        let time = since(hit);
        let is_first = time.zip(since(cause)).is_some_and(|(time, other)| time < other);
        let at = time.map(|time| format!(" (since {})", at(why, time))).unwrap_or_default();
        match (hit.rule.is_recorded, is_first) {
            (true, _) => ("in its way too", format!("{}{at}", hit.rule.cause)),
            (false, true) => ("what fits too, and came first", format!("{}{at}", hit.rule.cause)),
            (false, false) => ("what fits too", format!("{}{at}", hit.rule.cause)),
        }
    };
    let mut told: Vec<(&str, Vec<String>)> = Vec::new();
    for (how, what) in diagnosis.also.iter().filter(|hit| hit.is_in_the_way).map(in_words) {
        match told.iter_mut().find(|(known, _)| *known == how) {
            Some((_, all)) => all.push(what),
            None => told.push((how, vec![what])),
        }
    }
    told.iter().map(|(how, all)| format!("; {how}: {}", all.join(", and "))).collect()
}

/// What somebody did, by the audit trail's name for it; and whether that says all.
fn deed(action: &str) -> Option<(&'static str, bool)> {
    const DEEDS: &[(&str, &str, bool)] = &[
        ("blockConnectedApplication", "blocked the app", true),
        ("changeApplicationCallbackUrl", "changed the app's callback URL", false),
        ("changeApplicationCertificate", "changed the app's certificate", false),
        ("changeApplicationPkceRequired", "changed whether the app asks for PKCE", false),
        ("changeIpRelaxationPolicy", "changed the app's IP relaxation", false),
        ("changeOauthDefaultScope", "changed the app's scopes", true),
        ("changeUserRuntimeAccessPolicy", "changed the app's Permitted Users", false),
        ("changedusername", "changed the user name", true),
        ("deactivateduser", "deactivated the user", true),
        ("deleteApplication", "deleted the app", true),
        ("deleteConnectedApplication", "uninstalled the app", true),
        ("frozeuser", "froze the user", true),
        ("generateOauthStagedCredential", "made a new client secret", false),
        ("enableAPILoginRequiresOrgDomain", "changed where API logins are taken", false),
        ("enableRequireLoginFromOrgDomain", "changed where sign-ins are taken", false),
        ("domainChosen", "changed the org's address", false),
        ("enhancedDomainChosen", "changed the org's address", false),
        ("insertConnectedAppSessionPolicy", "changed the app's session policy", false),
        ("requiredSessionLevelForProfile", "changed the session level of the profile", false),
        ("changedprofileforuser", "gave the user another profile", false),
        ("changedprofileforusercusttostd", "gave the user another profile", false),
        ("changedprofileforuserstdtocust", "gave the user another profile", false),
        ("changedprofileforuserstdtostd", "gave the user another profile", false),
        ("PermSetDisableUserPerm", "took a permission from a permission set", false),
        ("changeApplicationClientCredentialEnabled", "changed the client credentials flow", false),
        (
            "changeApplicationSecretRequiredForRefreshToken",
            "changed when the secret is asked for",
            false,
        ),
        ("changeApplicationOptionalConsumerSecret", "changed when the secret is asked for", false),
        ("changedpassword", "changed the password", false),
        ("insertConnectedApplication", "installed the app", false),
        ("loginIpRange", "changed the profile's addresses", false),
        ("PermSetUnassign", "took a permission set from the user", false),
        ("PermSetGroupUnassign", "took a permission set group from the user", false),
        ("PermSetFlsChanged", "changed a permission set's access to fields", false),
        ("PermSetEntityPermChanged", "changed a permission set's access to objects", false),
        ("profileFlsChangedCustom", "changed the profile's access to fields", false),
        ("profileFlsChangedStandard", "changed the profile's access to fields", false),
        ("profileOlpChangedCustom", "changed the profile's access to objects", false),
        ("profilePermChangedCustom", "changed the profile's permissions", false),
        ("resetpassword", "reset the password", false),
    ];
    let row = DEEDS.iter().find(|(name, ..)| *name == action);
    row.map(|(_, words, says_all)| (*words, *says_all))
}

/// Who did something, at the end of what is said of it.
fn by_whom(by: Option<&str>) -> String {
    by.map(|by| format!(", by {by}")).unwrap_or_default()
}

/// Since when something is so.
pub(super) fn began(why: &Why<'_>, began: &Began) -> String {
    let by = by_whom(began.by.as_deref());
    format!("{}{by}: {}", at(why, began.time), began.what)
}

/// What was asked.
pub(super) fn about(why: &Why<'_>) -> String {
    let mut parts = Vec::new();
    if let Some(org) = &why.org {
        parts.push(format!("org {}", org.name));
    }
    parts.extend(why.app.iter().map(|app| format!("app {app}")));
    parts.extend(why.user.iter().map(|user| format!("user {user}")));
    let address = why.diagnosis().and_then(|found| found.of_address.as_deref());
    parts.extend(address.map(|from| format!("from {from} alone, while others get in")));
    parts.extend(why.since.map(|since| format!("since {}", at(why, since))));
    parts.join(", ")
}

/// What is known of the error.
pub(super) fn of_symptom(symptom: &Symptom) -> Vec<String> {
    let mut lines: Vec<String> =
        symptom.text.iter().map(|text| format!("the error: {text}")).collect();
    if let Some(other) = symptom.of_another {
        lines.push(format!("the words are {other}'s, not Salesforce's: ask which system refused"));
    }
    if let Some(refusal) = symptom.refusal {
        lines.push(format!("it means: {}", refusal.means));
    }
    if symptom.text.is_none() && !symptom.in_rows.is_empty() {
        lines.push(format!("sign-ins fail with: {}", symptom.in_rows.join(", ")));
    }
    if !symptom.http.is_empty() {
        let all: Vec<String> = symptom.http.iter().map(u16::to_string).collect();
        lines.push(format!("calls fail with HTTP {}", all.join(", ")));
    }
    lines
}

/// That what somebody was told is not what the org shows.
pub(super) fn misfit(diagnosis: &Diagnosis) -> Option<String> {
    let symptom = &diagnosis.symptom;
    symptom.text.as_ref()?;
    let is_told = |hit: &Hit| {
        let of = |ids: &[&str]| symptom.refusal.is_some_and(|one| ids.contains(&one.id));
        let has_words = symptom.told_status.as_ref().is_some_and(|one| hit.rule.has_status(one));
        of(hit.rule.refusals) || of(hit.rule.may_refuse) || has_words
    };
    let found = diagnosis.cause.as_ref().filter(|_| diagnosis.refused.is_none())?;
    let rows = match symptom.in_rows.as_slice() {
        [] => "no sign-in that failed is recorded here".to_owned(),
        rows => format!("the sign-ins recorded here fail with: {}", rows.join(", ")),
    };
    match () {
        () if found.is_by_word => Some(format!("the org shows no such failure: {rows}")),
        () if is_told(found) => None,
        // Nor does a session that could not be had anew.
        () if symptom.refusal.is_some_and(|one| one.id == "session-over") => None,
        () => Some(format!("what was found does not lead to that error: {rows}")),
    }
}

/// The first line where no org is asked.
pub(super) fn of_error(symptom: &Symptom, causes: &[&'static Rule]) -> String {
    let usual = || causes.iter().filter(|rule| diagnose::is_usual(rule, symptom));
    match (usual().count(), symptom.refusal) {
        // The words may mean more than what is found of them.
        (1, Some(refusal)) => format!("That error says: {}", refusal.means),
        (1, None) => {
            let cause = usual().next().map_or("", |rule| rule.cause);
            format!("That error may say: {cause}")
        }
        (0, Some(refusal)) => format!("{}: {}", capital(refusal.means), refusal.way_out),
        (0, None) => "Nothing is known of that error: show it to the vendor, and ask the org with \
                      `--org`"
            .to_owned(),
        (count, _) => format!("That error may come of {count} things; the org tells which"),
    }
}

/// One entry of what happened.
pub(super) fn of_moment(moment: &Moment) -> String {
    let times = |count: usize| if count > 1 { format!("{count} times ") } else { String::new() };
    let Moment { count, kind, what, by, .. } = moment;
    let from = by.as_deref().map(|by| format!(", from {by}")).unwrap_or_default();
    match kind {
        MomentKind::SignedIn => format!("{}signed in{from}", times(*count)),
        // The org's words may say so themselves.
        MomentKind::Failed => {
            let what = what.trim_start_matches("Failed: ");
            format!("{}failed: {what}{from}", times(*count))
        }
        MomentKind::Changed => {
            let by = by_whom(by.as_deref());
            // The org's words are a sentence; a file's name is none.
            let done = if what.contains(' ') { "" } else { "changed: " };
            format!("{}{done}{what}{by}", times(*count))
        }
        MomentKind::Called => format!("{}called {what}{from}", times(*count)),
        MomentKind::Refused => format!("{}refused: {what}{from}", times(*count)),
        MomentKind::Granted => format!("granted {what} to the user"),
        MomentKind::Began => {
            let by = by_whom(by.as_deref());
            format!("{what}{by}")
        }
        MomentKind::Drift => {
            let template = by.as_deref().unwrap_or_default();
            format!("not as `{template}` wants it: {what}")
        }
    }
}

/// What to do now.
pub(super) fn next(why: &Why<'_>, diagnosis: &Diagnosis) -> Vec<String> {
    let mut next = Vec::new();
    match diagnosis.verdict() {
        Verdict::Cause => {
            next.extend(diagnosis.cause.iter().flat_map(|cause| actions(why, cause)));
            next.extend(diagnosis.also.iter().flat_map(|hit| actions(why, hit)));
            next.push(
                "let the vendor try again, or sign in there again, and ask again whether it worked"
                    .to_owned(),
            );
        }
        Verdict::Consistent => {
            let first = diagnosis.consistent.first();
            let first = first.filter(|hit| hit.found.fit > Fit::Possible);
            next.extend(first.iter().flat_map(|hit| actions(why, hit)));
            // What the org shows to be so stands in its way whatever else does.
            let shown = diagnosis.consistent.iter();
            let shown = shown.filter(|hit| hit.rule.is_recorded && !hit.found.is_open);
            next.extend(shown.flat_map(|hit| actions(why, hit)));
            next.extend(diagnosis.also.iter().flat_map(|hit| actions(why, hit)));
            next.push(
                "at the vendor look at the exact error and its time, and whether it works again \
                 after a new sign-in"
                    .to_owned(),
            );
        }
        Verdict::Nothing | Verdict::Unexplained => {
            let in_the_way = diagnosis.also.iter().filter(|hit| hit.is_in_the_way);
            next.extend(in_the_way.flat_map(|hit| actions(why, hit)));
            next.push(
            "at the vendor look at the exact error and its time, and give it to `--error`; whether \
             it runs at all; at which address and as whom it signs in"
                .to_owned(),
            );
        }
        Verdict::Blind => {}
    }
    let (mut next, _) = once(next);
    if diagnosis.symptom.text.is_none() && diagnosis.verdict() == Verdict::Consistent {
        next.push("`--error TEXT` with what the vendor's log says narrows it down".to_owned());
    }
    if diagnosis.cause.is_none() && !diagnosis.other_users.is_empty() {
        let users: Vec<String> =
            diagnosis.other_users.iter().map(|user| format!("`--user {user}`")).collect();
        next = vec![format!("ask again with {}", users.join(" or "))];
    }
    if diagnosis.cause.is_none() && is_partial(diagnosis) {
        next.insert(
            0,
            "sign in as an administrator, or give this user the rights that are named, and ask \
             again: what was not seen may be why"
                .to_owned(),
        );
    }
    next
}

/// What mends a thing: by package or by hand, and at the vendor.
fn actions(why: &Why<'_>, hit: &Hit) -> Vec<String> {
    // What a package mends needs nothing of the vendor, but for a token that is over.
    let is_packaged = why.fix.is_some() && hit.step.as_ref().is_some_and(|step| step.is_packaged);
    let vendor = hit.rule.way_out.at_the_vendor.filter(|_| !is_packaged || hit.rule.of_token);
    let vendor = vendor.map(|words| format!("at the vendor: {words}"));
    in_org(why, hit).into_iter().chain(vendor).collect()
}

/// What mends a thing in the org; what was changed again is no more mended by hand.
fn in_org(why: &Why<'_>, hit: &Hit) -> Option<String> {
    let is_packaged = hit.step.as_ref().is_some_and(|step| step.is_packaged);
    let by_hand = || hit.rule.way_out.by_hand.filter(|_| hit.found.over.is_none());
    match &why.fix {
        Some(fix) if is_packaged && hit.found.over.is_none() => {
            Some(format!("`{fix}` shows the plan, asks, and looks again"))
        }
        _ => by_hand().map(|words| format!("{words}; the page of Setup is named below")),
    }
}

/// What a sort of entry is called.
pub(super) fn of_kind(kind: MomentKind) -> &'static str {
    match kind {
        MomentKind::SignedIn => "sign-in",
        MomentKind::Failed => "failed",
        MomentKind::Changed => "change",
        MomentKind::Called => "call",
        MomentKind::Refused => "refused",
        MomentKind::Granted => "grant",
        MomentKind::Began => "began",
        MomentKind::Drift => "drift",
    }
}

#[cfg(test)]
mod tests;
