//! Lists the functions of `functions/` for `src/migrate.rs`, one a file. A changed migration or function is a
//! reason to compile again, which the macros that embed them cannot say.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=../../migrations");
    println!("cargo:rerun-if-changed=functions");
    let folder =
        Path::new(&env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo runs this")?).join("functions");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let file = entry?.file_name();
        names.extend(
            file.to_str()
                .and_then(|file| file.strip_suffix(".sql"))
                .map(str::to_owned),
        );
    }
    names.sort();
    let mut list = String::from("&[\n");
    for name in names {
        let path = folder.join(format!("{name}.sql"));
        writeln!(
            list,
            "    Function {{ name: {name:?}, text: include_str!({path:?}) }},"
        )?;
    }
    list.push_str("]\n");
    let target = Path::new(&env::var_os("OUT_DIR").ok_or("cargo runs this")?).join("functions.rs");
    fs::write(target, list)?;
    Ok(())
}
