//! Closing a process in: Landlock takes away all files and the network, seccomp all system calls but those that memory
//! and the two pipes need. Each is asked for where the kernel has it; what could not be had is said.

use std::collections::BTreeMap;
use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, NetPort, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    path_beneath_rules,
};
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

/// Takes all files and the network away from this process and its children, for good (Landlock). Whether that holds.
#[must_use]
pub fn without_files_and_network() -> bool {
    files_and_network().is_ok_and(|status| status != RulesetStatus::NotEnforced)
}

/// The filter of system calls that a parser needs, made before there is anything to parse; none on a machine that it does
/// not know.
#[must_use]
pub fn filter() -> Option<BpfProgram> {
    let arch: TargetArch = std::env::consts::ARCH.try_into().ok()?;
    let numbers = if arch == TargetArch::x86_64 { X86_64 } else { GENERIC };
    let allowed: BTreeMap<i64, _> = numbers.into_iter().map(|number| (number, Vec::new())).collect();
    SeccompFilter::new(allowed, SeccompAction::Errno(REFUSED), SeccompAction::Allow, arch).ok()?.try_into().ok()
}

/// Lets this process make no other system calls than those of a filter, for good (seccomp). Whether that holds.
#[must_use]
pub fn allow_only(filter: &BpfProgram) -> bool {
    seccompiler::apply_filter(filter).is_ok()
}

/// System calls that no part of the service behind the door needs, and that reach into other processes or start programs:
/// ptrace, `process_vm_readv`, `process_vm_writev`, `pidfd_getfd`, execve, execveat, bpf, keyctl, `perf_event_open`, mount,
/// `open_by_handle_at`, `io_uring_setup`, userfaultfd.
const X86_64_NEVER: [i64; 13] = [101, 310, 311, 438, 59, 322, 321, 250, 298, 165, 304, 425, 323];
/// The same on 64-bit ARM (and RISC-V).
const GENERIC_NEVER: [i64; 13] = [117, 270, 271, 438, 221, 281, 280, 219, 241, 40, 265, 425, 282];

/// What a process may still reach.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Files and folders that it may read.
    pub reads: Vec<PathBuf>,
    /// Files and folders that it may read and change.
    pub writes: Vec<PathBuf>,
    /// The one port that it may listen on, with no connection to anywhere; none leaves the network as it is.
    pub port: Option<u16>,
}

/// Closes a part of the service in, for good: it reaches these files and nothing else of the disk, starts no program, and
/// looks into no other process. Called before there is a second thread.
#[must_use]
pub fn enter_with(reach: &Reach) -> Jail {
    let landlock = only(reach).is_ok_and(|status| status != RulesetStatus::NotEnforced);
    Jail { landlock, seccomp: never().is_some() }
}

fn only(reach: &Reach) -> Result<RulesetStatus, RulesetError> {
    let (read, all) = (AccessFs::from_read(ABI::V5), AccessFs::from_all(ABI::V5));
    let mut rules = Ruleset::default().handle_access(all)?;
    if reach.port.is_some() {
        rules = rules.handle_access(AccessNet::from_all(ABI::V5))?;
    }
    let mut rules = rules
        .create()?
        .add_rules(path_beneath_rules(&reach.reads, read & !AccessFs::Execute))?
        .add_rules(path_beneath_rules(&reach.writes, all & !AccessFs::Execute))?;
    if let Some(port) = reach.port {
        rules = rules.add_rule(NetPort::new(port, AccessNet::BindTcp))?;
    }
    Ok(rules.restrict_self()?.ruleset)
}

fn never() -> Option<()> {
    let arch: TargetArch = std::env::consts::ARCH.try_into().ok()?;
    let numbers = if arch == TargetArch::x86_64 { X86_64_NEVER } else { GENERIC_NEVER };
    let refused: BTreeMap<i64, _> = numbers.into_iter().map(|number| (number, Vec::new())).collect();
    let filter = SeccompFilter::new(refused, SeccompAction::Allow, SeccompAction::Errno(REFUSED), arch).ok()?;
    let program: BpfProgram = filter.try_into().ok()?;
    seccompiler::apply_filter_all_threads(&program).ok()
}

fn files_and_network() -> Result<RulesetStatus, RulesetError> {
    let closed = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .create()?
        .restrict_self()?;
    Ok(closed.ruleset)
}
