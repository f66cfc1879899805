//! The only reader of arguments, user, terminal, clock and environment; ends in an exit status.

#![expect(
    clippy::disallowed_methods,
    reason = "main reads the surroundings, once"
)]

use std::io::{IsTerminal, stderr, stdin};
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Parser;
use clap_complete::CompleteEnv;
use trustctl::cert::Time;
use trustctl::change::generation::Generations;
use trustctl::cli::{self, Cli};
use trustctl::commands::Context;
use trustctl::complete;
use trustctl::data;
use trustctl::error::{Error, ErrorKind, Exit};
use trustctl::output;
use trustctl::store::layout::{Layout, STATE};
use trustctl::system::files::{self, keep_own_rights};
use trustctl::system::signals::hear_of_children;

fn main() -> ExitCode {
    if complete_in_shell() {
        return ExitCode::SUCCESS;
    }
    output::surface::fit(std::env::var("COLUMNS").ok().as_deref());
    keep_own_rights();
    if let Err(error) = hear_of_children() {
        let reason = trustctl::system::plain(&error);
        let error = Error::new(format!("cannot set the handler of `SIGCHLD`: {reason}"));
        return ExitCode::from(output::fail(&error.into()).code());
    }
    let exit = match Cli::try_parse() {
        Ok(cli) => {
            let call = cli.call();
            run(cli).unwrap_or_else(|error| output::refuse(&call, &error))
        }
        Err(error) => output::misused(&cli::guessed(std::env::args_os()), &error),
    };
    ExitCode::from(exit.code())
}

/// Answers the completion scripts of shells; clap writes the answer itself.
fn complete_in_shell() -> bool {
    if std::env::var_os(complete::VARIABLE).is_none()
        || !complete::is_asked(std::env::args_os().nth(1))
    {
        return false;
    }
    let words: Vec<String> = std::env::args().collect();
    complete::look_under(complete::root_of(&words).unwrap_or_else(|| "/".into()));
    CompleteEnv::with_factory(complete::command)
        .var(complete::VARIABLE)
        .completer("trustctl")
        .bin("trustctl")
        .try_complete(std::env::args_os(), std::env::current_dir().ok().as_deref())
        .unwrap_or(true)
}

fn run(cli: Cli) -> anyhow::Result<Exit> {
    cli.command.check_format(cli.format)?;
    let call = cli.call();
    let context = surroundings(&cli)?;
    let outcome = cli.command.run(&context)?;
    let exit = output::emit(&call, &outcome);
    // The program ends: nothing need be given back piece by piece.
    std::mem::forget(outcome);
    Ok(exit)
}

fn surroundings(cli: &Cli) -> anyhow::Result<Context> {
    let folder = std::env::current_dir().unwrap_or_else(|_| "/".into());
    let layout = Layout::new(&root_folder(&folder.join(&cli.root))?);
    output::surface::under(&layout.root);
    let uid = nix::unistd::geteuid().as_raw();
    let file = cli.config.as_ref().map(|file| folder.join(file));
    let config = Context::read_config(&layout, file.as_deref(), uid)?;
    data::use_file(data_of_this_host(&config.data.file, uid));
    let layout = match &cli.state {
        Some(state) => layout.with_state_outside(&folder.join(state)),
        None if config.history.folder == Path::new(STATE) => layout,
        // As all that the configuration of a tree names, a place in that tree.
        None => layout.with_state_inside(&config.history.folder),
    };
    Ok(Context {
        kept: Generations::at(&layout),
        layout,
        config,
        now: now(),
        uid,
        sudo_user: std::env::var("SUDO_USER").ok(),
        arguments: std::env::args_os()
            .skip(1)
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect(),
        environment: std::env::vars_os().collect(),
        folder,
        interactive: stdin().is_terminal() && stderr().is_terminal(),
        confirm: output::prompt::confirm,
        progress: output::progress,
    })
}

/// The file of facts that age: this host's, whatever `--root` names.
fn data_of_this_host(path: &Path, uid: u32) -> data::Source {
    let file = path.to_path_buf();
    let read = move || match files::read_with_facts(&file, data::LIMIT) {
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error.to_string()),
        Ok((_, facts)) if facts.mode & 0o022 != 0 || ![0, uid].contains(&facts.uid) => {
            Err("it can be written by others".to_string())
        }
        Ok((bytes, _)) => String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| "the file is not UTF-8 text".to_string()),
    };
    data::Source {
        path: path.display().to_string(),
        read: Box::new(read),
    }
}

fn root_folder(path: &Path) -> anyhow::Result<std::path::PathBuf> {
    let real = std::fs::canonicalize(path).map_err(|error| {
        let reason = trustctl::system::plain(&error);
        Error::new(format!("cannot use `{}` as root: {reason}", path.display()))
            .kind(ErrorKind::Usage)
    })?;
    if !real.is_dir() {
        let message = format!("cannot use `{}` as root: not a directory", path.display());
        return Err(Error::new(message).kind(ErrorKind::Usage).into());
    }
    Ok(real)
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Time(since.map_or(0, |duration| duration.as_secs() as i64))
}
