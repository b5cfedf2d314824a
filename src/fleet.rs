//! One piece of work over many orgs: so many at a time, begun in the order in which they were
//! named, each with an end, a failure of one apart from the rest.
//!
//! What the work is and what comes of it is the caller's: an org is a number here. Whoever ends the
//! run early (drops it) keeps what has ended, since each is handed over as it ends.

pub mod shard;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{Either, select};
use futures::stream;
use tokio::time::{Instant, sleep, sleep_until};

/// So many orgs are asked at a time where nobody says how many: each is another server, so that
/// what bears them is this machine and its way out.
pub const JOBS: usize = 16;

/// How often it is looked whether what must not be cut off is over.
const LOOK: Duration = Duration::from_millis(50);

/// How much may be done at a time, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// So many at a time.
    pub jobs: NonZeroUsize,
    /// How long one may take.
    pub each: Option<Duration>,
    /// How long all may take.
    pub all: Option<Duration>,
}

/// Why one has no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It took longer than one may.
    Each(Duration),
    /// All took longer than all may; whether it was begun is not said.
    All(Duration),
}

/// How many are worked on at a time.
pub fn jobs(asked: Option<NonZeroUsize>, orgs: usize) -> NonZeroUsize {
    let most = NonZeroUsize::new(orgs.min(JOBS)).unwrap_or(NonZeroUsize::MIN);
    asked.unwrap_or(most)
}

/// Names each once, in their order, and those that were named again.
pub fn once(names: impl IntoIterator<Item = String>) -> (Vec<String>, BTreeSet<String>) {
    let (mut seen, mut again) = (BTreeSet::new(), BTreeSet::new());
    let mut all = Vec::new();
    for name in names {
        if seen.insert(name.clone()) {
            all.push(name);
        } else {
            again.insert(name);
        }
    }
    (all, again)
}

/// Does the work for each of `items`. Where one's time is over it is dropped, but not while
/// `is_held` says that something of it must come to its end; `ended` is given each as it ends.
pub async fn run<R, F: Future<Output = R>>(
    items: impl IntoIterator<Item = usize>,
    limits: &Limits,
    work: impl Fn(usize) -> F,
    is_held: impl Fn(usize) -> bool,
    mut ended: impl FnMut(usize, Result<R, Cut>),
) {
    let until = limits.all.map(|all| (Instant::now() + all, Cut::All(all)));
    let (work, is_held) = (&work, &is_held);
    let one = |index| async move {
        let own = limits.each.map(|each| (Instant::now() + each, Cut::Each(each)));
        let first = own.into_iter().chain(until).min_by_key(|(at, _)| *at);
        let outcome = match first {
            None => Ok(work(index).await),
            // What would end before it begins is not begun.
            Some((at, cut)) if at <= Instant::now() => Err(cut),
            Some((at, cut)) => within(at, work(index), || is_held(index)).await.ok_or(cut),
        };
        (index, outcome)
    };
    let mut under_way = stream::iter(items).map(one).buffer_unordered(limits.jobs.get());
    while let Some((index, outcome)) = under_way.next().await {
        ended(index, outcome);
    }
}

/// Awaits work until its time is over and nothing holds it.
async fn within<R>(
    at: Instant,
    work: impl Future<Output = R>,
    is_held: impl Fn() -> bool,
) -> Option<R> {
    let over = async {
        sleep_until(at).await;
        while is_held() {
            sleep(LOOK).await;
        }
    };
    match select(std::pin::pin!(work), std::pin::pin!(over)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::cell::{Cell, RefCell};

    fn limits(jobs: usize) -> Limits {
        Limits { jobs: NonZeroUsize::new(jobs).unwrap(), each: None, all: None }
    }

    /// A short while: what ends first is certain, however slow the machine.
    const WHILE: Duration = Duration::from_millis(20);

    /// What is done at once, but for one that never ends: a machine that stalls changes nothing.
    async fn at_once_but(index: usize, endless: usize) {
        if index == endless {
            std::future::pending().await
        }
    }

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.unwrap().block_on(work)
    }

    #[test]
    fn so_many_are_under_way_at_a_time_and_begin_in_their_order() {
        let (now, most, begun) = (Cell::new(0), Cell::new(0), RefCell::new(Vec::new()));
        let work = |index: usize| {
            let (now, most, begun) = (&now, &most, &begun);
            async move {
                begun.borrow_mut().push(index);
                now.set(now.get() + 1);
                most.set(most.get().max(now.get()));
                // The later ones are the faster ones.
                sleep(WHILE * u32::try_from(20 - index).unwrap()).await;
                now.set(now.get() - 1);
                index * 2
            }
        };
        let mut ended = Vec::new();
        block_on(run(
            0..20,
            &limits(4),
            work,
            |_| false,
            |index, outcome| {
                ended.push((index, outcome.unwrap()));
            },
        ));
        assert_eq!(most.get(), 4);
        assert_eq!(begun.into_inner(), (0..20).collect::<Vec<_>>());
        assert_eq!(ended.len(), 20);
        assert!(ended.iter().all(|(index, outcome)| *outcome == index * 2));
        assert_ne!(ended[0].0, 0, "each is handed over as it ends");
    }

    #[test]
    fn what_takes_too_long_is_cut_and_takes_no_other_along() {
        let wait = |index: usize| at_once_but(index, 1);
        let mut ended = Vec::new();
        let each = Limits { each: Some(WHILE * 20), ..limits(2) };
        block_on(run(0..4, &each, wait, |_| false, |index, outcome| ended.push((index, outcome))));
        ended.sort_by_key(|(index, _)| *index);
        assert_eq!(ended, [(0, Ok(())), (1, Err(Cut::Each(WHILE * 20))), (2, Ok(())), (3, Ok(()))]);
    }

    #[test]
    fn the_end_of_all_cuts_what_is_under_way_and_begins_nothing_more() {
        let begun = Cell::new(0);
        let work = |index: usize| {
            begun.set(begun.get() + 1);
            at_once_but(index, 1)
        };
        let mut ended = Vec::new();
        let all = Limits { all: Some(WHILE * 10), ..limits(1) };
        block_on(run(0..5, &all, work, |_| false, |index, outcome| ended.push((index, outcome))));
        let cut = Err(Cut::All(WHILE * 10));
        assert_eq!(ended, [(0, Ok(())), (1, cut), (2, cut), (3, cut), (4, cut)]);
        assert_eq!(begun.get(), 2);
    }

    #[test]
    fn what_is_held_comes_to_its_end() {
        let each = Limits { each: Some(WHILE), ..limits(1) };
        let is_held = Cell::new(true);
        let work = |_| async {
            sleep(WHILE * 10).await;
            is_held.set(false);
            sleep(WHILE * 500).await;
        };
        let began = Cell::new(None);
        let outcome = Cell::new(None);
        block_on(async {
            began.set(Some(Instant::now()));
            run([0], &each, work, |_| is_held.get(), |_, one| outcome.set(Some(one))).await;
            let took = began.get().unwrap().elapsed();
            assert!(took >= WHILE * 10 && took < WHILE * 400, "{took:?}");
        });
        assert_eq!(outcome.get(), Some(Err(Cut::Each(WHILE))));
    }

    #[test]
    fn a_name_counts_once() {
        let (names, again) = once(["b", "a", "b", "c", "b"].map(str::to_owned));
        assert_eq!(names, ["b", "a", "c"]);
        assert_eq!(again.into_iter().collect::<Vec<_>>(), ["b"]);
        assert_eq!(jobs(None, 3).get(), 3);
        assert_eq!(jobs(None, 300).get(), JOBS);
        assert_eq!(jobs(NonZeroUsize::new(40), 300).get(), 40);
        assert_eq!(jobs(None, 0).get(), 1);
    }
}
