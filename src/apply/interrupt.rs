//! Being told to stop: Ctrl-C, SIGTERM and SIGHUP, heard from before the first byte is sent.
//!
//! A run that has sent nothing ends at once. Whoever has something on its way holds the end back
//! ([`Interrupt::hold`]) until it knows what the org made of it, and sends nothing more.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// How long what is on its way is waited for after a signal that nobody can repeat; whoever sends
/// SIGTERM sends SIGKILL soon.
const GRACE: Duration = Duration::from_secs(4);

/// How long a run may take to end by itself; then it is ended, wherever it stands.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was heard, and what is going on.
#[derive(Clone, Debug, Default)]
struct State {
    presses: u32,
    /// SIGTERM or SIGHUP: there will be no second time.
    is_final: bool,
    /// How many things are on their way to the org.
    holds: u32,
    /// How many of them are a login's one token, whose successor is not stored yet.
    logins: u32,
    /// Something was.
    has_sent: bool,
    /// A person is asked, and the program waits at the terminal.
    is_asking: bool,
    /// Somebody listens.
    is_heard: bool,
}

impl State {
    /// Says whether a signal that was just heard ends the run where it stands: a person is asked,
    /// or was told what is waited for and does not want to wait.
    fn ends_at_once(&self) -> bool {
        self.is_asking || (self.presses > 1 && self.logins > 0 && self.logins == self.holds)
    }

    /// Says whether a run that has not ended by itself is ended.
    fn ends_after_a_while(&self) -> bool {
        self.holds == 0 || (self.presses > 1 && self.logins == self.holds)
    }
}

/// Whether this run was told to stop. Clones speak of the same run.
#[derive(Clone, Debug)]
pub struct Interrupt {
    state: Arc<watch::Sender<State>>,
    own: Arc<Own>,
}

/// What is known of the one org of which it speaks.
#[derive(Debug, Default)]
struct Own {
    /// How many things are on their way to it.
    holds: AtomicU32,
    /// What it has said of what was sent, once it was over.
    ended: Mutex<Option<String>>,
}

impl Default for Interrupt {
    fn default() -> Self {
        Self { state: Arc::new(watch::Sender::new(State::default())), own: Arc::default() }
    }
}

/// While this lives the run does not end by itself.
#[derive(Debug)]
pub struct Hold<'i>(&'i Interrupt);

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.0.own.holds.fetch_sub(1, Ordering::Relaxed);
        self.0.state.send_modify(|state| state.holds -= 1);
    }
}

/// As [`Hold`], while a token that can be used once is on its way to the org and its successor is
/// not stored: only who is told to stop twice ends the run.
#[derive(Debug)]
pub struct LoginHold(Interrupt);

impl Drop for LoginHold {
    fn drop(&mut self) {
        self.0.own.holds.fetch_sub(1, Ordering::Relaxed);
        self.0.state.send_modify(|state| {
            state.holds -= 1;
            state.logins -= 1;
        });
    }
}

impl Interrupt {
    /// Listens from now on, on a thread of its own: the run may be waiting for a person or for
    /// another program. `end` ends the process; it is called where the run does not end by itself.
    /// Where somebody listens already, nothing changes.
    ///
    /// # Errors
    /// The system gives no thread or no handler; a signal then does what it always does.
    pub fn listen(&self, end: impl Fn() + Clone + Send + 'static) -> io::Result<()> {
        if self.state.borrow().is_heard {
            return Ok(());
        }
        spare_files()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let interrupt = self.clone();
        let mut signals = {
            let _inside = runtime.enter();
            Signals::install()?
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                loop {
                    let is_final = signals.next().await;
                    interrupt.press(is_final);
                    if interrupt.state.borrow().ends_at_once() {
                        end();
                    }
                    let (interrupt, end) = (interrupt.clone(), end.clone());
                    tokio::spawn(async move {
                        tokio::time::sleep(PATIENCE).await;
                        if interrupt.state.borrow().ends_after_a_while() {
                            end();
                        }
                    });
                }
            });
        })?;
        self.state.send_modify(|state| state.is_heard = true);
        Ok(())
    }

    /// Notes a signal; `is_final` where it comes once.
    fn press(&self, is_final: bool) {
        self.state.send_modify(|state| {
            state.presses += 1;
            state.is_final |= is_final;
        });
    }

    /// Says whether the run was told to stop.
    pub fn is_pressed(&self) -> bool {
        self.state.borrow().presses > 0
    }

    /// Notes that something that changes an org leaves now.
    pub fn note_sent(&self) {
        self.state.send_modify(|state| state.has_sent = true);
    }

    /// Says whether anything that changes an org was on its way in this run.
    pub fn has_sent(&self) -> bool {
        self.state.borrow().has_sent
    }

    /// Notes what the org has said of what was sent, for whoever is interrupted after it.
    pub fn note_ended(&self, words: String) {
        *self.own.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
    }

    /// Returns what was noted last.
    pub fn ended(&self) -> Option<String> {
        self.own.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends when the run is told to stop.
    pub async fn pressed(&self) {
        self.until(|state| state.presses > 0).await;
    }

    /// Ends when the run must not wait any longer for what is on its way: told twice, or a while
    /// after a signal that comes once.
    pub async fn out_of_patience(&self) {
        self.until(|state| state.presses > 1 || state.is_final).await;
        if self.state.borrow().presses < 2 {
            tokio::time::sleep(GRACE).await;
        }
    }

    /// Ends when the run was told to stop and nothing is on its way.
    pub async fn may_end(&self) {
        self.until(|state| state.presses > 0 && state.holds == 0).await;
    }

    /// The same run, where what is held is told of one of its orgs apart.
    pub fn of_one(&self) -> Self {
        Self { state: self.state.clone(), own: Arc::default() }
    }

    /// Says whether something is on its way to the org of which this speaks.
    pub fn is_held(&self) -> bool {
        self.own.holds.load(Ordering::Relaxed) > 0
    }

    /// Holds the end back until what is returned is dropped.
    #[must_use]
    pub fn hold(&self) -> Hold<'_> {
        self.own.holds.fetch_add(1, Ordering::Relaxed);
        self.state.send_modify(|state| state.holds += 1);
        Hold(self)
    }

    /// As [`hold`](Self::hold), for a login's token that the org may replace.
    #[must_use]
    pub fn hold_login(&self) -> LoginHold {
        self.own.holds.fetch_add(1, Ordering::Relaxed);
        self.state.send_modify(|state| {
            state.holds += 1;
            state.logins += 1;
        });
        LoginHold(self.clone())
    }

    /// Says whether the new token of a login is waited for.
    pub fn waits_for_a_login(&self) -> bool {
        self.state.borrow().logins > 0
    }

    /// Asks a person; a signal meanwhile ends the run at once.
    pub fn while_asking<T>(&self, ask: impl FnOnce() -> T) -> T {
        self.state.send_modify(|state| state.is_asking = true);
        let answer = ask();
        self.state.send_modify(|state| state.is_asking = false);
        answer
    }

    async fn until(&self, is_so: impl FnMut(&State) -> bool) {
        // The sender lives as long as this.
        let _ = self.state.subscribe().wait_for(is_so).await;
    }
}

/// SIGXFSZ.
#[cfg(unix)]
const FILE_TOO_LARGE: i32 = 25;

/// The signals by which a person or a system tells a program to stop.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hang_up: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    #[cfg(unix)]
    fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        // A file that grows beyond what is allowed ends a program without a word; heard, the write
        // fails and says why. Its number is not the same everywhere.
        if cfg!(any(target_os = "macos", all(target_os = "linux", not(target_arch = "mips64")))) {
            let _ = signal(SignalKind::from_raw(FILE_TOO_LARGE));
        }
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: unless_ignored(SignalKind::hangup())?,
        })
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    fn install() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one; true for one that comes once.
    #[cfg(unix)]
    async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.interrupt.recv() => false,
            _ = self.terminate.recv() => true,
            () = heard(&mut self.hang_up) => true,
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> bool {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        false
    }
}

/// Listens to a signal, unless whoever started the program has told the system that it must not
/// hear it (`nohup`).
#[cfg(unix)]
fn unless_ignored(
    kind: tokio::signal::unix::SignalKind,
) -> io::Result<Option<tokio::signal::unix::Signal>> {
    // Linux says it here; elsewhere nobody says it without code that is not safe.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if is_ignored(&status, kind.as_raw_value()) {
        return Ok(None);
    }
    tokio::signal::unix::signal(kind).map(Some)
}

#[cfg(unix)]
fn is_ignored(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}

#[cfg(unix)]
async fn heard(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Sees whether some files can still be opened: where signals cannot have theirs, tokio panics.
///
/// # Errors
/// The system gives none.
fn spare_files() -> std::io::Result<()> {
    let held: Vec<std::net::UdpSocket> = (0..8)
        .map(|_| std::net::UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0)))
        .collect::<Result<_, _>>()?;
    drop(held);
    Ok(())
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn what_is_on_its_way_holds_the_end_back() {
        let interrupt = Interrupt::default();
        assert!(interrupt.may_end().now_or_never().is_none());
        let hold = interrupt.hold();
        interrupt.press(false);
        assert!(interrupt.is_pressed() && interrupt.pressed().now_or_never().is_some());
        assert!(interrupt.may_end().now_or_never().is_none());
        assert!(interrupt.out_of_patience().now_or_never().is_none());
        interrupt.press(false);
        assert!(interrupt.out_of_patience().now_or_never().is_some());
        drop(hold);
        assert!(interrupt.may_end().now_or_never().is_some());
    }

    #[test]
    fn the_new_token_of_a_login_is_waited_for_until_somebody_says_so_twice() {
        let interrupt = Interrupt::default();
        let ends = |interrupt: &Interrupt| {
            let state = interrupt.state.borrow();
            (state.ends_at_once(), state.ends_after_a_while())
        };
        let login = interrupt.hold_login();
        interrupt.press(true);
        assert_eq!(ends(&interrupt), (false, false));
        let deploy = interrupt.hold();
        interrupt.press(false);
        assert_eq!(ends(&interrupt), (false, false));
        drop(deploy);
        assert_eq!(ends(&interrupt), (true, true));
        assert!(interrupt.waits_for_a_login());
        drop(login);
        assert_eq!(ends(&interrupt), (false, true));
        assert!(interrupt.may_end().now_or_never().is_some());
    }

    #[test]
    fn what_is_on_its_way_to_one_org_is_told_apart() {
        let run = Interrupt::default();
        let (one, other) = (run.of_one(), run.of_one());
        let hold = one.hold();
        assert!(one.is_held() && one.clone().is_held() && !other.is_held() && !run.is_held());
        run.press(false);
        assert!(other.is_pressed() && other.may_end().now_or_never().is_none());
        let login = other.hold_login();
        drop(hold);
        assert!(!one.is_held() && other.is_held());
        drop(login);
        assert!(!other.is_held() && run.may_end().now_or_never().is_some());
    }

    #[cfg(unix)]
    #[test]
    fn nohup_is_heeded() {
        let status = "Name:\tsfsetup\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
        assert!(is_ignored(status, 1) && is_ignored(status, 13));
        assert!(!is_ignored(status, 2) && !is_ignored("", 1));
    }

    #[tokio::test]
    async fn a_signal_that_comes_once_ends_the_patience_by_itself() {
        let interrupt = Interrupt::default();
        interrupt.press(true);
        let began = std::time::Instant::now();
        interrupt.out_of_patience().await;
        assert!(began.elapsed() >= GRACE);
    }
}
