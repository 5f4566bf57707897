//! The noctop binary.

/// Gives back what is free, which the system's allocator keeps in an arena for each thread. In the program alone: the
/// library's tests count allocations with one of their own.
#[cfg(all(
    feature = "jemalloc",
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64"
))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    noctop::cli::run()
}
