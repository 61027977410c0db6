//! The one binary.

fn main() -> std::process::ExitCode {
    candor::cli::main()
}
