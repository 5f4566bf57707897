//! The noctop binary.

fn main() -> std::process::ExitCode {
    noctop::cli::run()
}
