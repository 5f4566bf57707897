//! `noctop completions` and `noctop man`: for the shell and for `man`, made from the command line itself.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::output::write;
use super::{Cli, FAILED, complain};

/// Prints a script that completes noctop's command line in a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  noctop completions bash > ~/.local/share/bash-completion/completions/noctop
  noctop completions zsh > ~/.zfunc/_noctop
  noctop completions fish > ~/.config/fish/completions/noctop.fish")]
pub struct Completions {
    /// Of which shell.
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "noctop", &mut script);
        write(&String::from_utf8_lossy(&script));
        ExitCode::SUCCESS
    }
}

/// Prints the manual page, or writes one page per subcommand into a folder.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  noctop man | man -l -
  noctop man --dir ~/.local/share/man/man1")]
pub struct Man {
    /// Writes `noctop.1`, `noctop-ls.1` and so on into this folder.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

impl Man {
    /// Prints the page or writes the pages.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let written = match &self.dir {
            None => print(),
            Some(folder) => {
                clap_mangen::generate_to(Cli::command().disable_help_subcommand(true), folder)
            }
        };
        match written {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                let place = self.dir.unwrap_or_default();
                complain(&format!(
                    "the manual pages cannot be written into {}: {why}",
                    place.display()
                ));
                ExitCode::from(FAILED)
            }
        }
    }
}

fn print() -> io::Result<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    write(&String::from_utf8_lossy(&page));
    Ok(())
}
