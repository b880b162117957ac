//! The command `hamc`: a thin shell around the library.

fn main() -> std::process::ExitCode {
    hamc::cli::main()
}
