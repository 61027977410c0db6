//! What is in memory stays in memory: no core dumps, no other process that looks in, no swap where the kernel lets us say so.

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// Forbids dumps of this process, and other processes of the same user to read its memory. Gives what could not be had.
#[must_use]
pub fn never_dumped() -> Vec<&'static str> {
    let mut missing = Vec::new();
    if setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).is_err() {
        missing.push("core dumps are not limited");
    }
    if set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err() {
        missing.push("other processes of this user may read its memory");
    }
    missing
}

/// How keys in memory are kept from the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// All pages are locked, those to come as well.
    Locked,
    /// They are not locked, and nothing swaps here.
    NoSwap,
    /// They are not locked, and this machine may write them to its swap.
    MaySwap,
}

impl Kept {
    /// What the operator should know, with what to do about it.
    #[must_use]
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::Locked | Self::NoSwap => None,
            Self::MaySwap => Some(
                "memory is not locked and this machine swaps, so keys may reach the disk: set LimitMEMLOCK=infinity or \
                 MemorySwapMax=0 in the unit of the service, or encrypt the swap",
            ),
        }
    }
}

/// Locks the memory of this process where the limit of locked memory is off, else looks whether anything swaps. A finite
/// limit is not used: with it a busy process would one day get no memory at all.
#[must_use]
pub fn keep_from_swap() -> Kept {
    let limit = getrlimit(Resource::Memlock);
    let pages = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    if limit.current.is_none() && mlockall(pages).is_ok() {
        return Kept::Locked;
    }
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let group = read("/proc/self/cgroup");
    let group = group.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    let most = read(&format!("/sys/fs/cgroup{}/memory.swap.max", group.trim_end_matches('/')));
    if may_swap(&read("/proc/swaps"), &most) { Kept::MaySwap } else { Kept::NoSwap }
}

/// Whether something swaps, by the list of swaps (a line of headings, then one each) and the most that this group of
/// processes may swap (bytes, or `max`; empty when it is not known).
fn may_swap(swaps: &str, most: &str) -> bool {
    swaps.lines().skip(1).any(|line| !line.trim().is_empty()) && most.trim() != "0"
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Filename\tType\tSize\tUsed\tPriority\n";

    #[test]
    fn the_operator_is_warned_where_keys_may_be_swapped_and_told_what_to_do() {
        let swap = format!("{HEAD}/dev/sda2 partition 2097148 0 -2\n");
        assert!(may_swap(&swap, "max\n") && may_swap(&swap, ""));
        assert!(!may_swap(&swap, "0\n"), "the unit forbids it");
        assert!(!may_swap(HEAD, "max") && !may_swap("", ""), "there is none");
        assert!(Kept::MaySwap.warning().is_some_and(|text| text.contains("LimitMEMLOCK=infinity")));
        assert_eq!((Kept::Locked.warning(), Kept::NoSwap.warning()), (None, None));
    }
}
