//! Stories of how an integration stops, which the org plays: what was changed and by whom, what the
//! sign-ins came to, and what of it an org writes down (S 12).
//!
//! The integration is that of the connected app `Ampersand` and its user. It is put in order first
//! (`order`), so that a story is all that is wrong; then what happens is done (`events`, `refresh`),
//! and what the org remembers is written (`records`). What no source says that an org writes down it does not
//! write down here.

mod change;
mod events;
mod order;
mod records;
mod refresh;

#[cfg(test)]
mod tests;

use super::state::{Org, State, string};
use super::time::DAY;

/// The app of the integration, and what its label and key are.
const APP: &str = "Ampersand";
const KEY: &str = "3MVG9demoHarbourLightAmpersand0001";
/// Who it signs in as, what they are called, and which profile and permission set they have.
const USER: &str = "ampersand.integration@harbourlight.example.com";
const NAME: &str = "Ampersand Integration";
const PROFILE: &str = "Ampersand Integration";
const SET: &str = "Ampersand_Access";

/// A field that the integration reads.
const FIELD: &str = "Account.Industry";

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// When the integration signs in each night, after midnight UTC: late enough for the day's event
/// log file to hold it and to be there the day after (S 12.6).
const NIGHTLY: u64 = 23 * HOUR + 14 * MINUTE;

/// How long before last night the vendor was let in.
const BEGAN: u64 = 90 * DAY;

/// How long before the sign-in an admin changes something.
const BEFORE: u64 = 24 * MINUTE;

/// How an integration stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Story {
    /// A further approval has pushed out the vendor's token.
    EvictedByApproval,
    /// Refresh tokens end at once.
    RefreshPolicyZero,
    /// Nobody has signed in for more than 30 days, and the app ends what is idle.
    IdleLimit,
    /// The app's addresses are enforced.
    IpEnforced,
    /// The user is frozen.
    UserFrozen,
    /// The user is inactive.
    UserInactive,
    /// The user's password has expired, and the app signs in with it.
    PasswordExpired,
    /// The flow in which the app signs in with a password is switched off.
    PasswordFlowBlocked,
    /// The assignment that let the user in has ended.
    AssignmentExpired,
    /// The app is blocked.
    AppBlocked,
    /// API Access Control is on.
    ApiAccessControl,
    /// The app is not installed any more.
    NotInstalled,
    /// The app's secret was made anew.
    SecretRotated,
    /// The day's API requests are used up.
    ApiLimit,
    /// Access to fields was taken away.
    FieldAccess,
    /// The hours of login leave the night out.
    LoginHours,
    /// The sandbox was refreshed.
    SandboxRefreshed,
    /// A rotated refresh token was used again.
    TokenReused,
}

/// Who can mend what a story has broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mend {
    /// A deploy.
    Package,
    /// A person in the org's Setup.
    ByHand,
    /// Nobody in the org: the vendor, or who connects it again there.
    Vendor,
}

impl Mend {
    /// Its name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::ByHand => "by-hand",
            Self::Vendor => "vendor",
        }
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Package => "fixed by package",
            Self::ByHand => "fixed by hand",
            Self::Vendor => "not fixed from the org",
        }
    }
}

impl Story {
    /// Every story.
    pub const ALL: [Self; 18] = [
        Self::EvictedByApproval,
        Self::RefreshPolicyZero,
        Self::IdleLimit,
        Self::IpEnforced,
        Self::UserFrozen,
        Self::UserInactive,
        Self::PasswordExpired,
        Self::PasswordFlowBlocked,
        Self::AssignmentExpired,
        Self::AppBlocked,
        Self::ApiAccessControl,
        Self::NotInstalled,
        Self::SecretRotated,
        Self::ApiLimit,
        Self::FieldAccess,
        Self::LoginHours,
        Self::SandboxRefreshed,
        Self::TokenReused,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::EvictedByApproval => "evicted-by-approval",
            Self::RefreshPolicyZero => "refresh-policy-zero",
            Self::IdleLimit => "idle-limit",
            Self::IpEnforced => "ip-enforced",
            Self::UserFrozen => "user-frozen",
            Self::UserInactive => "user-inactive",
            Self::PasswordExpired => "password-expired",
            Self::PasswordFlowBlocked => "password-flow-blocked",
            Self::AssignmentExpired => "assignment-expired",
            Self::AppBlocked => "app-blocked",
            Self::ApiAccessControl => "api-access-control",
            Self::NotInstalled => "not-installed",
            Self::SecretRotated => "secret-rotated",
            Self::ApiLimit => "api-limit",
            Self::FieldAccess => "field-access",
            Self::LoginHours => "login-hours",
            Self::SandboxRefreshed => "sandbox-refreshed",
            Self::TokenReused => "token-reused",
        }
    }

    /// What happens, in a line.
    pub fn happens(self) -> &'static str {
        match self {
            Self::EvictedByApproval => "five new approvals push out the vendor's refresh token",
            Self::RefreshPolicyZero => "an admin makes the app's refresh tokens end at once",
            Self::IdleLimit => "33 days without a sign-in, and the app ends tokens idle for 30",
            Self::IpEnforced => "an admin enforces IP restrictions for the app",
            Self::UserFrozen => "an admin freezes the integration user",
            Self::UserInactive => "an admin deactivates the integration user",
            Self::PasswordExpired => "the password expires with which the app signs in",
            Self::PasswordFlowBlocked => "an admin blocks the username-password flow",
            Self::AssignmentExpired => "the permission set ends by which the user may use the app",
            Self::AppBlocked => "an admin blocks the app",
            Self::ApiAccessControl => "an admin switches API Access Control on",
            Self::NotInstalled => "an admin uninstalls the app, which may not be used so any more",
            Self::SecretRotated => "an admin makes the app's consumer secret anew",
            Self::ApiLimit => "another app uses up the day's API requests",
            Self::FieldAccess => "an admin takes fields of Account from the integration's profile",
            Self::LoginHours => {
                "an admin gives the profile hours of login that leave out the night"
            }
            Self::SandboxRefreshed => "the sandbox is refreshed: another org id, and no tokens",
            Self::TokenReused => "the vendor uses a refresh token twice that was replaced",
        }
    }

    /// Who can mend it.
    pub fn mend(self) -> Mend {
        match self {
            Self::RefreshPolicyZero
            | Self::IpEnforced
            | Self::AssignmentExpired
            | Self::FieldAccess => Mend::Package,
            Self::IdleLimit
            | Self::UserFrozen
            | Self::UserInactive
            | Self::PasswordExpired
            | Self::PasswordFlowBlocked
            | Self::AppBlocked
            | Self::ApiAccessControl
            | Self::NotInstalled
            | Self::LoginHours => Mend::ByHand,
            Self::EvictedByApproval
            | Self::SecretRotated
            | Self::ApiLimit
            | Self::SandboxRefreshed
            | Self::TokenReused => Mend::Vendor,
        }
    }

    /// Whether the app signs in with a password in it, and so has no refresh token.
    fn has_password(self) -> bool {
        matches!(self, Self::PasswordExpired | Self::PasswordFlowBlocked)
    }
}

/// What the sign-ins come to after the integration has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tries {
    /// They go on; what fails is the calls after them.
    Work,
    /// They fail, and the history calls it so (S 12.2).
    Fail(&'static str),
    /// They fail, and no source says that anything is written down.
    Unwritten,
}

impl Story {
    fn tries(self) -> Tries {
        match self {
            Self::ApiLimit | Self::FieldAccess => Tries::Work,
            // Misleading, and so in real orgs.
            Self::SecretRotated => Tries::Fail("Failed: Missing Consumer Key Parameter"),
            Self::PasswordFlowBlocked => Tries::Fail("Username-Password Flow Disabled"),
            Self::UserInactive => Tries::Fail("User is inactive"),
            Self::UserFrozen => Tries::Fail("User is frozen"),
            Self::IpEnforced => Tries::Fail("Failed: IP Address Not Allowed"),
            Self::LoginHours => Tries::Fail("Restricted time"),
            Self::EvictedByApproval
            | Self::RefreshPolicyZero
            | Self::IdleLimit
            | Self::PasswordExpired
            | Self::AssignmentExpired
            | Self::AppBlocked
            | Self::ApiAccessControl
            | Self::NotInstalled
            | Self::SandboxRefreshed
            | Self::TokenReused => Tries::Unwritten,
        }
    }
}

/// What several stories at once come to. Which of two refusals an org comes to first is told by no
/// source: here the app's secret and flow go before its user, and the user before addresses and
/// hours. What is written down goes before what is not.
fn tries(stories: &[Story]) -> Tries {
    const ORDER: &[Story] = &[
        Story::SecretRotated,
        Story::PasswordFlowBlocked,
        Story::UserInactive,
        Story::UserFrozen,
        Story::IpEnforced,
        Story::LoginHours,
    ];
    let first = ORDER.iter().find(|story| stories.contains(story));
    let works = stories.iter().all(|story| story.tries() == Tries::Work);
    match first {
        Some(story) => story.tries(),
        None if works => Tries::Work,
        None => Tries::Unwritten,
    }
}

/// When the integration should have signed in last: last night.
fn last_night(now: u64) -> u64 {
    (now / DAY * DAY).saturating_sub(DAY) + NIGHTLY
}

impl State {
    /// Plays stories: puts the integration in order, breaks it, and writes down what an org does;
    /// returns when it stopped.
    pub(crate) fn play(&mut self, stories: &[Story], now: u64) -> u64 {
        let night = last_night(now);
        self.org.put_in_order(night);
        // Each a minute after the other, so that one can be told from the other.
        for (story, minutes) in stories.iter().zip(0..) {
            self.org.happen(*story, night, night - BEFORE + minutes * MINUTE);
        }
        self.org.write_down(stories, night, now);
        // The codes and cursors of before are of another org.
        if stories.contains(&Story::SandboxRefreshed) {
            self.org.refresh_sandbox();
            self.codes.clear();
            self.cursors.clear();
            self.retrieves.clear();
        }
        self.dirty = true;
        night
    }
}

impl Org {
    /// The id of the integration's user.
    fn integration_user(&self) -> String {
        self.user(USER).map(|row| string(row, "Id").to_owned()).unwrap_or_default()
    }
}
