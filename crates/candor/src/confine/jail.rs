//! Closing a process in: Landlock takes away all files and the network, seccomp all system calls but those that memory
//! and the two pipes need. Each is asked for where the kernel has it; what could not be had is said.

use std::collections::BTreeMap;

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetError, RulesetStatus};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

/// What holds in this process now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jail {
    /// No file can be opened and no connection made (Landlock).
    pub landlock: bool,
    /// No other system call works than those for memory and open pipes (seccomp).
    pub seccomp: bool,
}

/// Answer of a forbidden system call: `EPERM`.
const REFUSED: u32 = 1;

/// System calls that a parser needs, by their numbers: read, write, close, lseek, mmap, mprotect, munmap, brk,
/// `rt_sigaction`, `rt_sigprocmask`, `rt_sigreturn`, readv, writev, `sched_yield`, mremap, madvise, nanosleep, getpid, exit,
/// gettid, futex, `sched_getaffinity`, `clock_gettime`, `exit_group`, sigaltstack, getrandom, `restart_syscall`, fstat, poll.
const X86_64: [i64; 29] = [
    0, 1, 3, 8, 9, 10, 11, 12, 13, 14, 15, 19, 20, 24, 25, 28, 35, 39, 60, 186, 202, 204, 228, 231, 131, 318, 219, 5, 7,
];
/// The same on 64-bit ARM (and RISC-V, which shares its table).
const GENERIC: [i64; 29] = [
    63, 64, 57, 62, 222, 226, 215, 214, 134, 135, 139, 65, 66, 124, 216, 233, 101, 172, 93, 178, 98, 123, 113, 94, 132,
    278, 128, 80, 73,
];

/// Closes this process in, for good.
#[must_use]
pub fn enter() -> Jail {
    // Landlock first: seccomp forbids to ask for it.
    let landlock = files_and_network().is_ok_and(|status| status != RulesetStatus::NotEnforced);
    Jail { landlock, seccomp: system_calls().is_some() }
}

fn files_and_network() -> Result<RulesetStatus, RulesetError> {
    let closed = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .create()?
        .restrict_self()?;
    Ok(closed.ruleset)
}

fn system_calls() -> Option<()> {
    let arch: TargetArch = std::env::consts::ARCH.try_into().ok()?;
    let numbers = if arch == TargetArch::x86_64 { X86_64 } else { GENERIC };
    let allowed: BTreeMap<i64, _> = numbers.into_iter().map(|number| (number, Vec::new())).collect();
    let filter = SeccompFilter::new(allowed, SeccompAction::Errno(REFUSED), SeccompAction::Allow, arch).ok()?;
    let program: BpfProgram = filter.try_into().ok()?;
    seccompiler::apply_filter_all_threads(&program).ok()
}
