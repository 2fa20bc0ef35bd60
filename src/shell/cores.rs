//! No core of this process: its memory holds tokens.

/// Keeps a crash from leaving the memory on disk, and other processes of the account from reading it.
///
/// Children get both back: a program that is started anew is its own, and may raise its limit again. Where the system has no
/// such switch, nothing happens.
pub fn forbid() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
        let most = getrlimit(Resource::Core).maximum;
        // A system that refuses keeps its own rule; there is nothing better to do than to go on.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: most });
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
