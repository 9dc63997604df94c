//! The command line; everything is in the library's `cli`.

fn main() -> std::process::ExitCode {
    tornwrite::cli::main()
}
